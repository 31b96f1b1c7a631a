/** Sessions of OAuth 2.0: a Synapse behind an authorization server whose access tokens live for 3 s. */
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { FileSessionStore } from "../../examples/session_file.ts";
import {
  type Fetch,
  MatrixConnectionError,
  MatrixOAuthError,
  MatrixRequestError,
  MUnknownToken,
} from "../../http/mod.ts";
import {
  accountUrl,
  Client,
  ClientAPI,
  MemorySessionStore,
  RefreshingTokens,
  type Session,
} from "../../mod.ts";
import { HomeserverUnavailable } from "../../scripts/homeserver.ts";
import type { OAuthMetadata } from "../../types/mod.ts";
import { Browser, type OAuthHomeserver, startOAuthHomeserver } from "./oauth_server.ts";
import { start } from "./programs.ts";
import { homeserver } from "./support.ts";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const PUBLIC = {
  client_name: "Test",
  client_uri: "https://app.example.org/",
  application_type: "native",
  token_endpoint_auth_method: "none",
};

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function withOAuth(
  run: (server: OAuthHomeserver, metadata: OAuthMetadata) => Promise<void>,
): Promise<void> {
  if (!homeserver()) return;
  let server: OAuthHomeserver;
  try {
    server = await startOAuthHomeserver(3);
  } catch (error) {
    if (!(error instanceof HomeserverUnavailable || error instanceof Deno.errors.NotFound)) throw error;
    return console.log(`\nSkipped: ${error.message}`);
  }
  try {
    const metadata = await new ClientAPI({ baseUrl: server.url }).getAuthMetadata();
    await run(server, metadata!);
  } finally {
    await server.stop();
  }
}

/** Signs a user in on another device. */
async function signIn(baseUrl: string, metadata: OAuthMetadata, user: string): Promise<Session> {
  const client = new ClientAPI({ baseUrl });
  const grant_types = [DEVICE_GRANT, "refresh_token"];
  const { client_id } = await client.registerOAuthClient(metadata, { ...PUBLIC, grant_types });
  const started = await client.startDeviceAuthorization(metadata, client_id);
  const finished = client.finishDeviceAuthorization(metadata, { ...started, interval: 0.5 });
  await new Browser().signIn(started.verification_uri_complete!, user);
  return await finished;
}

/** Records requests to the token endpoint, and everything that goes to the issuer. */
function watched(issuer: string): { fetch: Fetch; grants: () => number; sent: string[] } {
  const sent: string[] = [];
  let grants = 0;
  const fetch: Fetch = async (url, init) => {
    if (url.startsWith(issuer)) {
      const { method, headers } = new Request(url, init);
      sent.push(`${method} ${url} ${JSON.stringify([...headers])}`);
      if (url.endsWith("/token")) grants++;
    }
    return await globalThis.fetch(url, init);
  };
  return { fetch, grants: () => grants, sent };
}

