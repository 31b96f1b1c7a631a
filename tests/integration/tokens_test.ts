/** Sessions of the legacy login on a Synapse whose access tokens live for 3 s. */
import { assert, assertEquals, assertInstanceOf, assertNotEquals, assertRejects } from "@std/assert";
import { FileSessionStore } from "../../examples/session_file.ts";
import {
  Client,
  ClientAPI,
  MemorySessionStore,
  RefreshingTokens,
  type Session,
  sessionOf,
} from "../../mod.ts";
import { type Fetch, MForbidden, MUnknownToken } from "../../http/mod.ts";
import { type Homeserver, HomeserverUnavailable, startHomeserver } from "../../scripts/homeserver.ts";
import { call } from "./programs.ts";
import { ask, homeserver, newRoom, newTestUser, type TestUser } from "./support.ts";

const FULL = Deno.env.get("MTX_FULL") === "1";
/** Milliseconds that the bot runs. */
const BOT_TIME = FULL ? 30_000 : 12_000;
const KILLS = 10;
const MESSAGES = FULL ? 100 : 40;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Runs tests against a homeserver with tokens of 3 s, if tests against homeservers are wanted. */
async function withShortTokens(run: (homeserver: Homeserver) => Promise<void>): Promise<void> {
  if (!homeserver()) return;
  let short: Homeserver;
  try {
    short = await startHomeserver({ config: { refreshable_access_token_lifetime: "3s" } });
  } catch (error) {
    if (!(error instanceof HomeserverUnavailable)) throw error;
    return console.log(`\nSkipped: ${error.message}`);
  }
  try {
    await run(short);
  } finally {
    await short.stop();
  }
}

/** Logs in on a device of its own. */
async function login(user: TestUser): Promise<Session> {
  const client = new ClientAPI({ baseUrl: user.baseUrl });
  const { localpart: identifier, password } = user;
  const response = await client.login({ identifier, password, refreshToken: true });
  assert(response.expires_in_ms! > 2_000 && response.expires_in_ms! <= 3_000);
  return sessionOf(client, response);
}

/** Counts requests by path. */
function counting(): { fetch: Fetch; count: (path: string) => number } {
  const paths: string[] = [];
  return {
    fetch: (url, init) => (paths.push(new URL(url).pathname), fetch(url, init)),
    count: (path) => paths.filter((one) => one.endsWith(path)).length,
  };
}

