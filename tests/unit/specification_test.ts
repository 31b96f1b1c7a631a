import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type CheckedRequest,
  checkRequest,
  type CheckRequestOptions,
  checkResponse,
  exampleRequest,
  exampleResponse,
  exampleResponses,
  findOperations,
  specification,
} from "../support/specification.ts";

const ROOM = "/_matrix/client/v3/rooms/!r%3Aexample.org";

/** Asserts that a check passes or that there is no validator. */
async function passes(check: Promise<unknown>): Promise<void> {
  const result = await check;
  assert(result === "checked" || result === "skipped", `${result}`);
}

/** Asserts that a check fails with a message, if there is a validator. */
async function fails(check: () => Promise<unknown>, message: RegExp): Promise<void> {
  if (await checkResponse("GET", "/_matrix/client/versions", 200, { versions: [] }) === "skipped") return;
  const error = await assertRejects(check);
  assertEquals((error as Error).name, "AssertionError");
  assertMatch((error as Error).message, message);
}

function refuses(request: CheckedRequest, message: RegExp, options?: CheckRequestOptions): Promise<void> {
  return fails(() => checkRequest(request, options), message);
}

Deno.test("specification contains every operation, its source and its licence", () => {
  assertEquals(specification.operations.length, 166);
  assertEquals(specification.source.license, "Apache-2.0");
  assertEquals(specification.source.repository, "https://github.com/matrix-org/matrix-spec");
  assertMatch(specification.source.commit!, /^[0-9a-f]{40}$/);
});

Deno.test("findOperations() returns operations by method and path", () => {
  const ids = (method: string, path: string) =>
    findOperations(method, path).map((o) => o.operation.operationId);
  assertEquals(ids("GET", "/_matrix/client/v3/sync"), ["sync"]);
  assertEquals(ids("POST", "/_matrix/client/v3/sync"), []);
  assertEquals(ids("PUT", `${ROOM}/state/m.room.name/`), ["setRoomStateWithKey"]);
  assertEquals(ids("POST", `${ROOM}/invite`), ["inviteUser", "inviteBy3PID"]);
  assertEquals(ids("GET", "/_matrix/client/v3/pushrules/global/"), ["getPushRulesGlobal"]);
  assertEquals(ids("GET", "/_matrix/client/v3/rooms//state"), []);
  assertEquals(ids("GET", "/_matrix/client/unstable/com.example/thing"), []);
  assertEquals(findOperations("POST", "/_matrix/client/v3/join/%23a%2Fb%3Ac")[0]?.params, {
    roomIdOrAlias: "#a/b:c",
  });
});

Deno.test("checkRequest() accepts requests that the specification allows", async () => {
  await passes(checkRequest({ method: "GET", path: "/_matrix/client/v3/account/whoami" }));
  await passes(checkRequest({
    method: "GET",
    path: "/_matrix/client/v3/sync",
    query: new URLSearchParams("timeout=30000&full_state=true&set_presence=online&since=s1"),
  }));
  await passes(checkRequest({
    method: "POST",
    path: "/_matrix/client/v3/join/%23r%3Aexample.org",
    query: { via: ["a.org", "b.org"], server_name: "a.org", "org.example.flag": "1", user_id: "@a:b" },
    body: {},
  }));
  await passes(checkRequest({ method: "POST", path: "/_matrix/client/v3/logout", body: {} }));
  await passes(checkRequest({ method: "POST", path: `${ROOM}/invite`, body: { user_id: "@a:b.org" } }));
  await passes(checkRequest({
    method: "POST",
    path: `${ROOM}/invite`,
    body: { id_server: "a.org", id_access_token: "t", medium: "email", address: "a@b.org" },
  }));
  await passes(checkRequest({ method: "POST", path: "/_matrix/media/v3/upload", query: { filename: "a" } }));
});

