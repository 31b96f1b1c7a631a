import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type DownloadMediaOptions, type DownloadThumbnailOptions } from "../../client/mod.ts";
import {
  FileTooLargeError,
  MatrixConnectionError,
  MatrixResponseError,
  MMissingToken,
  MNotFound,
  MNotYetUploaded,
  MUnrecognized,
} from "../../http/mod.ts";
import type { ContentURI } from "../../types/mod.ts";
import { BASE_URL, refused } from "../support/contract_client.ts";
import {
  type Answer,
  broken,
  chunks,
  FakeHomeserver,
  matrixError,
  type Received,
  text,
} from "../support/fake_homeserver.ts";
import { checkRequest } from "../support/specification.ts";

const VERSIONS = "/_matrix/client/versions";
const NEW = "/_matrix/client/v1/media";
const OLD = "/_matrix/media/v3";
const MXC: ContentURI = "mxc://example.org:8448/a-_B1";
const CONTENT = "example.org:8448/a-_B1";

const present = { versions: ["v1.11"] };
const past = { versions: ["r0.6.1", "v1.10"] };
const unknown = matrixError(404, "M_UNRECOGNIZED");

function make(
  versions: Answer,
  routes: Record<string, Answer[]>,
): { client: ClientAPI; server: FakeHomeserver } {
  const server = new FakeHomeserver().on(`GET ${VERSIONS}`, versions);
  for (const [route, responses] of Object.entries(routes)) server.on(route, ...responses);
  const { fetch } = server;
  const retry = { minTimeout: 0, maxTimeout: 0 };
  return { client: new ClientAPI({ baseUrl: BASE_URL, token: "token", fetch, retry }), server };
}

/** Creates a homeserver whose versions the client has cached. */
function makeAsked(routes: Record<string, Answer[]>, versions = present) {
  const { client, server } = make(versions, routes);
  client.versionsCache = versions;
  return { client, server };
}

/** Returns the requests that a homeserver with these versions receives. */
async function asked(
  versions: Answer,
  response: Answer,
  call: (client: ClientAPI) => Promise<unknown>,
): Promise<Received> {
  const { client, server } = make(versions, { "*": [response] });
  await call(client);
  assertEquals(server.received.map((request) => request.path)[0], VERSIONS);
  assertEquals(server.received.length, 2);
  await checkRequest(server.last);
  return server.last;
}

const line = ({ method, path, query }: Received) =>
  `${method} ${path}${query.size > 0 ? `?${decodeURIComponent(String(query))}` : ""}`;

const download = (options?: DownloadMediaOptions) => (client: ClientAPI) =>
  client.downloadMedia(MXC, options);
const thumbnail = (options?: Partial<DownloadThumbnailOptions>) => (client: ClientAPI) =>
  client.downloadThumbnail(MXC, { width: 1, height: 2, ...options });

const downloads = [
  { name: "downloadMedia", kind: "download", given: "", call: download },
  {
    name: "streamMedia",
    kind: "download",
    given: "",
    call: (options?: DownloadMediaOptions) => async (client: ClientAPI) =>
      new Uint8Array(await new Response((await client.streamMedia(MXC, options)).body).arrayBuffer()),
  },
  { name: "downloadThumbnail", kind: "thumbnail", given: "width=1&height=2", call: thumbnail },
];