Deno.test("RefreshingTokens renews legacy sessions on Synapse", async (t) => {
  await withShortTokens(async ({ url: baseUrl }) => {
    const user = await newTestUser({ baseUrl });

    await t.step("an expired token is renewed once for 50 calls, by the clock and after a 401", async () => {
      for (const known of [true, false]) {
        const session = await login(user);
        const store = new MemorySessionStore(known ? session : { ...session, expiresAt: undefined });
        const { fetch, count } = counting();
        const client = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store), fetch });
        await wait(3_500);
        await Promise.all(Array.from({ length: 50 }, () => client.whoami()));
        assertEquals([count("/refresh"), count("/whoami")], known ? [1, 50] : [1, 100]);
        assertNotEquals((await store.get())?.refreshToken, session.refreshToken);
      }
    });

    await t.step("a session is renewed three times, each time with the latest refresh token", async () => {
      const store = new MemorySessionStore(await login(user));
      const client = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store) });
      const seen = new Set<string | undefined>();
      for (let i = 0; i < 4; i++) {
        await client.whoami();
        seen.add((await store.get())?.refreshToken);
        await wait(2_200);
      }
      assertEquals(seen.size, 4);
    });

    await t.step("a process that was killed between grant and store has lost nothing", async () => {
      const session = await login(user);
      const client = new ClientAPI({ baseUrl });
      const lost = await client.refreshAccessToken(session.refreshToken!);
      const store = new MemorySessionStore({ ...session, expiresAt: 0 });
      const next = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store) });
      assertEquals((await next.whoami()).user_id, user.userId);
      assertNotEquals((await store.get())?.accessToken, lost.access_token);
    });

    await t.step("two processes share a session file", async () => {
      const path = await Deno.makeTempFile();
      await Deno.remove(path);
      await new FileSessionStore(path).set({ ...await login(user), expiresAt: 0 });
      const { fetch, count } = counting();
      const clients = [1, 2, 3].map(() =>
        new ClientAPI({ baseUrl, auth: new RefreshingTokens(new FileSessionStore(path)), fetch })
      );
      await Promise.all(clients.map((client) => client.whoami()));
      assertEquals(count("/refresh"), 1);
      if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      await clients[0]!.logout();
      assertEquals(await new FileSessionStore(path).get(), null);
    });

    await t.step("four processes share a session in Deno KV, and each token is renewed once", async () => {
      const folder = await Deno.makeTempDir();
      const path = `${folder}/kv`;
      const write = `using kv = await Deno.openKv(${JSON.stringify(path)});
        await kv.set(["session"], ${JSON.stringify(await login(user))});`;
      const run = async (...args: string[]) => {
        const { success, stdout } = await new Deno.Command(Deno.execPath(), {
          args,
          stderr: "inherit",
          env: { NO_COLOR: "1" },
        }).output();
        assert(success);
        return Number(new TextDecoder().decode(stdout));
      };
      await run("eval", "--unstable-kv", write);
      const program = `${import.meta.dirname}/kv_process.ts`;
      const args = ["run", "-A", "--no-check", "--unstable-kv", program, baseUrl, path, "7000"];
      const renewals = await Promise.all([1, 2, 3, 4].map(() => run(...args)));
      // A token of 3 s is renewed after 2 s.
      const sum = renewals.reduce((a, b) => a + b);
      assert(sum >= 2 && sum <= 5, `${renewals}`);
      await Deno.remove(folder, { recursive: true });
    });

    await t.step("examples/login.ts signs in with a password, and does not replace a session", async () => {
      const file = await Deno.makeTempFile();
      await Deno.remove(file);
      const flags = ["--allow-read", "--allow-write"];
      const env = { MATRIX_USER: user.localpart, MATRIX_PASSWORD: user.password };
      const input = `${user.localpart}\n${user.password}\n`;
      const done = await call("login.ts", [baseUrl, `--file=${file}`], {}, { flags, input });
      assertEquals([done.code, done.output], [0, `export MATRIX_SESSION=${file}\n`], done.errors);
      const { userId, refreshToken } = (await new FileSessionStore(file).get())!;
      assertEquals([userId, typeof refreshToken], [user.userId, "string"]);
      await wait(3_500);
      const again = await call("login.ts", [baseUrl, `--file=${file}`], env, { flags });
      assertEquals([again.code, again.output], [1, ""]);
      const ended = await call("login.ts", ["--logout", `--file=${file}`], {}, { flags });
      assertEquals([ended.code, await new FileSessionStore(file).get()], [0, null]);

      const client = new ClientAPI({ baseUrl, token: user.token });
      const devices = (await client.getDevices()).length;
      const lost = await call("login.ts", [baseUrl, `--file=${file}/s.json`], env, { flags });
      assertEquals(
        [lost.code, (await client.getDevices()).length],
        [1, devices],
        "signed in without a store",
      );
    });

    await t.step("a session that was ended elsewhere ends with MUnknownToken", async () => {
      const session = await login(user);
      const ends: boolean[] = [];
      const onEnd = ({ softLogout }: { softLogout: boolean }) => void ends.push(softLogout);
      const source = new RefreshingTokens(new MemorySessionStore(session), { onEnd });
      const client = new ClientAPI({ baseUrl, auth: source });
      await new ClientAPI({ baseUrl, token: session.accessToken }).logout();
      const error = await assertRejects(() => client.whoami(), MUnknownToken);
      assert(error.cause instanceof MForbidden || error.cause instanceof MUnknownToken);
      assertEquals(ends, [false]);
    });

    await t.step("a long poll that outlives its token succeeds", async () => {
      const store = new MemorySessionStore(await login(user));
      const client = new ClientAPI({ baseUrl, auth: new RefreshingTokens(store) });
      const { next_batch: since } = await client.sync({ timeout: 0 });
      const start = performance.now();
      await client.sync({ since, timeout: 5_000 });
      assert(performance.now() - start > 4_000);
    });

    await t.step("a sync ends after logout", async () => {
      const session = await login(user);
      const source = new RefreshingTokens(new MemorySessionStore(session));
      const client = new Client({ baseUrl, auth: source });
      const run = assertRejects(() => client.run(), MUnknownToken);
      await wait(500);
      await new ClientAPI({ baseUrl, token: session.accessToken }).logout();
      assertInstanceOf(await run, MUnknownToken);
    });

    await t.step(`a bot that is killed ${KILLS} times replies to every message once`, async () => {
      const bot = await newTestUser({ baseUrl });
      const room = await newRoom(user, bot);
      const folder = await Deno.makeTempDir();
      const [session, sync] = [`${folder}/session.json`, `${folder}/sync`];
      await new FileSessionStore(session).set(await login(bot));
      const token = await new ClientAPI({ baseUrl, token: bot.token }).sync({ timeout: 0 });
      await Deno.writeTextFile(sync, token.next_batch);

      const send = (n: number) =>
        ask(user, "PUT", `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${n}`, {
          msgtype: "m.text",
          body: `${n}`,
        });
      const writing = (async () => {
        for (let n = 0; n < MESSAGES; n++) {
          await send(n);
          await wait(BOT_TIME / MESSAGES);
        }
      })();
      let renewed = 0;
      for (let i = 0; i <= KILLS; i++) {
        const before = (await new FileSessionStore(session).get())?.refreshToken;
        const process = new Deno.Command(Deno.execPath(), {
          args: ["run", "-A", "--no-check", `${import.meta.dirname}/session_bot.ts`, session, sync],
          stdout: "piped",
          stderr: "null",
        }).spawn();
        const reader = process.stdout.getReader();
        await reader.read();
        if (i < KILLS) {
          await wait(BOT_TIME / KILLS * (0.7 + Math.random() * 0.6));
        } else {
          await writing;
          const end = Date.now() + 60_000;
          while ((await replies(user, room, bot.userId)).length < MESSAGES && Date.now() < end) {
            await wait(500);
          }
          await wait(1_000);
        }
        process.kill("SIGKILL");
        await reader.cancel();
        await process.status;
        if ((await new FileSessionStore(session).get())?.refreshToken !== before) renewed++;
      }
      const expected = Array.from({ length: MESSAGES }, (_, n) => `re ${n}`).sort();
      assertEquals((await replies(user, room, bot.userId)).sort(), expected);
      console.log(
        `\n${MESSAGES} messages, ${KILLS} kills, the session was renewed in ${renewed} of ${KILLS + 1} lives`,
      );
      assert(renewed >= KILLS / 4);
      await Deno.remove(folder, { recursive: true });
    });
  });
});

/** Returns the notices of a user in a room. */
async function replies(user: TestUser, room: string, sender: string): Promise<string[]> {
  const { chunk } = await ask<{ chunk: { sender: string; content: { body?: string; msgtype?: string } }[] }>(
    user,
    "GET",
    `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=b&limit=1000`,
  );
  return chunk.filter((event) => event.sender === sender && event.content.msgtype === "m.notice")
    .map(({ content }) => content.body ?? "");
}
