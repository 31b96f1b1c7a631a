import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { MatrixResponseError, MForbidden, MNotFound } from "../../http/mod.ts";
import {
  BASE_URL,
  type CallOf,
  exchange,
  fakeClient,
  malformed,
  MXID,
  ODD,
  ODD_PATH,
  refused,
  sent,
} from "../support/contract_client.ts";
import { FakeHomeserver, json, matrixError } from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const PROFILE = "/_matrix/client/v3/profile";
const OWN = `${PROFILE}/%40alice%3Aexample.org`;
const BOB = "@bob:example.org";

/** Creates a client without a user ID, which must not send anything. */
function nobody(): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on("*", {});
  return { client: new ClientAPI({ baseUrl: BASE_URL, token: "token", fetch: server.fetch }), server };
}

const kinds: {
  getter: string;
  setter: string;
  key: "displayname" | "avatar_url";
  value: string;
  get: (client: ClientAPI, userId: `@${string}:${string}`) => Promise<string | null>;
  set: (client: ClientAPI, value: string | null, checkCurrent?: boolean) => Promise<void>;
}[] = [
  {
    getter: "ClientAPI.getDisplayname()",
    setter: "ClientAPI.setDisplayname()",
    key: "displayname",
    value: "Alice é",
    get: (client, userId) => client.getDisplayname(userId),
    set: (client, value, checkCurrent) => client.setDisplayname(value, { checkCurrent }),
  },
  {
    getter: "ClientAPI.getAvatarUrl()",
    setter: "ClientAPI.setAvatarUrl()",
    key: "avatar_url",
    value: "mxc://example.org/picture",
    get: (client, userId) => client.getAvatarUrl(userId),
    set: (client, value, checkCurrent) => client.setAvatarUrl(value as "mxc://x" | null, { checkCurrent }),
  },
];

for (const { getter, setter, key, value, get, set } of kinds) {
  Deno.test(`${getter} returns the text`, async () => {
    const { request, result } = await exchange({ [key]: value }, (client) => get(client, BOB));
    assertEquals(`${request.method} ${request.path}`, `GET ${PROFILE}/%40bob%3Aexample.org/${key}`);
    assertEquals([...request.query], []);
    assertEquals(request.text, "");
    assertEquals(result, value);
    const odd = await exchange({ [key]: "" }, (client) => get(client, ODD.user));
    assertEquals(odd.request.path, `${PROFILE}/${ODD_PATH.user}/${key}`);
    assertEquals(odd.result, "");
  });

  Deno.test(`${getter} returns null for an unknown user, key or value`, async () => {
    for (const response of [{}, { [key]: null }, matrixError(404, "M_NOT_FOUND")]) {
      assertStrictEquals(await get(fakeClient(response).client, BOB), null);
    }
  });

  Deno.test(`${getter} throws all other errors`, async () => {
    await assertRejects(() => get(fakeClient(matrixError(403, "M_FORBIDDEN")).client, BOB), MForbidden);
    const error = await assertRejects(() => get(fakeClient(json({}, 404)).client, BOB));
    assertEquals(error instanceof MNotFound, false);
  });

  Deno.test(`${getter} rejects values that are not strings`, async () => {
    for (const wrong of [1, false, [], {}]) {
      await malformed(
        { [key]: wrong },
        (client) => get(client, BOB),
        `Invalid \`${key}\` in response: expected string`,
      );
    }
    for (const response of [[], null, "x"]) {
      await malformed(response, (client) => get(client, BOB), "Invalid response: expected object");
    }
  });

  Deno.test(`${setter} reads the current value before it sets a new one`, async () => {
    const { client, server } = fakeClient({ [key]: "old" }, {});
    assertStrictEquals(await set(client, value), undefined);
    assertEquals(server.received.map(({ method, path, body }) => [method, path, body]), [
      ["GET", `${OWN}/${key}`, undefined],
      ["PUT", `${OWN}/${key}`, { [key]: value }],
    ]);
    for (const request of server.received) await checkRequest(request);
  });

  Deno.test(`${setter} sends nothing if the value is already set, "" and null being equal`, async () => {
    const same: [unknown, string | null][] = [
      [{ [key]: value }, value],
      [{ [key]: "" }, ""],
      [{ [key]: "" }, null],
      [{ [key]: null }, ""],
      [{}, ""],
      [{}, null],
      [matrixError(404, "M_NOT_FOUND"), ""],
      [matrixError(404, "M_NOT_FOUND"), null],
    ];
    for (const [current, wanted] of same) {
      const { client, server } = fakeClient(current, {});
      await set(client, wanted);
      assertEquals(server.received.map(({ method }) => method), ["GET"]);
    }
  });

  Deno.test(`${setter} sends null as null and "" as ""`, async () => {
    for (const wanted of [null, ""]) {
      for (const check of [true, false]) {
        const { client, server } = fakeClient(...check ? [{ [key]: "old" }] : [], {});
        await set(client, wanted, check);
        assertEquals(server.received.length, check ? 2 : 1);
        assertEquals(server.last.body, { [key]: wanted });
      }
    }
  });

  Deno.test(`${setter} does not read the current value with checkCurrent: false`, async () => {
    for (const checkCurrent of [undefined, null, true]) {
      const { client, server } = fakeClient({ [key]: value });
      await set(client, value, checkCurrent as boolean);
      assertEquals(server.received.map(({ method }) => method), ["GET"]);
    }
    const [line, query, body] = await sent({}, (client) => set(client, value, false));
    assertEquals([line, query, body], [`PUT ${OWN}/${key}`, {}, { [key]: value }]);
  });

  Deno.test(`${setter} sets nothing if the current value cannot be read`, async () => {
    const { client, server } = fakeClient(matrixError(403, "M_FORBIDDEN"), {});
    await assertRejects(() => set(client, value), MForbidden);
    assertEquals(server.received.length, 1);
  });

  Deno.test(`${setter} requires a user ID, and a string or null`, async () => {
    const { client, server } = nobody();
    await assertRejects(() => set(client, value), TypeError, "mxid");
    assertEquals(server.received.length, 0);
    for (const wrong of [undefined, 1, {}]) {
      await refused(
        (client) => set(client, wrong as unknown as string),
        TypeError,
        "neither a string nor null",
      );
    }
  });
}

