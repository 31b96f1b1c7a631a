import { beginning } from "./beginning.ts";
import { carrying } from "./carrying.ts";
import { further } from "./further.ts";
import { meeting } from "./meeting.ts";
import { minding } from "./minding.ts";
import { talking } from "./talking.ts";
import type { MethodRow } from "./row.ts";

export type { MethodRow } from "./row.ts";

/** One call of each method that sends something, by the method's name. */
export const METHODS: Readonly<Record<string, MethodRow>> = {
  ...beginning,
  ...talking,
  ...meeting,
  ...carrying,
  ...minding,
  ...further,
};
