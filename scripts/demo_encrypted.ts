/**
 * Shows two users who talk in an encrypted room of a Synapse that is started for the demo. Bob is stopped in the middle and
 * started again with the keys in his file. Prints what the homeserver saw, and fails unless everything arrives and the
 * homeserver saw none of it.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18";
import { JournalStringStore } from "../examples/journal_string_store.ts";
import { type CryptoDriver, openOlm } from "../client/crypto/mod.ts";
import { Client, isRoomMessage, MemorySyncStore, type RoomID, type UserID } from "../mod.ts";
import type { EncryptedFile, ImageMessageEventContent } from "../types/mod.ts";
import { makePng } from "../tests/support/png.ts";
import {
  type Homeserver,
  HomeserverUnavailable,
  type RegisteredUser,
  startHomeserver,
} from "./homeserver.ts";
import { countSteps, print, step } from "./steps.ts";

const TIMEOUT = 30_000;

interface Message {
  sender: string;
  body: string;
  content: object;
  /** Whether it was encrypted by a device that its owner has signed. */
  verified: boolean;
}

/** A user with one device, whose keys are in a file. */
class Person {
  readonly messages: Message[] = [];
  readonly #position = new MemorySyncStore();
  #client: Client | undefined;
  #crypto: CryptoDriver | undefined;
  #keys: JournalStringStore | undefined;

  constructor(
    readonly name: string,
    readonly url: string,
    readonly user: RegisteredUser,
    readonly folder: string,
    readonly key = crypto.getRandomValues(new Uint8Array(32)),
  ) {}

  /** The client of the running program. */
  get client(): Client {
    return this.#client!;
  }