for (const { name, kind, given, call } of downloads) {
  const newLine = `GET ${NEW}/${kind}/${CONTENT}`;
  const oldLine = `GET ${OLD}/${kind}/${CONTENT}`;
  const old = (query: string) => `${oldLine}?${[given, query].filter(Boolean).join("&")}`;

  Deno.test(`ClientAPI.${name}() uses the authenticated path with the token from v1.11`, async () => {
    for (
      const versions of [
        present,
        { versions: ["v1.1", "v1.11", "v1.15"] },
        // The reference treats these as old homeservers.
        { versions: ["v1.12"] },
        { versions: ["v2.0"] },
        { versions: ["v1.10"], unstable_features: { "org.matrix.msc3916.stable": true } },
      ]
    ) {
      const request = await asked(versions, text("x"), call());
      assertEquals(line(request), given ? `${newLine}?${given}` : newLine);
      assertEquals(request.headers.get("authorization"), "Bearer token");
    }
  });

  Deno.test(`ClientAPI.${name}() uses the legacy path without the token before v1.11`, async () => {
    for (
      const versions of [
        past,
        { versions: [] },
        { versions: ["v1.10"], unstable_features: { "org.matrix.msc3916.stable": false } },
      ]
    ) {
      const request = await asked(versions, text("x"), call());
      assertEquals(line(request), old("allow_redirect=true"));
      assertEquals(request.headers.get("authorization"), null);
    }
  });

  Deno.test(`ClientAPI.${name}() sends user_id on the authenticated path only`, async () => {
    for (const [versions, user] of [[present, "@bot:example.org"], [past, null]] as const) {
      const { client, server } = makeAsked({ "*": [text("x")] }, versions);
      client.api.asUserId = "@bot:example.org";
      await client.versions();
      await call()(client);
      assertEquals(server.last.query.get("user_id"), user);
    }
  });

  Deno.test(`ClientAPI.${name}() tries the other path once if the first is unknown to the homeserver`, async () => {
    for (
      const [versions, first, second] of [[present, newLine, oldLine], [past, oldLine, newLine]] as const
    ) {
      const { client, server } = makeAsked({ [first]: [unknown], [second]: [text("found")] }, versions);
      assertEquals(await call()(client), new TextEncoder().encode("found"));
      const sent = server.received.filter(({ path }) => path !== VERSIONS);
      assertEquals(sent.map(({ method, path }) => `${method} ${path}`), [first, second]);
      const tokens = sent.map(({ headers }) => headers.get("authorization"));
      assertEquals(tokens, first === newLine ? ["Bearer token", null] : [null, "Bearer token"]);

      const neither = makeAsked({ "*": [unknown] }, versions);
      await assertRejects(() => call()(neither.client), MUnrecognized);
      assertEquals(neither.server.received.filter(({ path }) => path !== VERSIONS).length, 2);
    }
  });

  Deno.test(`ClientAPI.${name}() requests versions again after 404 on the old path`, async () => {
    for (const refusal of [matrixError(404, "M_NOT_FOUND"), unknown, text("Not here", 404)]) {
      const { client, server } = make(present, { [oldLine]: [refusal], [newLine]: [text("found")] });
      client.versionsCache = past;
      assertEquals(await call()(client), new TextEncoder().encode("found"));
      assertEquals(server.received.map(({ path }) => path), [
        `${OLD}/${kind}/${CONTENT}`,
        VERSIONS,
        `${NEW}/${kind}/${CONTENT}`,
      ]);
      assertEquals(client.versionsCache, present);
      await call()(client);
      assertEquals(server.received.length, 4);
    }
  });

  Deno.test(`ClientAPI.${name}() rejects with the 404 of the old path if the server was not upgraded`, async () => {
    for (const versions of [past, matrixError(500, "M_UNKNOWN"), broken()]) {
      const { client, server } = make(versions, { "*": [matrixError(404, "M_NOT_FOUND")] });
      client.versionsCache = past;
      await assertRejects(() => call({ retry: { limit: 0 } })(client), MNotFound);
      assertEquals(server.received.map(({ path }) => path), [`${OLD}/${kind}/${CONTENT}`, VERSIONS]);
    }
  });

  Deno.test(`ClientAPI.${name}() throws all other errors of the homeserver without trying the other path`, async () => {
    for (
      const [status, errcode, type] of [
        [404, "M_NOT_FOUND", MNotFound],
        [405, "M_UNRECOGNIZED", MUnrecognized],
        [401, "M_MISSING_TOKEN", MMissingToken],
        [504, "M_NOT_YET_UPLOADED", MNotYetUploaded],
      ] as const
    ) {
      const { client, server } = makeAsked({ "*": [matrixError(status, errcode)] });
      const error = await assertRejects(() => call()(client), type);
      assertEquals([error.status, error.body?.error], [status, "No"]);
      assertEquals(server.received.length, 1);
    }
  });

  Deno.test(`ClientAPI.${name}() retries temporary errors`, async () => {
    const { client, server } = makeAsked({ "*": [broken(), text("", 502), text("x")] });
    await call()(client);
    assertEquals(server.received.length, 3);
  });

  Deno.test(`ClientAPI.${name}() sends timeoutMs if it is given, and allowRemote on the legacy path only`, async () => {
    for (
      const [options, newQuery, oldQuery] of [
        [
          { timeoutMs: 0, allowRemote: false },
          "timeout_ms=0",
          "timeout_ms=0&allow_redirect=true&allow_remote=false",
        ],
        [
          { timeoutMs: 5, allowRemote: true },
          "timeout_ms=5",
          "timeout_ms=5&allow_redirect=true&allow_remote=true",
        ],
        [{ timeoutMs: null, allowRemote: null }, "", "allow_redirect=true"],
      ] as [DownloadMediaOptions, string, string][]
    ) {
      const query = [given, newQuery].filter(Boolean).join("&");
      assertEquals(
        line(await asked(present, text("x"), call(options))),
        query ? `${newLine}?${query}` : newLine,
      );
      assertEquals(line(await asked(past, text("x"), call(options))), old(oldQuery));
    }
  });

  Deno.test(`ClientAPI.${name}() adds timeoutMs to the deadline`, async () => {
    const late = ({ signal }: Received) =>
      new Promise<Response>((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        setTimeout(() => resolve(new Response("x")), 80);
      });
    const { client } = makeAsked({ "*": [late] });
    await call({ deadline: 10, timeoutMs: 5_000 })(client);
    await assertRejects(() => call({ deadline: 10, retry: { limit: 0 } })(client), MatrixConnectionError);
    await new Promise((resolve) => setTimeout(resolve, 90));
  });

  Deno.test(`ClientAPI.${name}() rejects invalid arguments before it requests the versions`, async () => {
    for (
      const url of [
        "",
        "https://a/b",
        "mxc://a",
        "mxc://a/",
        "mxc:///b",
        "mxc://a/b/c",
        "mxc://../..",
        "mxc://a/é",
      ]
    ) {
      const odd = (client: ClientAPI) =>
        name === "streamMedia"
          ? client.streamMedia(url as ContentURI)
          : name === "downloadMedia"
          ? client.downloadMedia(url as ContentURI)
          : client.downloadThumbnail(url as ContentURI, { width: 1, height: 2 });
      await refused<unknown>(odd, SyntaxError);
    }
    await refused<unknown>(call({ timeoutMs: -1 }), RangeError);
    await refused<unknown>(call({ timeoutMs: 0.5 }), RangeError);
    await refused<unknown>(call({ maxSize: -1 }), RangeError);
  });

  Deno.test(`ClientAPI.${name}() throws if the versions cannot be requested`, async () => {
    const { client, server } = make(matrixError(404, "M_UNRECOGNIZED"), { "*": [text("x")] });
    await assertRejects(() => call()(client), MUnrecognized);
    assertEquals(server.received.length, 1);
  });

  Deno.test(`ClientAPI.${name}() sends headers with both requests, and no other parameters with the versions`, async () => {
    const { client, server } = make(present, { "*": [text("x")] });
    await call({ headers: { "x-a": "1" }, query: { "org.example.b": "c" } })(client);
    assertEquals(server.received.map(({ headers }) => headers.get("x-a")), ["1", "1"]);
    assertEquals(server.received.map(({ query }) => query.get("org.example.b")), [null, "c"]);
  });

  Deno.test(`ClientAPI.${name}() follows a redirect to another origin without the token`, async () => {
    const cdn = "https://cdn.example.net/file?sig=1";
    const { client, server } = makeAsked({
      [newLine]: [text("", 307, { location: cdn })],
      "GET /file": [text("from afar")],
    });
    assertEquals(await call()(client), new TextEncoder().encode("from afar"));
    assertEquals(server.last.url, cdn);
    assertEquals([...server.last.headers], []);
  });

  Deno.test(`ClientAPI.${name}() rejects content larger than maxSize, and reports its progress`, async () => {
    const { client } = makeAsked({
      "*": [text("12345"), chunks(["123", "45"], "close", {}), text("12345"), text("12345")],
    });
    await assertRejects(() => call({ maxSize: 4 })(client), FileTooLargeError);
    await assertRejects(() => call({ maxSize: 4 })(client), FileTooLargeError);
    assertEquals((await call({ maxSize: 5 })(client)).length, 5);
    const told: unknown[] = [];
    await call({ onProgress: (...progress) => told.push(progress) })(client);
    assertEquals(told, [[5, 5]]);
  });
}

