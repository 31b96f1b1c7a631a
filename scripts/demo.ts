/**
 * Shows two users who talk over a real homeserver: a Synapse that is started for the demo, or the one at
 * `MATRIX_HOMESERVER` or of the session file `MATRIX_SESSION`. Fails unless everything that was sent arrives. `--svg=file` also draws the output.
 */
import { ClientAPI, makeEdit, makeReply, MatrixError, type RoomID } from "../mod.ts";
import { sessionOptions } from "../examples/session_file.ts";
import { makePng } from "../tests/support/png.ts";
import { HomeserverUnavailable, startHomeserver } from "./homeserver.ts";
import { countSteps, lines, print, step } from "./steps.ts";
import { drawTerminal } from "./terminal.ts";

const TIMEOUT = 30_000;
const MESSAGES = 30;

const session = Deno.env.get("MATRIX_SESSION");
const own = Deno.env.get("MATRIX_HOMESERVER") ?? (session && String((await sessionOptions(session)).baseUrl));
let waits = 0;

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`${what} is not as it was sent`);
}

interface Received {
  type: string;
  event_id: string;
  sender: string;
  // deno-lint-ignore no-explicit-any -- the demo checks what it has sent itself
  content: any;
}

/** A signed-in user with the events that its sync has received, in order. */
class Person {
  readonly events: Received[] = [];
  #since: string | undefined;

  constructor(readonly name: string, readonly client: ClientAPI) {}

  does<T>(what: string, run: (client: ClientAPI) => Promise<T>, show?: (result: T) => string): Promise<T> {
    return step(this.name, what, () => run(this.client), show);
  }

  /** Waits for an event, and prints a part of its content. */
  async receives(
    eventId: string,
    part: (content: Received["content"]) => string,
    what = "receives",
  ): Promise<void> {
    await this.does(
      what,
      () => this.find((event) => event.event_id === eventId),
      ({ content }) => part(content),
    );
  }

