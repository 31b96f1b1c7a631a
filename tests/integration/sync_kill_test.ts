/**
 * Kills a bot again and again while users send messages: 10 times, with 100 messages of 4 users. With `MTX_FULL=1` in the
 * environment, 100 times, with 1,000 messages of 20 users.
 */
import { assertEquals } from "@std/assert";
import { Client } from "../../client/mod.ts";
import { ROOT } from "../../scripts/command.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "./support.ts";

const FULL = Deno.env.get("MTX_FULL") === "1";
const KILLS = FULL ? 100 : 10;
const USERS = FULL ? 20 : 4;
const MESSAGES = FULL ? 1_000 : 100;
/** The number of rooms. */
const ROOMS = 4;
/** The longest life of a bot after its start, in milliseconds. */
const LIFE = 1_200;

/** The time without a new reply after which the test fails, in milliseconds. */
const STANDSTILL = 60_000;

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function spawn(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      `${ROOT}/tests/integration/killed_bot.ts`,
      ...args,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Waits until a bot prints that it is running. */
async function running(bot: Deno.ChildProcess): Promise<void> {
  const reader = bot.stdout.getReader();
  await reader.read();
  reader.releaseLock();
}

async function kill(bot: Deno.ChildProcess): Promise<void> {
  bot.kill("SIGKILL");
  await bot.stdout.cancel();
  await bot.status;
}

/** Counts the texts that a user has sent to a room. */
async function countTexts(user: TestUser, roomId: string, sender: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1000`;
  for (let from: string | undefined = "";;) {
    const page: { chunk: { sender: string; type: string; content: { body?: string } }[]; end?: string } =
      await ask(
        user,
        "GET",
        path + (from && `&from=${from}`),
      );
    for (const { sender: by, type, content: { body } } of page.chunk) {
      if (by === sender && type === "m.room.message" && body) found.set(body, (found.get(body) ?? 0) + 1);
    }
    from = page.end;
    if (from === undefined || page.chunk.length === 0) return found;
  }
}

online(
  "HandlerContext.reply() replies to every message once, however often the bot is killed",
  async (baseUrl) => {
    const bot = await newTestUser();
    const users = await Promise.all(Array.from({ length: USERS }, () => newTestUser()));
    const rooms = await Promise.all(
      Array.from({ length: ROOMS }, () => newRoom(users[0]!, bot, ...users.slice(1))),
    );
    const file = await Deno.makeTempFile();
    // The bot replies to messages that are sent after this initial sync.
    await new Client({
      baseUrl,
      token: bot.token,
      store: { get: () => Promise.resolve(undefined), set: (token) => Deno.writeTextFile(file, token) },
    })
      .runOnce();

    let killed = 0;
    let said = 0;
    const length = KILLS * LIFE;
    const writing = Promise.all(users.map(async (user, u) => {
      for (let n = 0; n < MESSAGES / USERS; n++) {
        await wait(Math.random() * 2 * length * USERS / MESSAGES * 0.8);
        const roomId = rooms[(n + u) % ROOMS]!;
        await ask(
          user,
          "PUT",
          `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${u}-${n}`,
          {
            msgtype: "m.text",
            body: `${u}-${n}`,
          },
        );
        said++;
      }
    }));
    while (killed < KILLS) {
      const process = spawn([baseUrl, bot.token, file]);
      await running(process);
      await wait(Math.random() * LIFE);
      await kill(process);
      killed++;
    }
    await writing;
    const last = spawn([baseUrl, bot.token, file]);
    const expected = users.flatMap((_, u) =>
      Array.from({ length: MESSAGES / USERS }, (_, n) => `re ${u}-${n}`)
    )
      .sort();
    const answers = async () => {
      const counts = await Promise.all(rooms.map((roomId) => countTexts(bot, roomId, bot.userId)));
      return counts.flatMap((count) => [...count]).sort(([a], [b]) => a < b ? -1 : 1);
    };
    // Waits as long as there is progress, because a busy machine takes its time.
    for (let count = 0, end = Date.now() + STANDSTILL; count < expected.length && Date.now() < end;) {
      await wait(1_000);
      const { length } = await answers();
      if (length > count) end = Date.now() + STANDSTILL;
      count = length;
    }
    await wait(2_000);
    await kill(last);
    await Deno.remove(file);
    assertEquals([said, killed], [MESSAGES, KILLS]);
    assertEquals(await answers(), expected.map((text): [string, number] => [text, 1]));
  },
);