  /** Starts the program of the user: opens the keys and syncs. */
  async start(): Promise<void> {
    this.#keys = new JournalStringStore(`${this.folder}/${this.name}`);
    this.#crypto = await openOlm(sdk, {
      userId: this.user.userId as UserID,
      deviceId: this.user.deviceId,
      key: this.key,
      store: this.#keys,
    });
    this.#client = new Client({
      baseUrl: this.url,
      token: this.user.token,
      crypto: this.#crypto,
      store: this.#position,
      onUndecryptable: (_event, { reason }) => print(`     Cannot decrypt: ${reason}`),
    });
    this.client.on("m.room.message", (event, { encryption }) => {
      if (!isRoomMessage(event)) return;
      const { sender, content } = event;
      const verified = encryption?.verified ?? false;
      this.messages.push({ sender, body: `${content.body}`, content, verified });
    });
    await this.#crypto.bootstrapCrossSigning();
    await this.client.runOnce();
    this.client.start();
  }

  /** Stops the program. Keys and position stay. */
  async stop(): Promise<void> {
    await this.client.stop();
    await this.#crypto?.close();
    await this.#keys?.close();
  }

  does<T>(what: string, run: (client: Client) => Promise<T>, show?: (result: T) => string): Promise<T> {
    return step(this.name, what, () => run(this.client), show);
  }

  /** Waits for a message with a body. */
  async receives(body: string, what = "receives"): Promise<Message> {
    const show = ({ verified }: Message) => `${body}${verified ? " (verified device)" : ""}`;
    return await step(this.name, what, async () => {
      for (const end = Date.now() + TIMEOUT; Date.now() < end;) {
        const message = this.messages.find((message) => message.body === body);
        if (message !== undefined) return message;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`“${body}” did not arrive within ${TIMEOUT / 1000} s`);
    }, show);
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Unexpected: ${what}`);
}

/** Creates a person whose program runs. */
async function begin(name: string, homeserver: Homeserver, folder: string): Promise<Person> {
  const user = await homeserver.registerUser();
  const person = new Person(name, homeserver.url, user, folder);
  await step(name, "signs in, creates keys and signs the device", () => person.start(), () => user.userId);
  return person;
}

async function talk(alice: Person, bob: Person): Promise<RoomID> {
  const room = await alice.does("creates an encrypted room and invites Bob", (client) =>
    client.createRoom({
      name: "Secret",
      invitees: [bob.client.mxid!],
      initialState: [{
        type: "m.room.encryption",
        state_key: "",
        content: { algorithm: "m.megolm.v1.aes-sha2" },
      }],
    }), String);
  await bob.does("joins the room", (client) => client.joinRoom(room));
  await alice.does("sends “Tea at five?”", (client) => client.sendText(room, "Tea at five?"));
  await bob.receives("Tea at five?");
  await bob.does("replies “With milk”", (client) => client.sendText(room, "With milk"));
  await alice.receives("With milk");

  await step("Bob", "is stopped", () => bob.stop());
  await alice.does("sends “Are you there?”", (client) => client.sendText(room, "Are you there?"));
  await step("Bob", "is started again with the keys in his file", () => bob.start());
  await bob.receives("Are you there?", "receives what was sent meanwhile");
  return room;
}

/** Sends a picture. Returns the description of the encrypted file, and the picture. */
async function share(alice: Person, bob: Person, room: RoomID): Promise<[EncryptedFile, Uint8Array]> {
  const png = await makePng(320, 240);
  const picture = new File([png], "teapot.png", { type: "image/png" });
  await alice.does(
    "sends a picture",
    (client) => client.sendImage(room, picture),
    () => `${png.length} bytes`,
  );
  const { content } = await bob.receives("teapot.png");
  const { file } = content as ImageMessageEventContent;
  expect(file !== undefined, "a picture that is not encrypted");
  const bytes = await bob.does(
    "downloads and decrypts it",
    (client) => client.downloadMedia(file!, { maxSize: 1e6 }),
    ({ length }) => `${length} bytes`,
  );
  expect(bytes.length === png.length && bytes.every((byte, i) => byte === png[i]), "another picture");
  return [file!, png];
}

/** Prints the messages of the room and the picture as the homeserver has them. */
async function look(alice: Person, room: RoomID, { url }: EncryptedFile, picture: Uint8Array): Promise<void> {
  const read = async (path: string) =>
    await fetch(alice.url + path, { headers: { authorization: `Bearer ${alice.user.token}` } });
  print("\nWhat the homeserver saw:");
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?dir=f&limit=100`;
  const { chunk } = await (await read(path)).json();
  for (const { type, sender, content } of chunk) {
    if (!/^m\.room\.(encrypted|message)$/.test(type)) continue;
    print(`     ${sender}  ${type}  ${String(content.ciphertext).slice(0, 40)}…`);
  }
  const media = await read(`/_matrix/client/v1/media/download/${url.slice("mxc://".length)}`);
  const bytes = new Uint8Array(await media.arrayBuffer());
  const hex = (bytes: Uint8Array) => bytes.subarray(0, 12).toHex();
  print(`     ${bytes.length} bytes of ${media.headers.get("content-type")}: ${hex(bytes)}…`);
  print(`     (the picture begins with ${hex(picture)})`);
  const text = JSON.stringify(chunk);
  for (const secret of ["Tea", "milk", "there?", "teapot", "image/png", url]) {
    expect(!text.includes(secret), `the homeserver saw “${secret}”`);
  }
  expect(bytes.length === picture.length && hex(bytes) !== hex(picture), "a picture that is not encrypted");
}

const start = performance.now();
const folder = await Deno.makeTempDir();
try {
  const homeserver = await step("Synapse", "starts", () => startHomeserver({ log: print }), ({ url }) => url);
  const alice = await begin("Alice", homeserver, folder);
  const bob = await begin("Bob", homeserver, folder);
  const room = await talk(alice, bob);
  const [file, picture] = await share(alice, bob, room);
  await look(alice, room, file, picture);
  await Promise.all([alice.stop(), bob.stop()]);
  await homeserver.stop();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(
    `\nDone: ${countSteps()} steps in ${seconds} s. Everything arrived, and the homeserver could not read it.`,
  );
} catch (error) {
  console.error(`\nFailed: ${error instanceof HomeserverUnavailable ? error.message : Deno.inspect(error)}`);
  Deno.exitCode = 1;
} finally {
  await Deno.remove(folder, { recursive: true });
}
// After a failure, syncs and the homeserver may still run.
Deno.exit();