  async poll(timeout = 5_000): Promise<void> {
    const filter = { room: { timeline: { limit: 100 } } };
    const { next_batch, rooms } = await this.client.sync({ since: this.#since, timeout, filter });
    this.#since = next_batch;
    for (const { timeline } of Object.values(rooms?.join ?? {})) {
      this.events.push(...(timeline?.events ?? []) as Received[]);
    }
  }

  /** Syncs until an event arrives. */
  async find(matches: (event: Received) => boolean): Promise<Received> {
    for (const end = Date.now() + TIMEOUT; Date.now() < end; await this.poll()) {
      const event = this.events.find(matches);
      if (event) return event;
    }
    throw new Error(`An event for ${this.name} did not arrive within ${TIMEOUT / 1000} s`);
  }
}

/** Signs a user in with an account from the environment, or registers one. */
async function signIn(name: string, baseUrl: string, suffix: string): Promise<Person> {
  const env = (name: string) => own && Deno.env.get(name + suffix);
  const file = env("MATRIX_SESSION");
  if (file) {
    return new Person(
      name,
      new ClientAPI({ ...await sessionOptions(file), hooks: { onRetry: () => void waits++ } }),
    );
  }
  const client = new ClientAPI({
    baseUrl,
    token: env("MATRIX_TOKEN"),
    hooks: { onRetry: () => void waits++ },
  });
  if (client.api.token) {
    client.mxid = (await client.whoami()).user_id;
    return new Person(name, client);
  }
  let [username, password] = [env("MATRIX_USER"), env("MATRIX_PASSWORD")];
  if (!username || !password) {
    username = `${name.toLowerCase()}_${crypto.randomUUID().slice(0, 4)}`;
    password = crypto.randomUUID();
    const body = { username, password, inhibit_login: true, auth: { type: "m.login.dummy" } };
    await client.api.request("POST", "/_matrix/client/v3/register", { body }).catch((error) => {
      if (!(error instanceof MatrixError)) throw error;
      const names =
        `MATRIX_USER${suffix} and MATRIX_PASSWORD${suffix}, MATRIX_TOKEN${suffix} or MATRIX_SESSION${suffix}`;
      throw new Error(`Cannot register a user for ${name} (${error.message}): set ${names}`);
    });
  }
  await client.login({ identifier: username, password, deviceName: "@mtx/client demo" });
  return new Person(name, client);
}

async function meet(alice: Person, bob: Person): Promise<RoomID> {
  const invitees = [bob.client.mxid!];
  const create = (client: ClientAPI) => client.createRoom({ name: "Demo", invitees });
  const roomId = await alice.does("creates a room and invites Bob", create, String);
  await bob.does("joins the room", (client) => client.joinRoom(roomId));
  const joined = ({ type, sender }: Received) => type === "m.room.member" && sender === bob.client.mxid;
  await alice.does("sees Bob join", () => alice.find(joined));
  return roomId;
}

async function talk(alice: Person, bob: Person, room: RoomID): Promise<void> {
  const hello = await alice.does("sends “Hello, Bob!”", (client) => client.sendText(room, "Hello, Bob!"));
  await bob.receives(hello, ({ body }) => body);

  const html = "<b>Hello</b>, Alice";
  const formatted = await bob.does("sends formatted text", (client) => client.sendText(room, { html }));
  await alice.receives(formatted, ({ formatted_body }) => formatted_body);

  const reaction = await alice.does("reacts with 👍", (client) => client.react(room, formatted, "👍"));
  await bob.receives(reaction, (content) => content["m.relates_to"].key);

  const edit = makeEdit({ msgtype: "m.text", body: "Hello, dear Bob!" }, hello);
  const edited = await alice.does("edits her message", (client) => client.sendMessage(room, edit));
  await bob.receives(edited, (content) => content["m.new_content"].body);

  const reply = makeReply({ msgtype: "m.text", body: "How are you?" }, hello);
  const replied = await bob.does("replies to it", (client) => client.sendMessage(room, reply));
  await alice.receives(replied, ({ body }) => body);

  const redaction = await bob.does("redacts his formatted text", (client) => client.redact(room, formatted));
  await alice.does("sees that it is redacted", async (client) => {
    await alice.find(({ event_id }) => event_id === redaction);
    const { content } = await client.getEvent(room, formatted);
    expect(Object.keys(content).length === 0, "The redacted text");
  });
}

async function share(alice: Person, bob: Person, room: RoomID): Promise<void> {
  const [fileName, mimetype, w, h] = ["gradient.png", "image/png", 320, 240];
  const png = await makePng(w, h);
  const options = { mimeType: mimetype, filename: fileName };
  const uri = await alice.does("uploads a picture", (client) => client.uploadMedia(png, options), String);
  const image = { fileName, info: { mimetype, w, h, size: png.length } };
  const sent = await alice.does("sends it to the room", (client) => client.sendImage(room, uri, image));
  await bob.receives(sent, ({ body }) => body);
  const size = (bytes: Uint8Array) => `${bytes.length} bytes`;
  const bytes = await bob.does("downloads it", (client) => client.downloadMedia(uri), size);
  expect(bytes.length === png.length && bytes.every((byte, i) => byte === png[i]), "The picture");
  const small = { width: 32, height: 32 };
  await bob.does("downloads its thumbnail", (client) => client.downloadThumbnail(uri, small), size);
}

async function sendMany(alice: Person, bob: Person, room: RoomID): Promise<void> {
  const sent: string[] = [];
  const before = waits;
  await alice.does(`sends ${MESSAGES} messages in a row`, async (client) => {
    while (sent.length < MESSAGES) sent.push(await client.sendText(room, `Message ${sent.length + 1}`));
  }, () => `waited ${waits - before} times for the rate limit`);
  await bob.does("receives each of them once, in order", async () => {
    await bob.find(({ event_id }) => event_id === sent.at(-1));
    const received = bob.events.filter(({ content }) => String(content.body).startsWith("Message "));
    expect(received.map(({ event_id }) => event_id).join() === sent.join(), "The order of the messages");
  });
}

type Part = (alice: Person, bob: Person, room: RoomID) => Promise<void>;

/** Runs parts of the demo with two users in a room. */
async function withPeople(url: string, ...parts: Part[]): Promise<void> {
  const show = ({ client }: Person) => client.mxid!;
  const alice = await step("Alice", "signs in", () => signIn("Alice", url, ""), show);
  const bob = await step("Bob", "signs in", () => signIn("Bob", url, "_2"), show);
  await Promise.all([alice.poll(0), bob.poll(0)]);
  const room = await meet(alice, bob);
  for (const part of parts) await part(alice, bob, room);
  if (!own) await Promise.all([alice.client.logout(), bob.client.logout()]);
}

async function withSynapse(strict: boolean, ...parts: Part[]): Promise<void> {
  const what = strict ? "starts with strict rate limits" : "starts";
  const { url, stop } = await step(
    "Synapse",
    what,
    () => startHomeserver({ strict, log: print }),
    ({ url }) => url,
  );
  await withPeople(url, ...parts);
  await stop();
}

const start = performance.now();
try {
  if (own) {
    await withPeople(own, talk, share, sendMany);
  } else {
    await withSynapse(false, talk, share);
    await withSynapse(true, sendMany);
    if (waits === 0) throw new Error("The strict homeserver did not limit any request");
  }
} catch (error) {
  console.error(`\nFailed: ${error instanceof HomeserverUnavailable ? error.message : Deno.inspect(error)}`);
  Deno.exit(1);
}
const seconds = ((performance.now() - start) / 1000).toFixed(1);
print(`\nDone: ${countSteps()} steps in ${seconds} s. Everything arrived.`);
const picture = Deno.args.find((arg) => arg.startsWith("--svg="))?.slice("--svg=".length);
if (picture) await Deno.writeTextFile(picture, drawTerminal("deno task demo", lines));