Deno.test("ClientAPI.downloadMedia() returns bytes of every content type and size", async () => {
  const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 253);
  for (
    const response of [
      () => new Response(bytes),
      () => new Response(bytes, { headers: { "content-length": "70000" } }),
      chunks([bytes.subarray(0, 1), bytes.subarray(1, 40_000), bytes.subarray(40_000)], "close", {}),
      chunks([bytes.subarray(0, 40_000), bytes.subarray(40_000)], "close", { "content-length": "70000" }),
      chunks([bytes], "close", { "content-encoding": "gzip", "content-length": "5" }),
    ]
  ) {
    const { client } = makeAsked({ "*": [response] });
    const content = await client.downloadMedia(MXC);
    assert(content instanceof Uint8Array);
    assertEquals(content, bytes);
    assertEquals(content.buffer.byteLength, 70_000);
  }
  for (const response of [() => new Response(null), text("", 200, { "content-length": "0" })]) {
    const { client } = makeAsked({ "*": [response] });
    assertEquals(await client.downloadMedia(MXC), new Uint8Array());
  }
});

Deno.test("ClientAPI.downloadMedia() throws if the content is shorter or longer than its content-length", async () => {
  for (
    const [response, type] of [
      [chunks(["123"], "close", { "content-length": "5" }), MatrixResponseError],
      [chunks(["123", "456"], "close", { "content-length": "5" }), MatrixResponseError],
      [chunks(["123"], "error", {}), MatrixConnectionError],
    ] as const
  ) {
    const { client } = makeAsked({ "*": [response] });
    await assertRejects(() => client.downloadMedia(MXC), type);
  }
});

