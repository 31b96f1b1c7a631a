import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  FileTooLargeError,
  HTTPAPI,
  MatrixConnectionError,
  MatrixRequestError,
  MatrixResponseError,
  MForbidden,
} from "../../../http/mod.ts";
import { FakeHomeserver, text } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";

function make(server: FakeHomeserver, lines: string[] = []): HTTPAPI {
  const note = (...data: unknown[]) => void lines.push(data.join(" "));
  const log = { debug: note, info: note, warn: note, error: note };
  return new HTTPAPI({ baseUrl, fetch: server.fetch, token: "hush-token", retry: { limit: 0 }, log });
}

/** Returns a body that fails after one chunk, with an error that has the URL and bytes attached, as Node's have. */
function failing(): Response {
  const url = `${baseUrl}/x?access=hush-query`;
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (!given) controller.enqueue(new TextEncoder().encode('{"access_token":'));
      else {controller.error(
          Object.assign(new TypeError(`reset fetching "${url}"`), {
            code: "ECONNRESET",
            path: url,
            data: '"hush-token"}',
          }),
        );}
      given = true;
    },
  }, { highWaterMark: 0 });
  return new Response(body);
}

Deno.test("HTTPAPI.request() redacts secrets of the request in an error", async () => {
  const password = 'hush "word"';
  const pages = [
    "you sent Bearer hush-token to /x?access=hush-query with session=hush-cookie",
    `login of alice with ${JSON.stringify({ password })} failed`,
    JSON.stringify({ errcode: "M_UNKNOWN", error: `bad ${JSON.stringify({ auth: { password } })}` }),
    JSON.stringify({ errcode: "M_UNKNOWN", error: `bad password: ${password}, token: hush-refresh` }),
  ];
  for (const page of pages) {
    const server = new FakeHomeserver().on("POST /x", text(page, 500));
    const error = await assertRejects(() =>
      make(server).request("POST", "/x", {
        headers: { cookie: "session=hush-cookie" },
        query: { access: "hush-query" },
        body: { auth: { password }, refresh_token: "hush-refresh" },
      }), MatrixRequestError);
    assert(!`${error.message}${error.stack}${JSON.stringify(error)}`.includes("hush"), error.message);
  }
});

Deno.test("HTTPAPI.request() redacts only the secrets of the response in an error", async () => {
  const body = { errcode: "M_X", access_token: "hush", other: "kept", list: [{ refresh_token: "hush" }] };
  const server = new FakeHomeserver().on("GET /x", text(JSON.stringify(body), 400));
  const error = await assertRejects(() => make(server).request("GET", "/x"), MatrixRequestError);
  assertEquals(error.body, {
    errcode: "M_X",
    access_token: "…",
    other: "kept",
    list: [{ refresh_token: "…" }],
  });
});

Deno.test("HTTPAPI.request() does not redact words of every error body", async () => {
  const body = { errcode: "M_FORBIDDEN", error: "Invalid password", retry_after_ms: 7 };
  const words = "e t error errcode token password FORBIDDEN M_FORBIDDEN rbid Inv";
  for (const secret of words.split(" ")) {
    const server = new FakeHomeserver().on("POST /x", text(JSON.stringify(body), 403));
    const api = new HTTPAPI({ baseUrl, fetch: server.fetch, token: secret });
    const error = await assertRejects(
      () => api.request("POST", "/x", { body: { password: secret } }),
      MForbidden,
    );
    assertEquals([error.body, error.retryAfter], [body, 7], secret);
  }
});

Deno.test("HTTPAPI.request() redacts short secrets only as whole words", async () => {
  const body = { errcode: "M_X", error: "kitten: no kittens, user.kitten, (kitten) kitten", seen: "kitten" };
  const server = new FakeHomeserver().on("POST /x", text(JSON.stringify(body), 400));
  const error = await assertRejects(
    () => make(server).request("POST", "/x", { body: { password: "kitten" } }),
    MatrixRequestError,
  );
  assertEquals(error.body, { errcode: "M_X", error: "…: no kittens, user.kitten, (…) …", seen: "…" });
});

Deno.test("HTTPAPI.request() accepts an error of fetch that is its own cause", async () => {
  for (const text of ["reset", "reset fetching https://h/?a=hush"]) {
    const cause = new TypeError(text);
    cause.cause = cause;
    const api = new HTTPAPI({ baseUrl, fetch: () => Promise.reject(cause), retry: { limit: 0 } });
    for (const call of [api.request("POST", "/x"), api.upload("POST", "/x", new Uint8Array(1e6))]) {
      await assertRejects(() => call, MatrixConnectionError, "no response from hs.example.org");
    }
  }
});

Deno.test("HTTPAPI.request() logs only the size of a body with a nested secret", async () => {
  const lines: string[] = [];
  const server = new FakeHomeserver().on("PUT /x", {});
  await make(server, lines).request("PUT", "/x", {
    body: { messages: { "@a:b": { D: { secret: "hush" } } } },
  });
  await make(server, lines).request("PUT", "/x", { body: { content: { session_key: "hush" } } });
  assert(!lines.join().includes("hush"));
});

Deno.test("HTTPAPI keeps fields that runtimes attach to errors out of the cause", async () => {
  const server = new FakeHomeserver().on("POST /x", failing).on("GET /x", failing);
  const options = { query: { access: "hush-query" } };
  const errors = [
    await assertRejects(() => make(server).request("POST", "/x", options), MatrixConnectionError),
    await assertRejects(
      async () => await new Response((await make(server).stream("GET", "/x", options)).body).text(),
      MatrixConnectionError,
    ),
  ];
  for (const { cause } of errors) {
    assertInstanceOf(cause, Error);
    assertEquals([cause.name, (cause as { code?: string }).code], ["TypeError", "ECONNRESET"]);
    const fields = Object.getOwnPropertyNames(cause).map((key) => (cause as never)[key]);
    assert(!fields.join().includes("hush"), fields.join());
  }
});

Deno.test("HTTPAPI ignores the failure of a response that it does not read", async () => {
  const broken = (status: number, headers: Record<string, string>) => () =>
    new Response(
      new ReadableStream({ start: (controller) => controller.error(new TypeError("hush")) }),
      { status, headers },
    );
  const server = new FakeHomeserver().on("PUT /bucket", broken(200, {}))
    .on("GET /x", broken(307, { location: "/y" })).on("GET /y", { ok: true })
    .on("GET /large", broken(200, { "content-length": "9" }));
  const api = new HTTPAPI({ baseUrl, fetch: server.fetch, retry: { limit: 0 }, maxResponseSize: 8 });
  await api.uploadTo(`${baseUrl}/bucket`, new Uint8Array(3));
  await assertRejects(() => api.request("GET", "/large"), MatrixResponseError, "larger than 8 bytes");
  await assertRejects(() => api.stream("GET", "/large", { maxSize: 8 }), FileTooLargeError);
  const { body } = await api.stream("GET", "/x");
  assertEquals(await new Response(body).text(), '{"ok":true}');
});