Deno.test("ClientAPI.setDisplayname() reads the current name with getDisplayname() of subclasses", async () => {
  class Cached extends ClientAPI {
    override getDisplayname(): Promise<string | null> {
      return Promise.resolve("Alice");
    }
  }
  const server = new FakeHomeserver().on("*", {});
  const client = new Cached({ baseUrl: BASE_URL, fetch: server.fetch, mxid: MXID });
  await client.setDisplayname("Alice");
  assertEquals(server.received.length, 0);
});

Deno.test("ClientAPI.setDisplayname() uses its request options for both requests", async () => {
  const { client, server } = fakeClient({}, {});
  await client.setDisplayname("Alice", { headers: { "x-test": "1" }, query: { "org.example.a": "b" } });
  for (const request of server.received) {
    assertEquals(request.headers.get("x-test"), "1");
    assertEquals([...request.query], [["org.example.a", "b"]]);
  }
});

Deno.test("ClientAPI.getProfile() returns the whole profile", async () => {
  const profile = {
    displayname: "Bob",
    avatar_url: "mxc://example.org/b",
    "m.tz": "Europe/Lisbon",
    "org.example": [1],
  };
  const { request, result } = await exchange(profile, (client) => client.getProfile(BOB));
  assertEquals(`${request.method} ${request.path}`, `GET ${PROFILE}/%40bob%3Aexample.org`);
  assertEquals<unknown>(result, profile);
  for (const sparse of [{}, { displayname: null, avatar_url: null }]) {
    assertEquals<unknown>(await fakeClient(sparse).client.getProfile(BOB), sparse);
  }
  const odd = await exchange({}, (client) => client.getProfile(ODD.user));
  assertEquals(odd.request.path, `${PROFILE}/${ODD_PATH.user}`);
});

Deno.test("ClientAPI.getProfile() throws MNotFound for an unknown user", async () => {
  await assertRejects(() => fakeClient(matrixError(404, "M_NOT_FOUND")).client.getProfile(BOB), MNotFound);
});

Deno.test("ClientAPI.getProfile() rejects values that are not profiles", async () => {
  for (const response of [null, [], "x", 1, { displayname: 1 }, { avatar_url: {} }]) {
    await malformed(response, (client) => client.getProfile(BOB), "Invalid member in response");
  }
});

Deno.test("ClientAPI.getProfileField() returns values of every JSON type", async () => {
  for (const value of ["Europe/Lisbon", "", 0, false, [1], { a: 1 }]) {
    const { request, result } = await exchange(
      { "m.tz": value },
      (client) => client.getProfileField(BOB, "m.tz"),
    );
    assertEquals(`${request.method} ${request.path}`, `GET ${PROFILE}/%40bob%3Aexample.org/m.tz`);
    assertEquals(result, value);
  }
});

