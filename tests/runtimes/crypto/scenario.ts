/** The requirements of encrypted rooms on every runtime, item by item. The same program runs on Deno, Bun and Node. */
import type { CompareEmoji, OlmSdk } from "@mtx/client/crypto";
import {
  type ContentURI,
  type EventID,
  isRoomMessage,
  type JsonObject,
  type SyncResponse,
} from "@mtx/client/types";
import { type Device, equal, passwordOf, timelineOf, World } from "./world.ts";

type Item = (world: World, alice: Device, bob: Device) => Promise<void>;

const bodies = (events: readonly unknown[]) =>
  (events as { content: { body?: unknown } }[]).map(({ content: { body } }) => body).filter((body) => body);

/** The items by name. Each has rooms of its own; Alice and Bob sync only if an item says so. */
const ITEMS: Record<string, Item> = {
  "a message that is sent before the initial sync of its sender": async (world, _, bob) => {
    const carol = await world.open(await world.register("carol"));
    const roomId = await world.room(bob.user, carol.user);
    await bob.client.runOnce();
    await carol.client.sendText(roomId, "sent first");
    await bob.client.runOnce();
    equal(bob.texts, ["sent first"], "messages");
  },

  "only ciphertext on the homeserver": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    const root = await alice.client.sendText(roomId, "root");
    const relatesTo = { event_id: root, rel_type: "m.thread" } as const;
    const eventId = await alice.client.sendText(roomId, "secret tea", { relatesTo });
    await alice.client.sendMessageEvent(roomId, "com.example.order", { sort: "oolong" });
    const [order, text] = await world.events(alice.user, roomId);
    for (const event of [order!, text!]) equal(event.type, "m.room.encrypted", "type");
    if (/tea|oolong|com\.example/.test(JSON.stringify([order, text]))) throw new Error("content is readable");
    const { "m.relates_to": relation, ...content } = text!.content as JsonObject;
    equal(relation, relatesTo, "relation");
    equal(Object.keys(content).sort(), [
      "algorithm",
      "ciphertext",
      "device_id",
      "sender_key",
      "session_id",
    ], "fields of the content");
    equal(text!.event_id, eventId, "event ID");
    await bob.client.runOnce();
    equal(bob.texts, ["root", "secret tea"], "messages");
  },

  "getMessages(), getEvent() and getRelations() return decrypted events": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    const first = await alice.client.sendText(roomId, "one");
    await alice.client.sendText(roomId, "two", { relatesTo: { rel_type: "m.thread", event_id: first } });
    await bob.client.runOnce();
    bob.texts.length = 0;
    const { chunk } = await bob.client.getMessages(roomId, "b", { limit: 2 });
    equal(bodies(chunk), ["two", "one"], "getMessages()");
    equal(bodies([await bob.client.getEvent(roomId, first)]), ["one"], "getEvent()");
    const { chunk: replies } = await bob.client.getRelations(roomId, first, { relType: "m.thread" });
    equal(bodies(replies), ["two"], "getRelations()");
    equal(bob.crypto.encryptionOf(chunk[0]!)?.device, alice.user.deviceId, "device");
  },

  "a new device gets the next message and not the old ones": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    const old = await alice.client.sendText(roomId, "old");
    const device = await world.open(await world.login(bob.user));
    await device.client.runOnce();
    await alice.client.runOnce();
    await alice.client.sendText(roomId, "next");
    await device.client.runOnce();
    equal(device.texts, ["next"], "messages");
    equal((await device.client.getEvent(roomId, old)).type, "m.room.encrypted", "type of the old message");
    await bob.client.runOnce();
    equal(bob.texts, ["old", "next"], "messages of the old device");
  },

  "late keys deliver the messages that waited for them, in order": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    await bob.client.runOnce();
    await alice.client.sendText(roomId, "early 1");
    await alice.client.sendText(roomId, "early 2");
    const held: unknown[] = [];
    bob.tamper = (response) => held.push(...(response.to_device?.events ?? []).splice(0));
    await bob.client.runOnce();
    equal(bob.texts, [], "messages without keys");
    equal(bob.undecryptable.map(({ reason }) => reason), ["missingKey", "missingKey"], "reasons");
    bob.tamper = (response) => void (response.to_device = { events: held } as SyncResponse["to_device"]);
    await alice.client.sendText(roomId, "later");
    await bob.client.runOnce();
    bob.tamper = undefined;
    equal(bob.texts, ["early 1", "early 2", "later"], "messages");
  },

  "a member who has left has no key": async (world, alice, bob) => {
    const carol = await world.open(await world.register("carol"));
    const roomId = await world.room(alice.user, bob.user, carol.user);
    await carol.client.runOnce();
    await alice.client.runOnce();
    await alice.client.sendText(roomId, "for all");
    await carol.client.runOnce();
    equal(carol.texts, ["for all"], "messages of the member");
    await world.ask(
      carol.user.token,
      "POST",
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`,
      {},
    );
    await alice.client.runOnce();
    await alice.client.sendText(roomId, "for two");
    await carol.client.runOnce();
    await bob.client.runOnce();
    equal(bob.texts, ["for all", "for two"], "messages");
    const [after, , before] = await world.events(alice.user, roomId);
    const decrypted = await carol.crypto.decrypt(roomId, [before!, after!]);
    equal(
      decrypted.map(({ type }) => type),
      ["m.room.message", "m.room.encrypted"],
      "types for who has left",
    );
  },

  "a replayed message is refused": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    await bob.client.runOnce();
    await alice.client.sendText(roomId, "pay once");
    bob.tamper = (response) => {
      const events = timelineOf(response, roomId);
      const sent = events.find(({ type }) => type === "m.room.encrypted")!;
      events.push({ ...sent, event_id: "$copy" });
    };
    await bob.client.runOnce();
    bob.tamper = undefined;
    equal(bob.texts, ["pay once"], "messages");
    equal(bob.undecryptable, [{ eventId: "$copy" as EventID, reason: "replayed" }], "refused");
  },

  "a forged sender is refused": async (world, alice, bob) => {
    const mallory = await world.open(await world.register("mallory"));
    const roomId = await world.room(alice.user, bob.user, mallory.user);
    await bob.client.runOnce();
    await mallory.client.sendText(roomId, "obey");
    bob.tamper = (response) => {
      for (const event of timelineOf(response, roomId)) {
        if (event.type === "m.room.encrypted") event.sender = alice.user.userId;
      }
    };
    await bob.client.runOnce();
    bob.tamper = undefined;
    equal(bob.texts, [], "messages");
    equal(bob.undecryptable.map(({ reason }) => reason), ["forgedSender"], "reasons");
  },

  "a restart keeps the device key and the keys of rooms": async (world, alice, bob) => {
    const carol = await world.open(await world.register("carol"));
    const roomId = await world.room(alice.user, bob.user, carol.user);
    await carol.client.runOnce();
    await alice.client.runOnce();
    const eventId = await alice.client.sendText(roomId, "before");
    await carol.client.runOnce();
    const keys = await world.deviceKeys(carol.user);
    equal(Object.keys(keys).length, 2, "number of device keys");
    await world.close(carol);
    const restarted = await world.open(carol.user, { keys: carol.keys, position: carol.position });
    equal(bodies([await restarted.client.getEvent(roomId, eventId)]), ["before"], "old message");
    await restarted.client.runOnce();
    await alice.client.sendText(roomId, "after");
    await restarted.client.runOnce();
    equal(restarted.texts, ["after"], "messages");
    equal(await world.deviceKeys(carol.user), keys, "device keys");
    await bob.client.runOnce();
    equal(bob.texts, ["before", "after"], "messages of another device");
  },

  "cross-signed devices are trusted, and others are not": async (world, _, bob) => {
    const [signed, reader] = [
      await world.open(await world.register("carol")),
      await world.open(await world.login(bob.user), { trust: "crossSigned" }),
    ];
    await signed.crypto.bootstrapCrossSigning({ auth: passwordOf(signed.user) });
    const unsigned = await world.open(await world.login(signed.user));
    const roomId = await world.room(signed.user, bob.user);
    await reader.client.runOnce();
    await unsigned.client.sendText(roomId, "from any device");
    await signed.client.sendText(roomId, "from a signed device");
    await reader.client.runOnce();
    equal(reader.texts, ["from a signed device"], "messages");
    equal(reader.undecryptable.map(({ reason }) => reason), ["untrusted"], "reasons");
    await bob.client.runOnce();
    equal(bob.texts, ["from any device", "from a signed device"], 'messages with trust: "any"');
  },

  "two users verify each other with emoji": async (world) => {
    const shown: Record<"one" | "two", string[]> = { one: [], two: [] };
    const compare = (side: "one" | "two"): CompareEmoji => (emoji) => {
      shown[side] = emoji.map(({ symbol }) => symbol);
      return true;
    };
    const one = await world.open(await world.register("carol"));
    const two = await world.open(await world.register("dave"), {
      acceptVerificationFrom: [one.user.userId],
      onVerification: compare("two"),
    });
    await world.room(one.user, two.user);
    for (const { crypto, user } of [one, two]) {
      await crypto.bootstrapCrossSigning({ auth: passwordOf(user) });
    }
    const stop = new AbortController();
    const running = [one, two].map(({ client }) => client.run({ signal: stop.signal }));
    try {
      await one.crypto.verify(two.user.userId, { onEmoji: compare("one"), timeout: 30_000 });
    } finally {
      stop.abort();
      await Promise.allSettled(running);
    }
    equal(shown.one.length, 7, "number of emoji");
    equal(shown.one, shown.two, "emoji");
  },

  "a backup is made, is trusted, and restores the keys of another device": async (world, _, bob) => {
    const device = await world.open(await world.register("carol"));
    await device.crypto.bootstrapCrossSigning({ auth: passwordOf(device.user) });
    const roomId = await world.room(device.user, bob.user);
    await device.client.runOnce();
    const eventId = await device.client.sendText(roomId, "kept in the backup");
    const { version, recoveryKey } = await device.crypto.backup.enable();
    await device.client.runOnce();
    const { count, auth_data } = await device.client.getKeyBackup(version);
    equal(count, 1, "keys in the backup");
    const { [device.user.userId]: signatures } = auth_data.signatures as Record<string, object>;
    equal(Object.keys(signatures!).length, 2, "signatures of the backup: device and master key");

    const other = await world.open(await world.login(device.user));
    await other.client.runOnce();
    equal((await other.client.getEvent(roomId, eventId)).type, "m.room.encrypted", "type before");
    equal(await other.crypto.backup.restore(recoveryKey), { imported: 1, total: 1, failed: 0 }, "restored");
    equal(bodies([await other.client.getEvent(roomId, eventId)]), ["kept in the backup"], "message after");
  },

  "a picture goes across encrypted": async (world, alice, bob) => {
    const roomId = await world.room(alice.user, bob.user);
    await bob.client.runOnce();
    const picture = new Uint8Array(300_000).map((_, i) => i * 7 + (i >> 8));
    await alice.client.sendImage(roomId, new File([picture], "cat.png", { type: "image/png" }), {
      info: { w: 8, h: 8 },
    });
    let received: Uint8Array | undefined;
    let url: ContentURI | undefined;
    const remove = bob.client.on("m.room.message", async (event) => {
      if (!isRoomMessage(event, "m.image")) return;
      url = event.content.file!.url;
      received = await bob.client.downloadMedia(event.content.file!);
    });
    await bob.client.runOnce();
    remove();
    equal(bob.texts, ["cat.png"], "messages");
    equal(received?.length, picture.length, "size");
    if (!received!.every((byte, i) => byte === picture[i])) throw new Error("the picture has changed");
    const stored = await bob.client.downloadMedia(url!);
    equal(stored.length, picture.length, "size on the homeserver");
    if (stored.every((byte, i) => byte === picture[i])) throw new Error("the homeserver has the picture");
    if (JSON.stringify(await world.events(alice.user, roomId)).includes("cat.png")) {
      throw new Error("the homeserver has the name of the picture");
    }
  },
};

/**
 * Runs all items.
 *
 * @param sdk The crypto engine.
 * @param baseUrl The homeserver.
 * @param report Called with each item, and with the error of those that failed.
 */
export async function scenario(
  sdk: OlmSdk,
  baseUrl: string,
  report: (item: string, error?: unknown) => void,
): Promise<void> {
  let world: World | undefined;
  let alice: Device, bob: Device;
  for (const [name, item] of Object.entries(ITEMS)) {
    try {
      if (world === undefined) {
        world = new World(sdk, baseUrl);
        alice = await world.open(await world.register("alice"));
        bob = await world.open(await world.register("bob"));
      }
      for (const { client, texts, undecryptable } of [alice!, bob!]) {
        // Messages of other items would be among those of the next one.
        await client.runOnce();
        texts.length = undecryptable.length = 0;
      }
      await item(world, alice!, bob!);
      report(name);
    } catch (error) {
      report(name, error);
      // The devices may be in any state.
      await world?.closeAll();
      world = undefined;
    }
  }
  await world?.closeAll();
}