Deno.test("ClientAPI signs in with OAuth 2.0 on Synapse, and RefreshingTokens renews the session", async (t) => {
  await withOAuth(async ({ url: baseUrl, issuer, stopIssuer }, metadata) => {
    const devices = new Set<string>();

    await t.step(
      "on another device: pending at first, then a session of the right user and device",
      async () => {
        const client = new ClientAPI({ baseUrl });
        const grant_types = [DEVICE_GRANT, "refresh_token"];
        const registered = await client.registerOAuthClient(metadata, { ...PUBLIC, grant_types });
        assertEquals(registered.grant_types, grant_types);
        const started = await client.startDeviceAuthorization(metadata, registered.client_id);
        const error = await assertRejects(
          () =>
            client.finishDeviceAuthorization(metadata, {
              ...started,
              interval: 0.1,
              expiresAt: Date.now() + 900,
            }),
          MatrixOAuthError,
        );
        assertEquals(error.error, "expired_token");
        await new Browser().signIn(started.verification_uri_complete!, "alice");
        const session = await client.finishDeviceAuthorization(metadata, { ...started, interval: 0.5 });
        assertEquals([session.userId, session.deviceId], ["@alice:localhost", started.deviceId]);
        assert(session.expiresAt! <= Date.now() + 3_000);
        const alice = new ClientAPI({ baseUrl, auth: new RefreshingTokens(new MemorySessionStore(session)) });
        const { user_id, device_id } = await alice.whoami();
        assertEquals([user_id, device_id], [session.userId, session.deviceId]);
        devices.add(session.deviceId);
      },
    );

    await t.step("in the browser: a code with PKCE, on a loopback redirect with a port", async () => {
      const client = new ClientAPI({ baseUrl });
      const { client_id } = await client.registerOAuthClient(metadata, {
        ...PUBLIC,
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: ["http://127.0.0.1/callback"],
      });
      const started = await client.startAuthorization(metadata, client_id, "http://127.0.0.1:8123/callback");
      const callback = await new Browser().signIn(started.url, "alice");
      assertEquals(callback.port, "8123");
      const session = await client.finishAuthorization(metadata, started, callback);
      assertEquals([session.userId, session.deviceId], ["@alice:localhost", started.deviceId]);
      const again = await assertRejects(
        () => client.finishAuthorization(metadata, started, callback),
        MatrixOAuthError,
      );
      assertEquals(again.error, "invalid_grant");
    });

    await t.step("an expired token is renewed once for 50 calls, although soft_logout is false", async () => {
      for (const known of [true, false]) {
        const session = await signIn(baseUrl, metadata, "alice");
        const store = new MemorySessionStore(known ? session : { ...session, expiresAt: undefined });
        const { fetch, grants, sent } = watched(issuer);
        const client = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store), fetch });
        await wait(3_500);
        await Promise.all(Array.from({ length: 50 }, () => client.whoami()));
        assertEquals(grants(), 1);
        assertNotEquals((await store.get())?.refreshToken, session.refreshToken);
        assertEquals(sent, [
          `POST ${metadata.token_endpoint} ${
            JSON.stringify([["content-type", "application/x-www-form-urlencoded"]])
          }`,
        ]);
      }
    });

    await t.step("a sync continues through several renewals", async () => {
      const session = await signIn(baseUrl, metadata, "bob");
      const { fetch, grants } = watched(issuer);
      const auth = new RefreshingTokens(new MemorySessionStore(session));
      const client = new Client({ baseUrl, mxid: session.userId, auth, fetch });
      const roomId = await client.createRoom();
      let seen = 0;
      client.on("m.room.message", () => void seen++, { own: true });
      await client.runOnce();
      const run = client.run();
      for (let i = 0; i < 4; i++) {
        await client.sendText(roomId, `${i}`);
        await wait(2_100);
      }
      await client.stop();
      await run;
      assertEquals(seen, 4);
      assert(grants() >= 3);
    });

    await t.step(
      "logout() revokes the session at the issuer, and sends nothing to the homeserver",
      async () => {
        const session = await signIn(baseUrl, metadata, "alice");
        const store = new MemorySessionStore(session);
        const { fetch, sent } = watched(issuer);
        const client = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store), fetch });
        await client.logout();
        assertEquals([await store.get(), sent.length], [null, 1]);
        const ends: unknown[] = [];
        const revoked = new RefreshingTokens(new MemorySessionStore({ ...session, expiresAt: 0 }), {
          onEnd: (end) => void ends.push(end),
        });
        const error = await assertRejects(
          () => new ClientAPI({ baseUrl, auth: revoked }).whoami(),
          MUnknownToken,
        );
        assertInstanceOf(error.cause, MatrixOAuthError);
        assertEquals([error.cause.error, ends], ["invalid_grant", [{ softLogout: false }]]);
      },
    );

    await t.step("accountUrl() names the page for a device", () => {
      const url = accountUrl(metadata, "org.matrix.device_delete", { deviceId: "OLD" });
      assertEquals(url?.href, `${issuer}account?action=org.matrix.device_delete&device_id=OLD`);
    });

    await t.step("examples/login.ts signs in, and a bot takes its session file", async () => {
      const folder = await Deno.makeTempDir();
      const file = `${folder}/session.json`;
      const flags = ["--allow-read", "--allow-write"];
      const login = await start("login.ts", [baseUrl, `--file=${file}`], {}, { flags });
      let page: string | undefined;
      for (let i = 0; i < 200 && page === undefined; i++) {
        await wait(100);
        page = /Open (\S+)/.exec(login.output())?.[1];
      }
      await new Browser().signIn(page!, "carol");
      const { code, output, errors } = await login.ended;
      assertEquals([code, output], [0, `export MATRIX_SESSION=${file}\n`]);
      const session = await new FileSessionStore(file).get();
      assertMatch(errors, new RegExp(`Signed in as @carol:localhost, device ${session?.deviceId}`));
      for (const secret of [session!.accessToken, session!.refreshToken!]) assert(!errors.includes(secret));
      assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
      await wait(3_500);
      const rooms = await start("room_directory.ts", ["nothing"], { MATRIX_SESSION: file }, { flags });
      assertEquals((await rooms.ended).code, 0, rooms.output());
      const ended = await start("login.ts", ["--logout", `--file=${file}`], {}, { flags });
      assertEquals((await ended.ended).code, 0, ended.output());
      assertEquals(await new FileSessionStore(file).get(), null);
      await Deno.remove(folder, { recursive: true });
    });

    await t.step("a session survives an unreachable issuer", async () => {
      const session = await signIn(baseUrl, metadata, "alice");
      await stopIssuer();
      const ends: unknown[] = [];
      const store = new MemorySessionStore({ ...session, expiresAt: 0 });
      const auth = new RefreshingTokens(store, { onEnd: (end) => void ends.push(end) });
      const client = new ClientAPI({ baseUrl, auth, retry: { limit: 0 } });
      await assertRejects(() => client.whoami(), MatrixConnectionError);
      // A token that the homeserver has not seen yet: it cannot look it up.
      const unseen = new ClientAPI({ baseUrl, token: "unseen", retry: { limit: 0 } });
      const error = await assertRejects(() => unseen.whoami(), MatrixRequestError);
      assertEquals([error.status, error.errcode], [503, "M_UNKNOWN"]);
      assertEquals([ends, (await store.get())?.refreshToken], [[], session.refreshToken]);
    });
  });
});