Deno.test("checkRequest() rejects invalid parameters", async () => {
  const path = "/_matrix/client/v3/sync";
  await refuses(
    { method: "GET", path, query: { timeout: "soon" } },
    /sync: query parameter timeout must be integer/,
  );
  await refuses({ method: "GET", path, query: { full_state: "yes" } }, /full_state must be boolean/);
  await refuses({ method: "GET", path, query: { set_presence: "busy" } }, /set_presence must be .*"online"/);
  await refuses({ method: "GET", path, query: { since: ["a", "b"] } }, /since is given 2 times/);
  await refuses(
    { method: "GET", path, query: { fullState: "true" } },
    /fullState is not in the specification/,
  );
  await refuses({ method: "GET", path: `${ROOM}/messages` }, /query parameter dir is missing/);
  await refuses(
    { method: "GET", path: "/_matrix/client/v3/rooms/r/joined_members" },
    /path parameter roomId must match pattern/,
  );
  await passes(checkRequest({ method: "GET", path, query: { own: "1" } }, { query: ["own"] }));
});

Deno.test("checkRequest() rejects invalid bodies", async () => {
  const path = "/_matrix/client/v3/createRoom";
  await refuses(
    { method: "POST", path, body: { visibility: "secret" } },
    /body\/visibility must be equal to one of/,
  );
  await refuses({ method: "POST", path, body: { invite: "@a:b" } }, /body\/invite must be array/);
  await refuses({ method: "POST", path }, /body is missing/);
  await refuses({ method: "POST", path: "/_matrix/client/v3/logout", body: { a: 1 } }, /body is not in/);
  await refuses(
    { method: "POST", path: `${ROOM}/invite`, body: { user: "@a:b" } },
    /inviteUser: body must have required property 'user_id'\n.*inviteBy3PID: body must/,
  );
});

Deno.test("checkResponse() checks the body by status", async () => {
  const path = "/_matrix/client/v3/account/whoami";
  await passes(checkResponse("GET", path, 200, { user_id: "@a:b", "org.example.more": 1 }));
  await passes(checkResponse("GET", path, 401, { errcode: "M_UNKNOWN_TOKEN", error: "No" }));
  await passes(checkResponse("GET", path, 500, { errcode: "M_UNKNOWN" }));
  await fails(
    () => checkResponse("GET", path, 200, { user: "@a:b" }),
    /Response 200 to GET .*whoami does not follow getTokenOwner: body .*'user_id'/,
  );
  await fails(() => checkResponse("GET", path, 200, { user_id: 1 }), /body\/user_id must be string/);
  await fails(() => checkResponse("GET", path, 200, undefined), /body is missing/);
  await fails(() => checkResponse("GET", path, 403, { error: "No" }), /'errcode'/);
  await fails(
    () => checkResponse("GET", "/_matrix/client/v3/sync", 200, { next_batch: "n", rooms: { join: [] } }),
    /body\/rooms\/join must be object/,
  );
});

Deno.test("checkRequest() and checkResponse() return unknown for requests that are not specified", async () => {
  const path = "/_matrix/client/unstable/com.example/thing";
  assertEquals(await checkRequest({ method: "GET", path }), "unknown");
  assertEquals(await checkResponse("GET", path, 200, {}), "unknown");
  assertEquals(await checkResponse("GET", "/_matrix/client/v3/sync", 204, undefined), "unknown");
});

Deno.test("exampleResponse() and exampleRequest() return examples that the checks accept", async () => {
  const answer = await exampleResponse("getTokenOwner");
  if (answer === undefined) return; // The specification's data is missing or not readable. The reason was printed.
  await passes(checkResponse("GET", "/_matrix/client/v3/account/whoami", 200, answer));
  const body = await exampleRequest("createRoom");
  await passes(checkRequest({ method: "POST", path: "/_matrix/client/v3/createRoom", body }));
  await assertRejects(() => exampleResponse("noSuchOperation"), TypeError, "no operation noSuchOperation");
});

Deno.test("checkResponse() accepts all of the specification's examples except one that is known to be invalid", async () => {
  const wrong: string[] = [];
  for (const { operationId, method, path, responses } of specification.operations) {
    for (const status of Object.keys(responses)) {
      const answers = await exampleResponses(operationId, Number(status));
      for (const [name, answer] of Object.entries(answers ?? {})) {
        try {
          await checkResponse(method, path, Number(status), answer);
        } catch {
          wrong.push(`${operationId} ${status} ${name}`);
        }
      }
    }
  }
  assert(wrong.length <= 1, wrong.join(", "));
  for (const one of wrong) assertMatch(one, /^getProtocols 200 /);
});
