/** One row a method of `ClientAPI`, by theme. A method without a row does not compile. */
import { accountData } from "./account_data.ts";
import { activity } from "./activity.ts";
import { account } from "./account.ts";
import { thirdPartyIds } from "./third_party_ids.ts";
import { authentication } from "./authentication.ts";
import { devices } from "./devices.ts";
import { search } from "./search.ts";
import { directory } from "./directory.ts";
import { discovery } from "./discovery.ts";
import { filters } from "./filters.ts";
import { keyBackup } from "./key_backup.ts";
import { keys } from "./keys.ts";
import { media } from "./media.ts";
import { memberships } from "./membership.ts";
import { relations } from "./relations.ts";
import { messages } from "./messages.ts";
import { oauth } from "./oauth.ts";
import { profile } from "./profile.ts";
import { push } from "./push.ts";
import { pushers } from "./pushers.ts";
import { moderation } from "./moderation.ts";
import { bridging } from "./bridging.ts";
import { calls } from "./calls.ts";
import { roomSettings } from "./room_settings.ts";
import { spaces } from "./spaces.ts";
import { rooms } from "./rooms.ts";
import type { MethodName, NamedRow, Row } from "./row.ts";
import { sending } from "./sending.ts";
import { state } from "./state.ts";
import { peeking } from "./peeking.ts";
import { sync } from "./sync.ts";

export { callRow, type NamedRow, type Row } from "./row.ts";

/** The row of each method, by the method's name. */
export const METHODS: Readonly<Record<MethodName, Row>> = {
  ...discovery,
  ...oauth,
  ...authentication,
  ...account,
  ...thirdPartyIds,
  ...devices,
  ...filters,
  ...sync,
  ...peeking,
  ...state,
  ...messages,
  ...relations,
  ...sending,
  ...profile,
  ...memberships,
  ...rooms,
  ...spaces,
  ...directory,
  ...search,
  ...activity,
  ...accountData,
  ...roomSettings,
  ...keys,
  ...keyBackup,
  ...push,
  ...pushers,
  ...media,
  ...moderation,
  ...bridging,
  ...calls,
};

/** All rows, with the names of their methods. */
export const ROWS: readonly NamedRow[] = Object.entries<Row>(METHODS).map(([name, row]) => ({
  ...row,
  name,
}));

/** A row of a method that sends a request. */
export type SendingRow = NamedRow & { line: string };

/** The rows of methods that send a request. */
export const SENDING_ROWS: readonly SendingRow[] = ROWS.flatMap(({ line, ...row }) =>
  line === undefined ? [] : [{ ...row, line }]
);
