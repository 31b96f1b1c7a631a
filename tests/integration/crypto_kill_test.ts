/**
 * Kills a bot again and again while a user sends encrypted messages: 3 times, with 24 messages. With `MTX_FULL=1` in the
 * environment, 30 times, with 300 messages.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals } from "@std/assert";
import { MemoryStringStore, openOlm } from "../../client/crypto/mod.ts";
import { Client, MemorySyncStore } from "../../client/mod.ts";
import { silentLog } from "../../http/mod.ts";
import { ROOT } from "../../scripts/command.ts";
import { ask, newRoom, newTestUser, online, plain } from "./support.ts";

const FULL = Deno.env.get("MTX_FULL") === "1";
const KILLS = FULL ? 30 : 3;
const MESSAGES = FULL ? 300 : 24;
/** The longest life of a bot after its start, in milliseconds. */
const LIFE = 1_500;
/** The time without a new reply after which the test fails, in milliseconds. */
const STANDSTILL = 60_000;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A running bot: its process, and the lines that it has printed. */
class Bot {
  readonly lines: string[] = [];
  readonly running: Promise<void>;
  readonly #process: Deno.ChildProcess;
  readonly #read: Promise<void>;

  constructor(args: string[]) {
    const process = this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--unstable-kv",
        `${ROOT}/tests/integration/crypto_killed_bot.ts`,
        ...args,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    let run = () => {};
    this.running = new Promise((resolve) => run = resolve);
    this.#read = (async () => {
      for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
        this.lines.push(...text.split("\n").filter((line) => line !== ""));
        run();
      }
      run();
    })();
  }

  async kill(): Promise<string[]> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#read;
    return this.lines.filter((line) => line !== "runs");
  }
}

online(
  "HandlerContext.reply() replies to every encrypted message once, however often the bot is killed",
  async () => {
    const [alice, bob] = [await newTestUser(), await newTestUser()];
    const roomId = await newRoom(alice, bob);
    await ask(
      alice,
      "PUT",
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.encryption/`,
      { algorithm: "m.megolm.v1.aes-sha2" },
    );
    const sessions = await Promise.all(
      [alice, bob].map((user) =>
        plain<{ access_token: string; device_id: string }>(
          user.baseUrl,
          undefined,
          "POST",
          "/_matrix/client/v3/login",
          {
            type: "m.login.password",
            identifier: { type: "m.id.user", user: user.localpart },
            password: user.password,
          },
        )
      ),
    );
    const [own, other] = sessions as [typeof sessions[0], typeof sessions[0]];
    const folder = await Deno.makeTempDir();
    const args = [bob.baseUrl, bob.userId, other.device_id, other.access_token, `${folder}/kv`];
    const key = async () => {
      const { device_keys } = await alice.client.queryKeys([bob.userId]);
      return device_keys?.[bob.userId]?.[other.device_id]?.keys[`ed25519:${other.device_id}`];
    };
    const crypto = await openOlm(sdk, {
      userId: alice.userId,
      deviceId: own.device_id,
      key: new Uint8Array(32),
      store: new MemoryStringStore(),
    });
    const undecryptable: unknown[] = [];
    const client = new Client({
      baseUrl: alice.baseUrl,
      token: own.access_token,
      store: new MemorySyncStore(),
      log: silentLog,
      crypto,
      trust: "any",
      onUndecryptable: ({ event_id }, { reason }) => undecryptable.push([event_id, reason]),
    });
    const replies: string[] = [];
    client.on("m.room.message", ({ content }) => void replies.push(String(content.body)));

    // The first bot uploads its keys, and does the initial sync.
    let bot = new Bot(args);
    await bot.running;
    for (let i = 0; i < 300 && await key() === undefined; i++) await wait(100);
    const before = await key();
    assert(before !== undefined);
    await client.runOnce();
    client.start();

    let said = 0;
    let killed = 0;
    const lines: string[] = [];
    const writing = (async () => {
      for (; said < MESSAGES; said++) {
        await wait(Math.random() * 2 * KILLS * LIFE / MESSAGES * 0.8);
        await client.sendText(roomId, String(said));
      }
    })();
    while (killed < KILLS) {
      await wait(Math.random() * LIFE);
      lines.push(...await bot.kill());
      killed++;
      bot = new Bot(args);
      await bot.running;
    }
    await writing;
    for (let count = 0, end = Date.now() + STANDSTILL; replies.length < MESSAGES && Date.now() < end;) {
      await wait(200);
      if (replies.length > count) end = Date.now() + STANDSTILL;
      count = replies.length;
    }
    await wait(2_000);
    lines.push(...await bot.kill());
    await client.stop();
    await crypto.close();
    await Deno.remove(folder, { recursive: true });

    assertEquals([said, killed, lines, undecryptable], [MESSAGES, KILLS, [], []]);
    const expected = Array.from({ length: MESSAGES }, (_, i) => `re ${i}`);
    assertEquals(replies.toSorted(), expected.toSorted());
    assertEquals(await key(), before);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000`;
    const { chunk } = await ask<{ chunk: { type: string }[] }>(alice, "GET", path);
    const types = chunk.map(({ type }) => type);
    assertEquals(types.includes("m.room.message"), false);
    assertEquals(types.filter((type) => type === "m.room.encrypted").length, 2 * MESSAGES);
  },
);
