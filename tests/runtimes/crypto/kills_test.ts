/**
 * Kills an encrypted bot again and again while a user sends messages: 3 times with 30 messages. With `MTX_FULL=1` in the
 * environment, 30 times with 300 messages. `deno task test:crypto` runs this file.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ROOT } from "../../../scripts/command.ts";
import { findBun } from "../../../scripts/npm.ts";
import { online } from "../../integration/support.ts";
import { makeProject } from "../project.ts";
import { World } from "./world.ts";

const FULL = Deno.env.get("MTX_FULL") === "1";
const KILLS = FULL ? 30 : 3;
const MESSAGES = FULL ? 300 : 30;
/** The number of rooms. */
const ROOMS = 3;
/** The longest life of a bot after its start, in milliseconds. */
const LIFE = 1_500;
/** The time without a new reply after which the test fails, in milliseconds. */
const STANDSTILL = 60_000;

const OLM = "@matrix-org/matrix-sdk-crypto-wasm";
const FILES = `${ROOT}/tests/runtimes/crypto`;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A running bot. */
class Bot {
  readonly #process: Deno.ChildProcess;
  readonly #followed: Promise<void>;
  readonly #errors: Promise<string>;
  #output = "";
  #notify = () => {};
  /** Resolves when the bot prints that it runs, and when it has ended. */
  readonly running: Promise<void>;

