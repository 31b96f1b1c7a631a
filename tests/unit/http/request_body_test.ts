import { assert, assertEquals, assertRejects } from "@std/assert";
import { HTTPAPI } from "../../../http/mod.ts";
import { FakeHomeserver } from "../../support/fake_homeserver.ts";

function make(server: FakeHomeserver): HTTPAPI {
  return new HTTPAPI({ baseUrl: "https://hs.example.org", fetch: server.fetch, retry: { limit: 0 } });
}

Deno.test("HTTPAPI.request() replaces lone surrogates in a JSON body with U+FFFD", async () => {
  const server = new FakeHomeserver().on("PUT /x", {});
  const cut = "👍".slice(0, 1);
  for (
    const [body, sent] of [
      [{ body: `a${cut}` }, { body: "a\ufffd" }],
      [{ [`k${cut}`]: [cut, "\udc4d", "\udc4d\ud83d"] }, { "k\ufffd": ["\ufffd", "\ufffd", "\ufffd\ufffd"] }],
      [{ a: { b: `👍${cut}👍` } }, { a: { b: "👍\ufffd👍" } }],
      [{ a: "\\ud83d", b: `\\${cut}`, c: "\\\\ud83d" }, { a: "\\ud83d", b: "\\\ufffd", c: "\\\\ud83d" }],
    ] as const
  ) {
    const before = JSON.stringify(body);
    for (const method of ["PUT", "POST"] as const) {
      server.on(`${method} /x`, {});
      await make(server).request(method, "/x", { body });
      assertEquals(server.last.body, sent);
      assertEquals(server.last.bytes, new TextEncoder().encode(server.last.text));
    }
    assertEquals(JSON.stringify(body), before);
  }
});

Deno.test("HTTPAPI.request() names the place of a value that is not JSON", async () => {
  const server = new FakeHomeserver().on("PUT /x", {});
  const circular: Record<string, unknown> = { a: {} };
  (circular.a as Record<string, unknown>).b = [circular];
  for (
    const [body, place, received] of [
      [{ users: { "@a:h": NaN } }, 'content.users["@a:h"]', "NaN"],
      [{ users: { "@a:h": Infinity } }, 'content.users["@a:h"]', "Infinity"],
      [{ list: [1, { deep: -Infinity }] }, "content.list[1].deep", "-Infinity"],
      [{ a: new Map([[1, 2]]) }, "content.a", "Map"],
      [{ a: [new Set()] }, "content.a[0]", "Set"],
      [{ a: { "": 1n } }, 'content.a[""]', "bigint"],
      [{ a: () => 1 }, "content.a", "function"],
      [{ "m.a": Symbol("s") }, 'content["m.a"]', "symbol"],
      [{ a: new Uint8Array(2) }, "content.a", "Uint8Array"],
      [{ a: Promise.resolve() }, "content.a", "Promise"],
      [{ a: new Blob(["x"]) }, "content.a", "Blob"],
      [{ a: new Headers({ a: "b" }) }, "content.a", "Headers"],
      [{ a: new URLSearchParams("a=b") }, "content.a", "URLSearchParams"],
      [circular, "content.a.b[0]", "a circular reference"],
      [{ at: new Date(NaN) }, "content.at", "an invalid Date"],
      [{ n: [Object(NaN)] }, "content.n[0]", "NaN"],
      [{ a: { toJSON: () => NaN } }, "content.a", "NaN"],
      [{ a: { toJSON: () => ({ toJSON: () => 1 }) } }, "content.a.toJSON", "function"],
      [[NaN], "content[0]", "NaN"],
      [NaN, "content", "NaN"],
    ] as const
  ) {
    const error = await assertRejects(() => make(server).request("PUT", "/x", { body }), TypeError);
    assertEquals(error.message, `Cannot send the body: ${place} must be a JSON value, received ${received}`);
  }
  assertEquals(server.received.length, 0);
});

Deno.test("HTTPAPI.request() sends everything that JSON can represent, up to 2000 levels deep", async () => {
  const server = new FakeHomeserver().on("PUT /x", {});
  const shared = { a: 1 };
  // JSON.stringify() calls toJSON() once, and not on its result.
  class Converted {
    readonly b: number = 2;
    toJSON(): Converted {
      return Object.assign(new Converted(), this);
    }
  }
  class Content {
    readonly b = 2;
    get c(): number {
      return 3;
    }
  }
  for (
    const [body, sent] of [
      [{ a: null, b: undefined, c: -0, d: 1e300, e: false, f: "" }, {
        a: null,
        c: 0,
        d: 1e300,
        e: false,
        f: "",
      }],
      [{ first: shared, second: [shared, shared] }, { first: shared, second: [shared, shared] }],
      [{ date: new Date(0) }, { date: "1970-01-01T00:00:00.000Z" }],
      [{ toJSON: () => ({ a: 1 }) }, { a: 1 }],
      [{ a: new Converted() }, { a: { b: 2 } }],
      [new Content(), { b: 2 }],
      [Object.assign(Object.create(null), { a: {} }), { a: {} }],
      [{ n: Object(5), s: Object("x"), b: Object(true) }, { n: 5, s: "x", b: true }],
      [{ a: [undefined] }, { a: [null] }],
    ] as const
  ) {
    await make(server).request("PUT", "/x", { body });
    assertEquals(server.last.body, sent);
  }
  let deep: unknown = [];
  for (let i = 1; i < 2000; i++) deep = [deep];
  await make(server).request("PUT", "/x", { body: deep });
  assert(server.last.text.startsWith("[[[["));
  const sent = server.received.length;
  const error = await assertRejects(() => make(server).request("PUT", "/x", { body: [deep] }), TypeError);
  assertEquals(error.message, "Cannot send the body: it is nested deeper than 2000");
  assertEquals(server.received.length, sent);
});
