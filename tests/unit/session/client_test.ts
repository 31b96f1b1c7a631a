/** A `Client` that syncs on tokens that expire. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  Client,
  MemorySessionStore,
  MemorySyncStore,
  RefreshingTokens,
  type SessionStore,
} from "../../../client/mod.ts";
import { MatrixOAuthError, MUnknownToken, silentLog } from "../../../http/mod.ts";
import { broken, json, matrixError, type Received, silence, text } from "../../support/fake_homeserver.ts";
import { FakeClock } from "../../support/fake_clock.ts";
import { BASE_URL, FakeIssuer } from "../../support/issuer.ts";
import { batch, ME, ROOM, runUntil, SYNC } from "../../support/sync_server.ts";

const SEND = `/_matrix/client/v3/rooms/${encodeURIComponent(ROOM).replace("!", "%21")}/send/m.room.message`;
const unknown = matrixError(401, "M_UNKNOWN_TOKEN", { soft_logout: false });

interface Made {
  issuer: FakeIssuer;
  client: Client;
  store: MemorySyncStore;
  /** Transaction IDs of the replies, in order. */
  replies: string[];
}

/** A bot that replies to the messages of three batches. `expires` decides which requests come with an expired token. */
function make(
  expires: (request: Received, n: number) => boolean = () => false,
  wrap: (sessions: SessionStore) => SessionStore = (sessions) => sessions,
): Made {
  const issuer = new FakeIssuer();
  const store = new MemorySyncStore("s0");
  const replies: string[] = [];
  const batches = [["a", "b"], ["c"], ["d", "e"]];
  let requests = 0;
  const isValid = (request: Received) => {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    if (expires(request, ++requests)) issuer.expire(token);
    return issuer.isValid(token);
  };
  issuer.server.on(SYNC, (request: Received) => {
    if (!isValid(request)) return unknown(request);
    const since = Number(request.query.get("since")?.slice(1));
    const bodies = batches[since];
    return bodies ? json(batch(`s${since + 1}`, ...bodies))(request) : silence()(request);
  });
  const send = (request: Received) => {
    if (!isValid(request)) return unknown(request);
    const txnId = request.path.split("/").at(-1)!;
    replies.push(txnId);
    return json({ event_id: `$${txnId}` })(request);
  };
  for (const body of batches.flat()) issuer.server.on(`PUT ${SEND}/${body}`, send);
  const client = new Client({
    baseUrl: BASE_URL,
    mxid: ME,
    auth: new RefreshingTokens(wrap(new MemorySessionStore(issuer.session()))),
    store,
    fetch: issuer.server.fetch,
    log: silentLog,
    backoff: { minTimeout: 500, maxTimeout: 500 },
    retry: { minTimeout: 500, maxTimeout: 500 },
  });
  client.on("m.room.message", async ({ content }, { roomId, signal }) => {
    await client.sendText(roomId, "Yes", { txnId: String(content.body), signal });
  });
  return { issuer, client, store, replies };
}

const ALL = ["a", "b", "c", "d", "e"];

Deno.test("Client delivers each event once although every token has expired when it is first used", async () => {
  const seen = new Set<string>();
  const { client, replies, issuer } = make(({ method, path, query }) => {
    const request = `${method} ${path} ${query.get("since")}`;
    return !seen.has(request) && seen.add(request).size > 0;
  });
  await runUntil(client, () => replies.length >= ALL.length);
  assertEquals(replies, ALL);
  assert(issuer.sentRenewals.length >= ALL.length + 3);
});

Deno.test("Client delivers an event once whose handler met the 401", async () => {
  let handled = 0;
  let refusals = 0;
  const { client, replies } = make(({ path }) => path.endsWith("/c") && ++refusals < 3);
  client.on("m.room.message", () => void handled++);
  await runUntil(client, () => replies.length >= ALL.length);
  assertEquals([replies, handled], [ALL, ALL.length]);
});

for (
  const [name, failure] of [
    ["a lost connection", broken()],
    ["503", text("", 503)],
    ["403 as HTML", text("<html>", 403)],
    ["401 M_UNKNOWN_TOKEN of a proxy", matrixError(401, "M_UNKNOWN_TOKEN")],
    ["400 invalid_request", json({ error: "invalid_request" }, 400)],
  ] as const
) {
  Deno.test(`Client continues when the authorization server is back after ${name}`, async () => {
    await FakeClock.use(async (clock) => {
      // The first poll and the first request of a handler.
      const { client, replies, issuer } = make((_, n) => {
        const expires = n === 1 || n === 3;
        if (expires) issuer.renewals.push(failure, failure);
        return expires;
      });
      const run = client.run();
      for (let i = 0; i < 30 && replies.length < ALL.length; i++) await clock.advance(1_000);
      await client.stop();
      await run;
      assertEquals(replies, ALL);
    });
  });
}

Deno.test("Client delivers an event again whose handler met a session store that failed", async () => {
  await FakeClock.use(async (clock) => {
    let isFull = false;
    // The request of the second handler.
    const { client, replies, store } = make((_, n) => n === 3 && (isFull = true), (sessions) => ({
      get: () => sessions.get(),
      set: (session) => isFull ? Promise.reject(new Error("disk full")) : sessions.set(session),
      remove: () => sessions.remove(),
    }));
    const run = client.run();
    await clock.advance(5_000);
    assertEquals([replies, await store.get()], [["a"], "s0"]);
    isFull = false;
    for (let i = 0; i < 90 && replies.length < ALL.length; i++) await clock.advance(1_000);
    await client.stop();
    await run;
    assertEquals(replies, ALL);
  });
});

Deno.test("Client.run() rejects with MUnknownToken once the session has ended", async () => {
  const { client, issuer, replies, store } = make((_, n) => n === 3);
  issuer.renewals.push(json({ error: "invalid_grant" }, 400));
  const error = await assertRejects(() => client.run(), MUnknownToken);
  assert(error.cause instanceof MatrixOAuthError);
  assertEquals([replies, await store.get()], [["a"], "s0"]);
});
