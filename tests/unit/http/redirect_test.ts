import { assertEquals, assertRejects } from "@std/assert";
import { HTTPAPI, MatrixUnknownRequestError } from "../../../http/mod.ts";
import { FakeHomeserver, json, type Received, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const to = (location: string, status = 307) => text("", status, { location });

function make(server: FakeHomeserver): HTTPAPI {
  return new HTTPAPI({ baseUrl, fetch: server.fetch, token: "hush", retry: { limit: 0 } });
}

Deno.test("HTTPAPI.request() follows a GET's redirect within the origin with the token", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const server = new FakeHomeserver().on("GET /x", to("/y?a=1", status)).on("GET /y", { ok: true });
    assertEquals(await make(server).request("GET", "/x"), { ok: true });
    assertEquals(server.last.headers.get("authorization"), "Bearer hush");
    assertEquals(server.last.query.get("a"), "1");
  }
});

Deno.test("HTTPAPI.request() follows a GET's redirect to another origin without token, headers and user info", async () => {
  for (const origin of ["https://other.example.org", "http://hs.example.org", "https://hs.example.org:444"]) {
    const server = new FakeHomeserver().on("GET /x", to(origin.replace("//", "//user:pass@") + "/y"))
      .on("GET /y", to("https://hs.example.org/z")).on("GET /z", json({ ok: true }));
    const headers = { "x-secret": "hush" };
    assertEquals(await make(server).request("GET", "/x", { headers, query: { user_id: "@a:b" } }), {
      ok: true,
    });
    assertEquals(server.received.length, 3);
    for (const request of server.received.slice(1)) {
      assertEquals([...request.headers], []);
      assertEquals(request.query.size, 0);
    }
    assertEquals(server.received[1]!.url, `${origin}/y`);
  }
});

Deno.test("HTTPAPI.request() rejects redirects of other methods and sends nothing to their target", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH"] as const) {
    for (const location of ["/y", "https://other.example.org/y"]) {
      for (const status of [301, 302, 303, 307, 308]) {
        const server = new FakeHomeserver().on(`${method} /x`, to(location, status)).on("*", { ok: true });
        const error = await assertRejects(
          () => make(server).request(method, "/x", { body: { password: "hush" } }),
          MatrixUnknownRequestError,
        );
        assertEquals(error.status, status);
        assertEquals(server.received.length, 1);
        assertEquals(server.last.redirect, "manual");
      }
    }
  }
});

Deno.test("HTTPAPI.request() rejects a redirect loop and an invalid location", async () => {
  const loop = new FakeHomeserver().on("GET /x", to("/x"));
  await assertRejects(() => make(loop).request("GET", "/x"), MatrixUnknownRequestError, "307");
  assertEquals(loop.received.length, 11);
  for (const response of [text("", 302), to("mailto:a@b"), to("http://"), to("data:application/json,{}")]) {
    const server = new FakeHomeserver().on("GET /x", response);
    await assertRejects(() => make(server).request("GET", "/x"), MatrixUnknownRequestError);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("HTTPAPI.request() lets fetch follow opaque redirects", async () => {
  const redirects: (string | undefined)[] = [];
  const server = new FakeHomeserver().on("GET /x", (request: Received) => {
    redirects.push(request.redirect);
    if (request.redirect === "follow") return new Response('{"ok":true}');
    return Object.defineProperty(Response.error(), "type", { value: "opaqueredirect" });
  });
  assertEquals(await make(server).request("GET", "/x"), { ok: true });
  assertEquals(redirects, ["manual", "follow"]);
});
