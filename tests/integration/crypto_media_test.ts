/** Files that are sent to plain and to encrypted rooms of a real homeserver. */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18";
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { type CryptoDriver, decryptAttachment, MemoryStringStore, openOlm } from "../../client/crypto/mod.ts";
import { Client, type FileContent } from "../../client/mod.ts";
import { DecryptionError, FileTooLargeError, parseMxcUri, silentLog } from "../../http/mod.ts";
import type { EncryptedFile, EventID, MediaMessageEventContent, RoomID } from "../../types/mod.ts";
import { makePng } from "../support/png.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "./support.ts";

interface Device {
  readonly user: TestUser;
  readonly client: Client;
  readonly crypto: CryptoDriver;
}

async function newDevice(): Promise<Device> {
  const user = await newTestUser();
  const crypto = await openOlm(sdk, {
    userId: user.userId,
    deviceId: user.client.deviceId,
    key: new Uint8Array(32),
    store: new MemoryStringStore(),
  });
  const client = new Client({
    baseUrl: user.baseUrl,
    token: user.token,
    log: silentLog,
    crypto,
    trust: "any",
  });
  await client.runOnce();
  return { user, client, crypto };
}

/** Gets the content of a message as another device decrypts it. */
async function receive(by: Device, roomId: RoomID, eventId: EventID): Promise<MediaMessageEventContent> {
  await by.client.runOnce();
  return (await by.client.getEvent(roomId, eventId)).content as unknown as MediaMessageEventContent;
}

/** Downloads what the homeserver has, with a plain request. */
async function stored({ user }: Device, file: EncryptedFile): Promise<Response> {
  const [server, id] = parseMxcUri(file.url);
  return await fetch(`${user.baseUrl}/_matrix/client/v1/media/download/${server}/${id}`, {
    headers: { authorization: `Bearer ${user.token}` },
  });
}

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) % 251);
}

online("Client.sendFile() and sendImage() encrypt content in an encrypted room, of every kind", async () => {
  const [alice, bob] = [await newDevice(), await newDevice()];
  const roomId = await newRoom(alice.user, bob.user);
  await ask(
    alice.user,
    "PUT",
    `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.encryption/`,
    { algorithm: "m.megolm.v1.aes-sha2" },
  );
  const content = bytes(600_001);
  const kinds: [string, FileContent, size?: number][] = [
    ["Uint8Array", content],
    ["Blob", new Blob([content])],
    ["stream of known size", new Blob([content]).stream(), content.length],
    ["stream of unknown size", new Blob([content]).stream()],
    ["function", () => new Blob([content]).stream(), content.length],
  ];
  for (const [kind, data, size] of kinds) {
    const eventId = await alice.client.sendFile(roomId, data, { fileName: "secret.bin", size });
    const { url, file, body, info } = await receive(bob, roomId, eventId);
    assertEquals([url, body, info], [undefined, "secret.bin", { size: content.length }], kind);
    assertEquals(await bob.client.downloadMedia(file!), content, kind);
    const response = await stored(bob, file!);
    assertEquals(response.headers.get("content-type"), "application/octet-stream");
    assert(!/secret/.test(response.headers.get("content-disposition") ?? ""));
    const encrypted = new Uint8Array(await response.arrayBuffer());
    assertEquals(encrypted.length, content.length);
    assertNotEquals(encrypted, content);
    for (const verify of ["end", "before"] as const) {
      const { body } = await bob.client.streamMedia(file!, { verify });
      assertEquals(new Uint8Array(await new Response(body).arrayBuffer()), content);
    }
    // Without a client that decrypts.
    assertEquals(await bob.user.client.downloadMedia(file!, { decrypt: decryptAttachment }), content);
    await assertRejects(() => bob.user.client.downloadMedia(file!), TypeError, "decryptAttachment");
  }

  const png = new File([await makePng(20, 10)], "teapot.png", { type: "image/png" });
  const sent = await alice.client.sendImage(roomId, png, { info: { w: 20, h: 10 }, caption: "Tea" });
  const image = await receive(bob, roomId, sent);
  assertEquals([image.msgtype, image.body, image.filename], ["m.image", "Tea", "teapot.png"]);
  assertEquals(image.info, { mimetype: "image/png", size: png.size, w: 20, h: 10 });
  const events = JSON.stringify(await ask(alice.user, "GET", messagesPath(roomId)));
  assert(!/teapot|secret\.bin|image\/png|mxc:/.test(events), events);

  const changed = { ...image.file!, hashes: { sha256: btoa("x".repeat(32)).replace(/=+$/, "") } };
  await assertRejects(() => bob.client.downloadMedia(changed), DecryptionError, "hash");
  await assertRejects(() => bob.client.downloadMedia(image.file!, { maxSize: 10 }), FileTooLargeError);

  // An uploaded file stays as it is. Only the message is encrypted.
  const url = await alice.client.uploadMedia("public");
  const plain = await receive(bob, roomId, await alice.client.sendFile(roomId, url));
  assertEquals([plain.url, plain.file], [url, undefined]);
  assertEquals(new TextDecoder().decode(await bob.client.downloadMedia(plain.url!)), "public");
  for (const { crypto } of [alice, bob]) await crypto.close();
});

function messagesPath(roomId: RoomID): string {
  return `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=100`;
}

online("ClientAPI.sendFile() uploads content to a plain room, also of a client that encrypts", async () => {
  const alice = await newDevice();
  const roomId = await newRoom(alice.user);
  for (const client of [alice.client, alice.user.client]) {
    const file = new File([bytes(1000)], "notes.bin", { type: "application/pdf" });
    const eventId = await client.sendFile(roomId, file);
    const { content } = await ask<{ content: MediaMessageEventContent }>(
      alice.user,
      "GET",
      `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/event/${encodeURIComponent(eventId)}`,
    );
    const { url, ...rest } = content;
    assertEquals(rest, {
      msgtype: "m.file",
      body: "notes.bin",
      info: { mimetype: "application/pdf", size: 1000 },
    });
    const { contentType, fileName, body } = await client.streamMedia(url!);
    assertEquals([contentType, fileName], ["application/pdf", "notes.bin"]);
    assertEquals(new Uint8Array(await new Response(body).arrayBuffer()), bytes(1000));
  }
  await alice.crypto.close();
});
