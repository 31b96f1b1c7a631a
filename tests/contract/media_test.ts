import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClientAPI, type GetUrlPreviewOptions } from "../../client/mod.ts";
import { MatrixResponseError } from "../../http/mod.ts";
import { BASE_URL, refused } from "../support/contract_client.ts";
import { type Answer, FakeHomeserver, matrixError, type Received } from "../support/fake_homeserver.ts";
import { checkRequest, checkResponse } from "../support/specification.ts";

const VERSIONS = "/_matrix/client/versions";
const NEW = "/_matrix/client/v1/media";
const OLD = "/_matrix/media/v3";

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

const config = (client: ClientAPI) => client.getMediaRepoConfig();
const preview = (client: ClientAPI) => client.getUrlPreview("https://example.com/");

Deno.test("ClientAPI.getUrlPreview() and getMediaRepoConfig() send the token on both paths", async () => {
  for (const [what, call] of [["config", config], ["preview_url", preview]] as const) {
    for (const [versions, base] of [[present, NEW], [past, OLD]] as const) {
      const request = await asked(versions, {}, call);
      assertEquals([request.method, request.path], ["GET", `${base}/${what}`]);
      assertEquals(request.headers.get("authorization"), "Bearer token");
      await checkResponse("GET", request.path, 200, {});
    }
    const { client, server } = makeAsked({ [`GET ${NEW}/${what}`]: [unknown], [`GET ${OLD}/${what}`]: [{}] });
    await call(client);
    assertEquals(server.received.map(({ path }) => path), [`${NEW}/${what}`, `${OLD}/${what}`]);
    assertEquals(server.last.headers.get("authorization"), "Bearer token");
  }
});

Deno.test("ClientAPI.getUrlPreview() and getMediaRepoConfig() request versions again after 404 on the old path", async () => {
  for (const [what, call] of [["config", config], ["preview_url", preview]] as const) {
    const { client, server } = make(present, {
      [`GET ${OLD}/${what}`]: [matrixError(404, "M_NOT_FOUND")],
      [`GET ${NEW}/${what}`]: [{}],
    });
    client.versionsCache = past;
    await call(client);
    assertEquals(server.received.map(({ path }) => path), [`${OLD}/${what}`, VERSIONS, `${NEW}/${what}`]);
    await call(client);
    assertEquals(server.received.length, 4);
  }
});

Deno.test("ClientAPI.getUrlPreview() sends the URL, and the timestamp if it is given", async () => {
  const url = "https://example.com/a b?c=d&e=%20+#f";
  for (
    const [options, ts] of [
      [undefined, null],
      [{ timestamp: null }, null],
      [{ timestamp: 0 }, "0"],
      [{ timestamp: 1510610716656 }, "1510610716656"],
      [{ timestamp: new Date(5) }, "5"],
    ] as [GetUrlPreviewOptions | undefined, string | null][]
  ) {
    const request = await asked(present, {}, (client) => client.getUrlPreview(url, options));
    assertEquals([request.query.get("url"), request.query.get("ts")], [url, ts]);
    assertEquals(request.query.size, ts === null ? 1 : 2);
  }
});

Deno.test("ClientAPI.getUrlPreview() converts a URL to ASCII", async () => {
  const ascii = "https://xn--e-ufa.example.com/%C3%A9?q=%E6%97%A5";
  for (const url of ["https://éa.example.com/é?q=日", new URL("https://éa.example.com/é?q=日")]) {
    const request = await asked(present, {}, (client) => client.getUrlPreview(url));
    assertEquals(request.query.get("url"), new URL(url).href);
    assert(/^[\0-\x7f]+$/.test(request.query.get("url")!));
  }
  assertEquals((await asked(present, {}, (client) => client.getUrlPreview(ascii))).query.get("url"), ascii);
  assertEquals((await asked(present, {}, (client) => client.getUrlPreview("é"))).query.get("url"), "é");
  await refused((client) => client.getUrlPreview(""), TypeError);
  await refused((client) => client.getUrlPreview(5 as unknown as string), TypeError);
});

Deno.test("ClientAPI.getUrlPreview() returns the response, with width and height in the right order", async () => {
  const response = {
    "og:title": "Matrix Blog Post",
    "og:image": "mxc://example.com/ascERGshawAWawugaAcauga",
    "og:image:width": 48,
    "og:image:height": 32,
    "matrix:image:size": 102400,
    "com.example.more": null,
  };
  const { client } = makeAsked({ "*": [response] });
  assertEquals(await client.getUrlPreview("https://example.com/"), response as never);
  await checkResponse("GET", `${NEW}/preview_url`, 200, response);
});

Deno.test("ClientAPI.getUrlPreview() rejects values that are not objects", async () => {
  for (const response of [[], null, "x", 5]) {
    const { client } = makeAsked({ "*": [response] });
    const error = await assertRejects(() => preview(client), MatrixResponseError);
    assertEquals(error.message, "Invalid MXOpenGraph in response.");
  }
});

Deno.test("ClientAPI.getMediaRepoConfig() returns the response, also without a size", async () => {
  for (const response of [{ "m.upload.size": 50_000_000, more: 1 }, {}, { "m.upload.size": null }]) {
    const { client } = makeAsked({ "*": [response] });
    assertEquals(await client.getMediaRepoConfig({}), response as never);
  }
});

Deno.test("ClientAPI.getMediaRepoConfig() rejects values that are not configurations", async () => {
  for (const response of [[], null, "x", { "m.upload.size": "5" }, { "m.upload.size": {} }]) {
    const { client } = makeAsked({ "*": [response] });
    const error = await assertRejects(() => config(client), MatrixResponseError);
    assertEquals(error.message, "Invalid MediaRepoConfig in response");
  }
});