Deno.test("ClientAPI.downloadMedia() does not allocate a content-length larger than memory", async () => {
  let cancelled = false;
  const endless = () =>
    new Response(new ReadableStream({ cancel: () => void (cancelled = true) }), {
      headers: { "content-length": "9007199254740991" },
    });
  const { client } = makeAsked({ "*": [endless] });
  await assertRejects(() => client.downloadMedia(MXC), MatrixResponseError, "do not fit into memory");
  assert(cancelled);
});

Deno.test("ClientAPI.streamMedia() returns content type, file name and size", async () => {
  const head = { "content-type": "image/png", "content-disposition": "inline; filename*=utf-8''%C3%A9.png" };
  const { client } = makeAsked({ "*": [text("12345", 200, head)] });
  const { status, contentType, fileName, size, body } = await client.streamMedia(MXC);
  assertEquals([status, contentType, fileName, size], [200, "image/png", "é.png", 5]);
  await body.cancel();
});

Deno.test("ClientAPI.downloadThumbnail() sends the given options and nothing else", async () => {
  for (
    const [options, query] of [
      [
        { width: 32, height: 48, resizeMethod: "crop", animated: true },
        "width=32&height=48&method=crop&animated=true",
      ],
      [
        { width: 32, height: 48, resizeMethod: "scale", animated: false },
        "width=32&height=48&method=scale&animated=false",
      ],
      [{ width: 0, height: 0 }, "width=0&height=0"],
      [{ width: 1, height: 1, resizeMethod: null, animated: null }, "width=1&height=1"],
    ] as [DownloadThumbnailOptions, string][]
  ) {
    const call = (client: ClientAPI) => client.downloadThumbnail(MXC, options);
    assertEquals(line(await asked(present, text("x"), call)), `GET ${NEW}/thumbnail/${CONTENT}?${query}`);
    assertEquals(
      line(await asked(past, text("x"), call)),
      `GET ${OLD}/thumbnail/${CONTENT}?${query}&allow_redirect=true`,
    );
  }
  // The type requires both. Without types the homeserver rejects the request.
  const { client, server } = makeAsked({ "*": [text("x")] });
  // @ts-expect-error: width and height are required.
  await client.downloadThumbnail(MXC);
  // @ts-expect-error: width and height are required.
  await client.downloadThumbnail(MXC, { width: 5 });
  await client.downloadThumbnail(MXC, { width: null!, height: null!, resizeMethod: "" });
  assertEquals(server.received.map(({ query }) => String(query)), ["", "width=5", "method="]);
});
