/**
 * Encrypted rooms in which one side uses matrix-js-sdk, which drives the same engine in another way.
 * `deno task test:crypto` runs this file.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import * as js from "npm:matrix-js-sdk@43.0.0";
import {
  type CryptoApi,
  CryptoEvent,
  VerificationPhase,
  type Verifier,
} from "npm:matrix-js-sdk@43.0.0/lib/crypto-api/index.js";
import { assert, assertEquals } from "@std/assert";
import { type CompareEmoji, decryptAttachment, encryptAttachment } from "@mtx/client/crypto";
import type {
  EncryptedFile,
  EventID,
  JsonObject,
  MessageEventContent,
  RoomID,
  UserID,
} from "@mtx/client/types";
import { homeserver } from "../../integration/support.ts";
import { type Device, passwordOf, type User, World } from "./world.ts";

const WAIT = 20_000;
const nothing = () => {};
const SILENT = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  getChild: () => SILENT,
};

/** A device of matrix-js-sdk that is syncing. */
class JsDevice {
  readonly client: js.MatrixClient;

  private constructor(client: js.MatrixClient) {
    this.client = client;
  }

  static async start({ baseUrl }: World, { userId, token, deviceId }: User): Promise<JsDevice> {
    const client = js.createClient({ baseUrl, userId, accessToken: token, deviceId, logger: SILENT });
    await client.initRustCrypto({ useIndexedDB: false });
    await client.startClient({ initialSyncLimit: 20 });
    const device = new JsDevice(client);
    await until("matrix-js-sdk syncs", () => client.getSyncState() === js.SyncState.Syncing);
    return device;
  }

  /** Returns an event once it is decrypted. */
  async event(roomId: RoomID, eventId: EventID): Promise<js.MatrixEvent> {
    return await until(`matrix-js-sdk decrypts ${eventId}`, () => {
      const event = this.client.getRoom(roomId)?.findEventById(eventId);
      return event !== undefined && event.getType() !== "m.room.encrypted" ? event : undefined;
    });
  }

  async send(roomId: RoomID, content: object): Promise<EventID> {
    return (await this.client.sendMessage(roomId, content as never)).event_id as EventID;
  }

  get crypto(): CryptoApi {
    return this.client.getCrypto()!;
  }

  stop(): void {
    this.client.stopClient();
  }
}

