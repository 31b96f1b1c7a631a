import { assert, assertEquals, assertRejects } from "@std/assert";
import { HTTPAPI, MatrixConnectionError, MatrixTimeoutError } from "../../../http/mod.ts";
import { chunks, FakeHomeserver, silence } from "../../support/fake_homeserver.ts";

const error = (message: string, code?: string, cause?: Error) =>
  Object.assign(new TypeError(message, cause && { cause }), code === undefined ? {} : { code });

/** Errors that `fetch` throws on Deno 2.9, Bun 1.4 and Node 20. */
const ERRORS: [reason: string | undefined, ...errors: Error[]][] = [
  [
    "connection refused",
    error(
      "fetch failed",
      undefined,
      new Error(
        "error sending request for url (http://h/x?a=hush): client error (Connect): tcp connect error: Connection refused (os error 111)",
      ),
    ),
    error("ECONNREFUSED: Unable to connect. Is the computer able to access the url?", "ECONNREFUSED"),
    error("fetch failed", undefined, error("connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED")),
  ],
  [
    "host not found",
    error(
      "fetch failed",
      undefined,
      new Error(
        "client error (Connect): dns error: failed to lookup address information: Name or service not known",
      ),
    ),
    error("getaddrinfo ENOTFOUND h", "ENOTFOUND"),
    error("fetch failed", undefined, error("getaddrinfo EAI_AGAIN h", "EAI_AGAIN")),
  ],
  [
    "connection closed",
    error(
      "fetch failed",
      undefined,
      new Error("client error (SendRequest): connection closed before message completed"),
    ),
    error("fetch failed", undefined, new Error("Connection reset by peer (os error 104)")),
    error("ECONNRESET: The socket connection was closed unexpectedly.", "ECONNRESET"),
    error("fetch failed", undefined, error("other side closed", "UND_ERR_SOCKET")),
    error("fetch failed", undefined, error("read ECONNRESET", "ECONNRESET")),
  ],
  [
    "invalid certificate",
    error(
      "fetch failed",
      undefined,
      new Error("client error (Connect): invalid peer certificate: UnknownIssuer"),
    ),
    error("self signed certificate", "DEPTH_ZERO_SELF_SIGNED_CERT"),
    error(
      "fetch failed",
      undefined,
      error("Hostname/IP does not match certificate's altnames", "ERR_TLS_CERT_ALTNAME_INVALID"),
    ),
  ],
  [
    "port blocked",
    error("Fetch failed: Requests to port 1 are blocked"),
    error("fetch failed", undefined, new Error("bad port")),
  ],
  [
    "TLS handshake failed",
    error(
      "fetch failed",
      undefined,
      new Error("client error (Connect): received corrupt message of type InvalidContentType"),
    ),
    error("EPROTO: The TLS handshake failed. Does the server speak TLS on this port?", "EPROTO"),
    error("fetch failed", undefined, error("wrong version number", "ERR_SSL_WRONG_VERSION_NUMBER")),
  ],
  [
    "malformed response",
    error("fetch failed", undefined, new Error("client error (SendRequest): invalid HTTP version parsed")),
    error('Malformed_HTTP_Response fetching "http://h/"', "Malformed_HTTP_Response"),
    error("fetch failed", undefined, error("Expected HTTP/", "HPE_INVALID_CONSTANT")),
  ],
  ["connection timed out", error("fetch failed", undefined, error("connect ETIMEDOUT", "ETIMEDOUT"))],
  ["network unreachable", error("fetch failed", undefined, error("connect ENETUNREACH", "ENETUNREACH"))],
  [
    undefined,
    error("fetch failed"),
    error("failed to fetch https://refused.example.org/ECONNREFUSED?dns error"),
  ],
];

Deno.test("HTTPAPI.request() names the host and the reason of a lost connection in the same words everywhere", async () => {
  for (const [reason, ...errors] of ERRORS) {
    for (const cause of errors) {
      const api = new HTTPAPI({
        baseUrl: "https://matrix.example.org/sub",
        fetch: () => Promise.reject(cause),
        retry: { limit: 0 },
      });
      const { message } = await assertRejects(
        () => api.request("PUT", "/_matrix/x", { query: { access: "hush" } }),
        MatrixConnectionError,
      );
      const expected = "Cannot PUT /_matrix/x: no response from matrix.example.org";
      assertEquals(message, reason === undefined ? expected : `${expected} (${reason})`);
    }
  }
});

Deno.test("HTTPAPI.request() names the host that a redirect led to", async () => {
  const server = new FakeHomeserver()
    .on(
      "GET /x",
      () => new Response(null, { status: 302, headers: { location: "https://cdn.example.org:8443/y" } }),
    )
    .on("GET /y", () => Promise.reject(error("no", "ECONNREFUSED")));
  const api = new HTTPAPI({ baseUrl: "https://hs.example.org", fetch: server.fetch, retry: { limit: 0 } });
  const { message } = await assertRejects(() => api.request("GET", "/x"), MatrixConnectionError);
  assertEquals(message, "Cannot GET /x: no response from cdn.example.org:8443 (connection refused)");
});

Deno.test("HTTPAPI.request() names the host in a time-out, and the reason if a response ends early", async () => {
  const server = new FakeHomeserver().on("GET /x", silence()).on("GET /y", chunks(['{"a'], "error"));
  const api = new HTTPAPI({ baseUrl: "http://127.0.0.1:8008", fetch: server.fetch, retry: { limit: 0 } });
  const late = await assertRejects(() => api.request("GET", "/x", { deadline: 5 }), MatrixTimeoutError);
  assertEquals(late.message, "Cannot GET /x: no response from 127.0.0.1:8008 within 5 ms");
  const early = await assertRejects(() => api.request("GET", "/y"), MatrixConnectionError);
  assert(early.message.startsWith("Cannot GET /y: the response ended early"), early.message);
});