  constructor(command: string[], cwd: string, olm: string) {
    const [name = "", ...args] = command;
    this.#process = new Deno.Command(name, {
      args,
      cwd,
      env: { MTX_OLM: olm },
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#errors = new Response(this.#process.stderr).text();
    this.running = new Promise((resolve) => this.#notify = resolve);
    this.#followed = this.#follow();
  }

  async #follow(): Promise<void> {
    for await (const text of this.#process.stdout.pipeThrough(new TextDecoderStream())) {
      this.#output += text;
      if (this.#output.includes("runs\n")) this.#notify();
    }
    this.#notify();
  }

  /** Resolves with what the bot has printed to standard error, when it has ended. */
  async ended(): Promise<string> {
    await this.#followed;
    await this.#process.status;
    return await this.#errors;
  }

  /** Kills the bot. Returns the lines that it has printed. */
  async kill(): Promise<string[]> {
    this.#process.kill("SIGKILL");
    await this.ended();
    return this.#output.split("\n").filter((line) => line !== "");
  }
}

/** Runs the test with a command that starts the bot. */
async function killAgainAndAgain(
  baseUrl: string,
  command: string[],
  cwd: string,
  olm: string,
): Promise<void> {
  const world = new World(sdk, baseUrl);
  const folder = await Deno.makeTempDir();
  try {
    const alice = await world.open(await world.register("alice"));
    const bot = await world.register("bot");
    const start = () => new Bot([...command, baseUrl, bot.token, bot.userId, bot.deviceId, folder], cwd, olm);
    // The first start uploads the device keys and takes the position from which messages are replied to.
    const rooms = await Promise.all(Array.from({ length: ROOMS }, () => world.room(alice.user, bot)));
    let process = start();
    await process.running;
    const before = await keysOf(world, bot);

    const stop = new AbortController();
    const running = alice.client.run({ signal: stop.signal });
    const printed: string[] = [];
    let sent = 0;
    const sending = (async () => {
      for (; sent < MESSAGES; sent++) {
        await alice.client.sendText(rooms[sent % ROOMS]!, `${sent}`);
        await wait(KILLS * LIFE / MESSAGES);
      }
    })();
    for (let kill = 0; kill < KILLS; kill++) {
      await process.running;
      // Spreads the moments over the time that a bot works.
      await wait((kill * 617) % LIFE);
      printed.push(...await process.kill());
      process = start();
    }
    await sending;
    // Waits as long as there is progress, because a busy machine takes its time.
    for (let count = 0, end = Date.now() + STANDSTILL; count < MESSAGES && Date.now() < end;) {
      await wait(200);
      const { length } = alice.texts;
      if (length > count) end = Date.now() + STANDSTILL;
      count = length;
    }
    // Further replies would be duplicates.
    await wait(1_000);
    printed.push(...await process.kill());
    stop.abort();
    await running;

    const expected = Array.from({ length: MESSAGES }, (_, n) => `re ${n}`).sort();
    assertEquals(alice.texts.toSorted(), expected);
    assertEquals(alice.undecryptable, []);
    assertEquals(printed.filter((line) => line !== "runs"), []);
    assertEquals(await keysOf(world, bot), before);
    let replies = 0;
    for (const roomId of rooms) {
      for (const { sender, type } of await allEvents(world, alice.user.token, roomId)) {
        if (type === "m.room.message") throw new Error("A message is not encrypted");
        if (sender === bot.userId && type === "m.room.encrypted") replies++;
      }
    }
    assertEquals(replies, MESSAGES);
  } finally {
    await world.closeAll();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Starts two bots on one store. The first one must end without a reply, and the second one replies. */
async function startTwice(baseUrl: string, command: string[], cwd: string, olm: string): Promise<void> {
  const world = new World(sdk, baseUrl);
  const folder = await Deno.makeTempDir();
  const alice = await world.open(await world.register("alice"));
  const bot = await world.register("bot");
  const start = () => new Bot([...command, baseUrl, bot.token, bot.userId, bot.deviceId, folder], cwd, olm);
  const older = start();
  let newer: Bot | undefined;
  try {
    const roomId = await world.room(alice.user, bot);
    await older.running;
    await keysOf(world, bot);
    newer = start();
    await newer.running;
    await alice.client.runOnce();
    await alice.client.sendText(roomId, "hello");
    const errors = await older.ended();
    assertStringIncludes(errors, "StoreTakenOver");
    for (let i = 0; i < 200 && alice.texts.length === 0; i++) {
      await alice.client.runOnce();
      await wait(100);
    }
    assertEquals(alice.texts, ["re hello"]);
  } finally {
    await newer?.kill();
    await world.closeAll();
    await Deno.remove(folder, { recursive: true });
  }
}

/** Returns the device keys of a user, once there are some. */
async function keysOf(
  world: World,
  user: Parameters<World["deviceKeys"]>[0],
): Promise<Record<string, string>> {
  for (let i = 0; i < 200; i++) {
    const keys = await world.deviceKeys(user);
    if (Object.keys(keys).length > 0) return keys;
    await wait(100);
  }
  throw new Error("The device has no keys after 20 s");
}

async function allEvents(world: World, token: string, roomId: string): Promise<Record<string, unknown>[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000`;
  const events: Record<string, unknown>[] = [];
  for (let from = "";;) {
    const page = await world.ask<{ chunk: Record<string, unknown>[]; end?: string }>(
      token,
      "GET",
      path + (from && `&from=${from}`),
    );
    events.push(...page.chunk);
    if (page.end === undefined || page.chunk.length === 0) return events;
    from = page.end;
  }
}

/** Runs a test with the command that starts a bot on Deno, and the one on Bun. */
const ON: Record<string, (test: typeof startTwice, baseUrl: string) => Promise<void>> = {
  async "Deno with Deno KV"(test, baseUrl) {
    const args = ["run", "-A", "--no-check", "--unstable-kv", `${FILES}/killed_bot.ts`];
    await test(baseUrl, [Deno.execPath(), ...args], ROOT, `npm:${OLM}@18.9.0`);
  },
  async "Bun with SQLite"(test, baseUrl) {
    await test(baseUrl, [await findBun(), "run", "killed_bot.ts"], await bunProject(), OLM);
  },
};

let project: Promise<string> | undefined;

/** Creates the project of Bun once. */
function bunProject(): Promise<string> {
  return project ??= (async () => {
    const cwd = await makeProject("crypto_kills", FILES, { [OLM]: "18.9.0" });
    await Deno.copyFile(`${ROOT}/examples/sqlite_string_store.ts`, `${cwd}/sqlite_string_store.ts`);
    return cwd;
  })();
}

for (const [runtime, run] of Object.entries(ON)) {
  online(
    `a bot on ${runtime} replies once to each of ${MESSAGES} messages, encrypted, and is killed ${KILLS} times`,
    (baseUrl) => run(killAgainAndAgain, baseUrl),
  );

  online(
    `the older of two bots on ${runtime} ends with StoreTakenOver, and sends nothing`,
    (baseUrl) => run(startTwice, baseUrl),
  );
}