async function until<T>(what: string, find: () => T | undefined | false): Promise<T> {
  for (const end = Date.now() + WAIT; Date.now() < end;) {
    const found = find();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Timed out: ${what}`);
}

/** Registers a test with matrix-js-sdk, whose timers outlive its clients. */
function interoperation(name: string, fn: (baseUrl: string) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const baseUrl = homeserver();
      if (baseUrl) await fn(baseUrl);
    },
  });
}

interoperation(
  "Client and matrix-js-sdk exchange encrypted texts, edits, replies and files",
  async (baseUrl) => {
    const world = new World(sdk, baseUrl);
    const ours = await world.open(await world.register("ours"));
    const user = await world.register("theirs");
    const roomId = await world.room(ours.user, user);
    await ours.client.runOnce();
    const theirs = await JsDevice.start(world, user);
    try {
      const { client } = ours;
      const first = await client.sendText(roomId, "from us");
      assertEquals((await theirs.event(roomId, first)).getContent().body, "from us");
      assertEquals((await theirs.event(roomId, first)).isEncrypted(), true);

      const reply = await theirs.send(roomId, {
        msgtype: "m.text",
        body: "from them",
        "m.relates_to": { "m.in_reply_to": { event_id: first } },
      });
      const edit = await theirs.send(roomId, {
        msgtype: "m.text",
        body: "* edited by them",
        "m.new_content": { msgtype: "m.text", body: "edited by them" },
        "m.relates_to": { rel_type: "m.replace", event_id: reply },
      });
      const received: JsonObject[] = [];
      client.on("m.room.message", (event) => void received.push(event as unknown as JsonObject));
      await client.runOnce();
      assertEquals(ours.texts, ["from them", "* edited by them"]);
      const [got, edited] = received.map(({ content }) => content as unknown as MessageEventContent);
      assertEquals(got!["m.relates_to"], { "m.in_reply_to": { event_id: first } });
      assertEquals(edited!["m.relates_to"], { rel_type: "m.replace", event_id: reply });
      assertEquals((edited as unknown as JsonObject)["m.new_content"], {
        msgtype: "m.text",
        body: "edited by them",
      });
      assertEquals(received[1]!.event_id, edit);

      const ourEdit = await client.sendText(roomId, "edited by us", {
        relatesTo: { rel_type: "m.replace", event_id: first },
      });
      const ourReply = await client.sendText(roomId, "a reply of ours", {
        relatesTo: { "m.in_reply_to": { event_id: reply } },
      });
      assertEquals((await theirs.event(roomId, ourReply)).replyEventId, reply);
      const seen = await theirs.event(roomId, ourEdit);
      assertEquals([seen.isRelation("m.replace"), seen.getContent().body], [true, "* edited by us"]);
      // Relations are outside of the ciphertext, so that the homeserver can count them.
      for (const { type, content } of (await world.events(user, roomId)).slice(0, 5)) {
        assertEquals(type, "m.room.encrypted");
        assert(!JSON.stringify(content).includes("edited"));
      }

      const bytes = crypto.getRandomValues(new Uint8Array(50_000));
      const file = await client.sendFile(roomId, new File([bytes], "data.bin"));
      const content = (await theirs.event(roomId, file)).getContent<{ file: EncryptedFile }>();
      const url = theirs.client.mxcUrlToHttp(
        content.file.url,
        undefined,
        undefined,
        undefined,
        false,
        true,
        true,
      );
      const response = await fetch(url!, { headers: { authorization: `Bearer ${user.token}` } });
      const stream = response.body!.pipeThrough(decryptAttachment(content.file));
      assertEquals(await new Response(stream).bytes(), bytes);

      const encryption = encryptAttachment();
      const encrypted = await new Response(new Blob([bytes]).stream().pipeThrough(encryption)).blob();
      const { content_uri } = await theirs.client.uploadContent(encrypted, { includeFilename: false });
      await theirs.send(roomId, {
        msgtype: "m.file",
        body: "back.bin",
        file: { ...await encryption.file, url: content_uri },
      });
      received.length = 0;
      await client.runOnce();
      const back = received.at(-1)!.content as unknown as { file: EncryptedFile };
      assertEquals(await client.downloadMedia(back.file), bytes);
      assertEquals(ours.undecryptable, []);
    } finally {
      theirs.stop();
      await world.closeAll();
    }
  },
);

/** Two users with cross-signing keys, one of ours that is running and one of matrix-js-sdk. */
async function verification(
  baseUrl: string,
  test: (
    ours: Device & { onEmoji: CompareEmoji },
    theirs: JsDevice,
    compare: (verifier: Verifier) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const world = new World(sdk, baseUrl);
  const user = await world.register("theirs");
  const shown: Record<"ours" | "theirs", string[]> = { ours: [], theirs: [] };
  const onEmoji: CompareEmoji = (emoji) => {
    shown.ours = emoji.map(({ symbol }) => symbol);
    return true;
  };
  const ours = await world.open(await world.register("ours"), {
    acceptVerificationFrom: [user.userId],
    onVerification: onEmoji,
  });
  await world.room(ours.user, user);
  await ours.crypto.bootstrapCrossSigning({ auth: passwordOf(ours.user) });
  const theirs = await JsDevice.start(world, user);
  await theirs.crypto.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: (makeRequest) => makeRequest(passwordOf(user)),
  });
  const stop = new AbortController();
  const running = ours.client.run({ signal: stop.signal });
  try {
    await test({ ...ours, onEmoji }, theirs, async (verifier) => {
      let isDone = false;
      verifier.verify().then(() => isDone = true, () => {});
      // The event may have been emitted already.
      const { sas, confirm } = await until(
        "emoji are there",
        () => verifier.getShowSasCallbacks() ?? undefined,
      );
      shown.theirs = sas.emoji!.map(([symbol]) => symbol);
      await confirm();
      await until("they are done", () => isDone);
    });
    assertEquals([shown.ours.length, shown.ours], [7, shown.theirs]);
  } finally {
    stop.abort();
    await running;
    theirs.stop();
    await world.closeAll();
  }
}

interoperation("acceptVerificationFrom accepts a verification of matrix-js-sdk", async (baseUrl) => {
  await verification(baseUrl, async ({ user: { userId, deviceId } }, theirs, compare) => {
    const request = await theirs.crypto.requestDeviceVerification(userId, deviceId);
    await until("we accept the request", () => request.phase === VerificationPhase.Ready);
    await compare(await request.startVerification("m.sas.v1"));
    await until("both sides are done", () => request.phase === VerificationPhase.Done);
  });
});

interoperation("verify() verifies a user of matrix-js-sdk", async (baseUrl) => {
  await verification(baseUrl, async (ours, theirs, compare) => {
    let compared: Promise<void> | undefined;
    theirs.client.on(CryptoEvent.VerificationRequestReceived, async (request) => {
      await request.accept();
      compared = compare(await until("we start", () => request.verifier));
    });
    await ours.crypto.verify(theirs.client.getUserId() as UserID, {
      onEmoji: ours.onEmoji,
      timeout: WAIT,
    });
    await compared;
  });
});
