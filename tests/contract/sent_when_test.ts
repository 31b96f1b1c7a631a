/**
 * Checks each option of each method against its rule: when it is sent, and where.
 *
 * @see Rule in methods/row.ts
 */
import { assertEquals, assertRejects } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { BASE_URL, MXID } from "../support/contract_client.ts";
import { FakeHomeserver, type Received } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";
import { type NamedRow, ROWS } from "./methods/mod.ts";
import { invoke, type Option, type Options } from "./methods/row.ts";

/** Fields for methods that request the versions first, or that send a state event for extra content. */
const RESPONSE = { versions: ["v1.1"], event_id: "$e" };

const EMPTY = ["", 0, false, {}] as const;

/** Calls the row's method with a value for its option, `undefined` for none, and returns the last request. */
async function send(row: NamedRow, name: string, option: Option, options: Options): Promise<Received> {
  const { response } = row;
  const server = new FakeHomeserver().on(
    "*",
    Array.isArray(response) ? response : { ...RESPONSE, ...response as object },
  );
  const client = new ClientAPI({ baseUrl: BASE_URL, token: "token", mxid: MXID, fetch: server.fetch });
  client.api.getTxnId = () => "txn";
  const { [name]: _own, ...others } = option.with ?? row.given ?? {};
  const args = option.args ?? row.args?.map(([value]) => value) ?? [];
  await invoke(client, row.name, row, [...args, Object.freeze({ ...others, ...options })], server.fetch);
  return server.last;
}

for (const row of ROWS) {
  for (const [name, option] of Object.entries(row.options ?? {})) {
    const { rule, place, read, sample, fallback } = option;
    if (!rule || !read) continue;
    const when = rule === "always" ? "always" : `when ${rule}`;
    Deno.test(`ClientAPI.${row.name}() sends ${name} ${when}`, async () => {
      /** Returns what is read of a value that is sent. In a query that is a string. */
      const shown = (value: unknown) => place === "query" && value !== undefined ? String(value) : value;
      const readOf = async (value: unknown) => read(await send(row, name, option, { [name]: value }));

      const request = await send(row, name, option, { [name]: sample });
      assertEquals(read(request), shown(option.sent ?? sample), "a value");
      if (!option.unspecified) await checkRequest(request);
      for (const value of [undefined, null]) assertEquals(await readOf(value), shown(fallback), `${value}`);
      assertEquals(read(await send(row, name, option, {})), shown(fallback), "absent");
      for (const value of EMPTY) {
        const what = JSON.stringify(value);
        const own = option.cases?.find(([given]) => JSON.stringify(given) === what);
        // An object cannot be sent in a query or a path.
        const rejected = rule !== "truthy" && place !== "body" && typeof value === "object" && !own;
        if (typeof own?.[1] === "function" || rejected) {
          const type = (own?.[1] ?? TypeError) as typeof TypeError;
          await assertRejects(() => send(row, name, option, { [name]: value }), type, undefined, what);
          continue;
        }
        const expected = own ? own[1] : rule === "truthy" ? fallback : value;
        assertEquals(await readOf(value), shown(expected), what);
      }
    });
  }
}
