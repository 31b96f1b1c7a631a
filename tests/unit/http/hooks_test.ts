import { assert, assertEquals, assertRejects } from "@std/assert";
import { HTTPAPI, type Log } from "../../../http/mod.ts";
import { FakeHomeserver, matrixError } from "../../support/fake_homeserver.ts";

const baseUrl = "https://hs.example.org";
const ignore = () => {};

Deno.test("HTTPAPI.request() logs the rejection of a hook and continues", async () => {
  const server = new FakeHomeserver().on("PUT /x", matrixError(429, "M_LIMIT_EXCEEDED"), {});
  const failures: unknown[] = [];
  const log: Log = { debug: ignore, info: ignore, warn: ignore, error: (...data) => failures.push(data[1]) };
  const hook = (name: string) => () => Promise.reject(name);
  const hooks = { onRequest: hook("request"), onResponse: hook("response"), onRetry: hook("retry") };
  const api = new HTTPAPI({
    baseUrl,
    fetch: server.fetch,
    log,
    hooks,
    retry: { minTimeout: 0, maxTimeout: 0 },
  });
  assertEquals(await api.request("PUT", "/x"), {});
  await Promise.resolve();
  assertEquals(failures, ["request", "response", "retry", "request", "response"]);
});

Deno.test("HTTPAPI.request() leaves no timer behind if a log throws", async () => {
  const fail = () => {
    throw new RangeError("disk full");
  };
  const log: Log = { debug: fail, info: fail, warn: fail, error: fail };
  const server = new FakeHomeserver().on("GET /x", {});
  const error = await assertRejects(() =>
    new HTTPAPI({ baseUrl, fetch: server.fetch, log }).request("GET", "/x")
  );
  assert(error instanceof RangeError);
});