Deno.test("ClientAPI.getProfileField() returns null for an unknown user, field or value", async () => {
  for (const response of [{}, { "m.tz": null }, { other: 1 }, matrixError(404, "M_NOT_FOUND")]) {
    assertStrictEquals(await fakeClient(response).client.getProfileField(BOB, "m.tz"), null);
  }
  assertStrictEquals(await fakeClient({}).client.getProfileField(BOB, "constructor"), null);
  await assertRejects(
    () => fakeClient(matrixError(403, "M_FORBIDDEN")).client.getProfileField(BOB, "m.tz"),
    MForbidden,
  );
  await malformed([], (client) => client.getProfileField(BOB, "m.tz"), "Invalid response: expected object");
});

Deno.test("ClientAPI.setProfileField() sends an object with the field", async () => {
  for (const value of ["Europe/Lisbon", "", 0, false, null, [], {}, { a: [1] }]) {
    const [line, query, body] = await sent({}, (client) => client.setProfileField("org.example.a", value));
    assertEquals([line, query, body], [`PUT ${OWN}/org.example.a`, {}, { "org.example.a": value }]);
  }
  const { request } = await exchange({}, (client) => client.setProfileField("__proto__", 1), {
    unspecified: true,
  });
  assertEquals(request.text, '{"__proto__":1}');
});

Deno.test("ClientAPI.setProfileField() encodes keys with slashes as one segment, and rejects empty keys", async () => {
  const { request } = await exchange({}, (client) => client.setProfileField("a/b?é", 1), {
    unspecified: true,
  });
  assertEquals(request.path, `${OWN}/a%2Fb%3F%C3%A9`);
  for (const key of ["", ".", "..", null, undefined]) {
    await refused((client) => client.setProfileField(key as string, 1), TypeError);
    await refused((client) => client.getProfileField(BOB, key as string), TypeError);
    await refused((client) => client.deleteProfileField(key as string), TypeError);
  }
  await refused(
    (client) => client.setProfileField("m.tz", undefined as unknown as null),
    TypeError,
    "undefined",
  );
});

Deno.test("ClientAPI.deleteProfileField() sends a DELETE with an empty body", async () => {
  const { request, result } = await exchange({}, (client) => client.deleteProfileField("displayname"));
  assertEquals(`${request.method} ${request.path}`, `DELETE ${OWN}/displayname`);
  assertEquals(request.text, "{}");
  assertStrictEquals(result, undefined);
});

Deno.test("ClientAPI.beeperUpdateProfile() sends the object unchanged", async () => {
  const fields = Object.freeze({ "com.beeper.a": Object.freeze({ b: null }), displayname: "" });
  const { request, result } = await exchange({}, (client) => client.beeperUpdateProfile(fields));
  assertEquals(`${request.method} ${request.path}`, `PATCH ${OWN}`);
  assertEquals<unknown>(request.body, fields);
  assertStrictEquals(result, undefined);
  const empty = await exchange({}, (client) => client.beeperUpdateProfile({}));
  assertEquals(empty.request.text, "{}");
  for (const wrong of [null, [], "x"]) {
    await refused((client) => client.beeperUpdateProfile(wrong as unknown as { a: 1 }), TypeError);
  }
});

Deno.test("ClientAPI's methods for the own profile throw while mxid is unset", async () => {
  const calls: CallOf<void>[] = [
    (client) => client.setDisplayname("Alice", { checkCurrent: false }),
    (client) => client.setAvatarUrl(null),
    (client) => client.setProfileField("m.tz", "Europe/Lisbon"),
    (client) => client.deleteProfileField("m.tz"),
    (client) => client.beeperUpdateProfile({ a: 1 }),
  ];
  for (const call of calls) {
    const { client, server } = nobody();
    await assertRejects(() => call(client), TypeError, "mxid");
    assertEquals(server.received.length, 0);
  }
});

Deno.test("ClientAPI.getDisplayname() rejects user IDs that are not one path segment", async () => {
  for (const userId of ["", ".", "..", null, undefined, 5.5 / 0]) {
    await refused((client) => client.getDisplayname(userId as "@a:b"), TypeError);
    await refused((client) => client.getAvatarUrl(userId as "@a:b"), TypeError);
    await refused((client) => client.getProfile(userId as "@a:b"), TypeError);
    await refused((client) => client.getProfileField(userId as "@a:b", "m.tz"), TypeError);
  }
});

Deno.test("ClientAPI.setProfileField() requires a JSON response", async () => {
  const { client } = fakeClient(() => new Response("ok"));
  await assertRejects(() => client.setProfileField("m.tz", "x"), MatrixResponseError);
});
