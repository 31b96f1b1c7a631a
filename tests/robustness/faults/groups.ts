/** All tables of the matrix. */
import type { FaultGroup } from "./case.ts";
import { ABORTS } from "./cases/aborts.ts";
import { BODIES } from "./cases/bodies.ts";
import { CONNECTIONS } from "./cases/connections.ts";
import { LIMITS } from "./cases/limits.ts";
import { DOWNLOADS, UPLOADS } from "./cases/media.ts";
import { REDIRECTS } from "./cases/redirects.ts";
import { REFUSALS } from "./cases/refusals.ts";
import { SECRETS } from "./cases/secrets.ts";

/** The tables, in the order of the page. */
export const GROUPS: FaultGroup[] = [
  LIMITS,
  REFUSALS,
  CONNECTIONS,
  BODIES,
  REDIRECTS,
  ABORTS,
  UPLOADS,
  DOWNLOADS,
  SECRETS,
];
