import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  HTTPAPI,
  type HTTPAPIOptions,
  MatrixError,
  MatrixRequestError,
  MatrixResponseError,
} from "../../../http/mod.ts";
import { FakeHomeserver, json, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const issuer = "https://issuer.example.org/token";

function make(server: FakeHomeserver, options: Partial<HTTPAPIOptions> = {}): HTTPAPI {
  return new HTTPAPI({
    baseUrl,
    fetch: server.fetch,
    token: "hush-token",
    asUserId: "@a:b",
    userAgent: "agent",
    retry: { minTimeout: 0, maxTimeout: 0 },
    ...options,
  });
}

Deno.test("HTTPAPI.requestTo() sends a form without token, query and further headers", async () => {
  const server = new FakeHomeserver().on("POST /token", { access_token: "new" });
  const form = { grant_type: "refresh_token", refresh_token: "a b&c=é\ud800", scope: undefined };
  assertEquals(await make(server).requestTo(`${issuer}?a=1#f`, { form }), { access_token: "new" });
  const { headers, text, url, redirect } = server.last;
  assertEquals([...headers], [["content-type", "application/x-www-form-urlencoded"]]);
  assertEquals(text, "grant_type=refresh_token&refresh_token=a+b%26c%3D%C3%A9%EF%BF%BD");
  assertEquals([url, redirect], [`${issuer}?a=1`, "manual"]);
});

Deno.test("HTTPAPI.requestTo() sends JSON", async () => {
  const server = new FakeHomeserver().on("POST /register", json({ client_id: "c" }, 201));
  const response = await make(server).requestTo("https://issuer.example.org/register", {
    json: { client_name: "Bot" },
  });
  assertEquals(response, { client_id: "c" });
  assertEquals([...server.last.headers], [["content-type", "application/json"]]);
  assertEquals(server.last.body, { client_name: "Bot" });
});

Deno.test("HTTPAPI.requestTo() ignores the response's body with ignoreResponse", async () => {
  const server = new FakeHomeserver().on("POST /token", text(""));
  assertEquals(
    await make(server).requestTo(issuer, { form: { token: "t" }, ignoreResponse: true }),
    undefined,
  );
  await assertRejects(() => make(server).requestTo(issuer, { form: { token: "t" } }), MatrixResponseError);
});

Deno.test("HTTPAPI.requestTo() rejects a redirect and does not follow it", async () => {
  for (const status of [301, 302, 303, 307, 308]) {
    const server = new FakeHomeserver().on(
      "POST /token",
      () => new Response(null, { status, headers: { location: "https://evil.example.org/" } }),
    );
    const error = await assertRejects(
      () => make(server).requestTo(issuer, { form: { a: "b" } }),
      MatrixRequestError,
    );
    assertEquals([error.status, server.received.length], [status, 1]);
  }
});

Deno.test("HTTPAPI.requestTo() accepts http only on this machine or with an http homeserver", async () => {
  const server = new FakeHomeserver().on("*", {});
  const secure = make(server);
  for (
    const url of ["http://localhost:1/x", "http://a.localhost/x", "http://127.0.0.1/x", "http://[::1]:8/x"]
  ) {
    await secure.requestTo(url, { form: {} });
  }
  await make(server, { baseUrl: "http://hs.internal" }).requestTo("http://issuer.internal/x", { form: {} });
  const sent = server.received.length;
  for (
    const url of [
      "http://issuer.example.org/",
      "http://localhost.example.org/",
      "http://127.0.0.1.evil.org/",
      "ftp://a/",
    ]
  ) {
    await assertRejects(() => secure.requestTo(url, { form: {} }), TypeError, "https://");
  }
  await assertRejects(() => secure.requestTo("https://u:p@issuer.example.org", { form: {} }), TypeError);
  await assertRejects(() => secure.requestTo(issuer, {}), TypeError, "either form or json");
  await assertRejects(
    () => secure.requestTo(issuer, { form: {}, json: {} }),
    TypeError,
    "either form or json",
  );
  await assertRejects(
    () => secure.requestTo(issuer, { form: { a: 7 as never } }),
    TypeError,
    'form field "a"',
  );
  assertEquals(server.received.length, sent);
});

Deno.test("HTTPAPI.requestTo() shows neither the form nor the response in errors and logs", async () => {
  const lines: unknown[] = [];
  const note = (...data: unknown[]) => void lines.push(data.join(" "));
  const log = { debug: note, info: note, warn: note, error: note };
  const form = { refresh_token: "hush/refresh", code_verifier: "hush-verifier", client_id: "cl1" };
  const pages = [
    json(
      { error: "invalid_grant", error_description: "no hush/refresh, hush%2Frefresh", extra: "hush-x" },
      400,
    ),
    json({ error: "invalid_grant", access_token: "hush-new", nested: { id_token: "hush-id" } }, 401),
    json(["hush"], 400),
    text("<p>hush-verifier and hush-page", 502),
    () => new Response(`{"error":"hush-half`, { status: 400 }),
    text("hush-page"),
  ];
  for (const page of pages) {
    const server = new FakeHomeserver().on("POST /token", page);
    const api = make(server, { log, hooks: { onResponse: (end) => lines.push(JSON.stringify(end)) } });
    const error = await assertRejects(
      () => api.requestTo(`${issuer}?hush=1`, { form, retry: { limit: 0 } }),
      MatrixError,
    );
    const shown = `${error.message} ${error.stack} ${JSON.stringify(error)}`;
    assert(!shown.includes("hush"), shown);
    assert(error.message.startsWith("Cannot POST https://issuer.example.org/token: "), error.message);
  }
  assert(!lines.join("\n").includes("hush"), lines.join("\n"));
});

Deno.test("HTTPAPI.requestTo() keeps the error's code and description", async () => {
  const body = { error: "invalid_grant", error_description: "expired", error_uri: "https://e/", hint: "x" };
  const server = new FakeHomeserver().on("POST /token", json(body, 400));
  const error = await assertRejects(
    () => make(server).requestTo(issuer, { form: { a: "b" } }),
    MatrixRequestError,
  );
  const { hint: _, ...kept } = body;
  assertEquals([error.body, error.status], [kept, 400]);
});

Deno.test("HTTPAPI.requestTo() does not call onRefusal", async () => {
  const server = new FakeHomeserver().on("POST /token", json({ error: "invalid_grant" }, 400));
  const onRefusal = () => Promise.reject(new Error("called"));
  await assertRejects(
    () => make(server, { onRefusal }).requestTo(issuer, { form: { a: "b" } }),
    MatrixRequestError,
  );
});

Deno.test("HTTPAPI.requestTo() retries a gateway error only if it is repeatable", async () => {
  const once = new FakeHomeserver().on("POST /token", text("", 502), {});
  await assertRejects(() => make(once).requestTo(issuer, { form: { a: "b" } }), MatrixRequestError);
  const again = new FakeHomeserver().on("POST /token", text("", 502), {});
  assertEquals(await make(again).requestTo(issuer, { form: { a: "b" }, repeatable: true }), {});
});
