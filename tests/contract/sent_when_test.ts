/**
 * The contract's three rules for what is sent, for each optional parameter of each method:
 *
 * - non-null: whatever is given, the empty string, 0 and `false` included
 * - truthy: what is not empty
 * - always: the default where nothing is given
 *
 * `undefined` and `null` are as good as not given, whatever the rule.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { FakeHomeserver, type Received } from "../support/fake_homeserver.ts";
import { PARAMETERS } from "../support/optional_parameters.ts";
import { type Options, type Row, ROWS } from "../support/sent_when.ts";
import { checkRequest } from "../support/specification.ts";

/** An answer that every method can make something of. */
const ANSWER = {
  access_token: "t",
  chunk: [],
  content_uri: "mxc://example.org/a",
  device_id: "D",
  event_id: "$e",
  limited: false,
  one_time_key_counts: {},
  one_time_keys: {},
  results: [],
  room_id: "!r:example.org",
  start: "s",
  user_id: MXID,
  versions: ["v1.1"],
};

/** Methods for subclasses, which send nothing of their own. */
const PROTECTED = ["ownUserId", "request", "transactionId"];

const EMPTY = ["", 0, false, {}] as const;

/** Calls the row's method with a value for its option, `undefined` for none, and gives the last request. */
async function send(row: Row, options: Options): Promise<Received> {
  const server = new FakeHomeserver().on("*", ANSWER);
  const client = new ClientAPI({ baseUrl: BASE_URL, token: "token", mxid: MXID, fetch: server.fetch });
  client.api.getTxnId = () => "made";
  await row.call(client, Object.freeze({ ...row.options, ...options }));
  return server.last;
}

/** What is seen of a value that is sent: in a query, its text. */
function shown(row: Row, value: unknown): unknown {
  return row.place === "query" && value !== undefined ? String(value) : value;
}

for (const row of ROWS) {
  const { method, option, rule, sample, standard } = row;
  Deno.test(`ClientAPI.${method}() sends ${option} ${rule === "always" ? "always" : `when ${rule}`}`, async () => {
    const seen = async (value: unknown) => row.see(await send(row, { [option]: value }));
    const request = await send(row, { [option]: sample });
    assertEquals(row.see(request), shown(row, row.sent ?? sample), "a value");
    if (!row.unspecified) await checkRequest(request);
    for (const value of [undefined, null]) {
      assertEquals(await seen(value), shown(row, standard), `${value}`);
    }
    assertEquals(row.see(await send(row, {})), shown(row, standard), "absent");
    for (const value of EMPTY) {
      const what = JSON.stringify(value);
      const other = row.other?.find(([given]) => JSON.stringify(given) === what);
      // Objects have no place in a query or a path.
      const refused = rule !== "truthy" && row.place !== "body" && typeof value === "object" && !other;
      if (typeof other?.[1] === "function" || refused) {
        const type = (other?.[1] ?? TypeError) as typeof TypeError;
        await assertRejects(() => send(row, { [option]: value }), type, undefined, what);
        continue;
      }
      const expected = other ? other[1] : rule === "truthy" ? standard : value;
      assertEquals(await seen(value), shown(row, expected), what);
    }
  });
}

Deno.test("ClientAPI's optional parameters each have a row that says when they are sent", () => {
  const rows = ROWS.map(({ method, option }) => `${method} ${option}`);
  assertEquals(rows.length, new Set(rows).size);
  const named = PARAMETERS.flatMap(([method, sent]) => sent.map((option) => `${method} ${option}`));
  assertEquals(rows.toSorted(), named.toSorted());
});

Deno.test("ClientAPI's methods each have their optional parameters listed", () => {
  const methods = PARAMETERS.map(([method]) => method);
  assertEquals(methods.length, new Set(methods).size);
  const names: string[] = [];
  for (let it = ClientAPI.prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    const described = Object.entries(Object.getOwnPropertyDescriptors(it));
    names.push(...described.filter(([, { value }]) => typeof value === "function").map(([name]) => name));
  }
  const own = new Set(names.filter((name) => !["constructor", ...PROTECTED].includes(name)));
  // These are not in the contract, or are made of methods that have their own rows.
  for (
    const name of [
      "iterateMessages",
      "streamMedia",
      "getProfileField",
      "setProfileField",
      "deleteProfileField",
    ]
  ) {
    own.delete(name);
  }
  assertEquals(methods.toSorted(), [...own].sort());
});
