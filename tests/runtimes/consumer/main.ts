/**
 * A program as a user would write it: signs in, sends, uploads a stream, downloads it, syncs. Wants MATRIX_HOMESERVER,
 * MATRIX_USER and MATRIX_PASSWORD, and says what it has done, a line each.
 */
import process from "node:process";
import { ClientAPI, MatrixRequestError, MNotFound } from "@mtx/client";
import { HTTPAPI, path } from "@mtx/client/http";
import { isRoomMessage, type RoomID, type SyncResponse } from "@mtx/client/types";

const SIZE = 5 * 1024 * 1024 + 17;
const CHUNK = 64 * 1024;

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`${what} is not as it was sent`);
}

function byteAt(i: number): number {
  return (i * 31 + (i >> 8)) & 0xff;
}

/** A stream that makes its bytes when they are wanted. */
function makeStream(): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const chunk = new Uint8Array(Math.min(CHUNK, SIZE - sent)).map((_, i) => byteAt(sent + i));
      sent += chunk.length;
      if (chunk.length > 0) controller.enqueue(chunk);
      if (sent === SIZE) controller.close();
    },
  });
}

/** Syncs until a message is there. */
async function hear(client: ClientAPI, roomId: RoomID, text: string): Promise<void> {
  let since: string | undefined;
  for (let i = 0; i < 10; i++) {
    const answer: SyncResponse = await client.sync({ timeout: 1_000, ...(since ? { since } : {}) });
    for (const event of answer.rooms?.join?.[roomId]?.timeline?.events ?? []) {
      if (isRoomMessage(event, "m.text") && event.content.body === text) return;
    }
    since = answer.next_batch;
  }
  throw new Error("The message has not come by sync");
}

const baseUrl = setting("MATRIX_HOMESERVER");
const { versions } = await new HTTPAPI({ baseUrl }).request<{ versions: string[] }>(
  "GET",
  path`/_matrix/client/${"versions"}`,
);
console.log(`the homeserver speaks ${versions.at(-1)}`);

const client = new ClientAPI({ baseUrl });
await client.login({
  identifier: setting("MATRIX_USER"),
  password: setting("MATRIX_PASSWORD"),
  deviceName: "consumer",
});
console.log(`signed in as ${client.mxid}`);

const roomId = await client.createRoom({ name: "A consumer's room" });
const text = `Hello at ${new Date().toISOString()}`;
const eventId = await client.sendText(roomId, text);
console.log(`sent ${eventId}`);

let progress = 0;
const mxc = await client.uploadMedia(makeStream(), {
  size: SIZE,
  mimeType: "application/octet-stream",
  filename: "made up.bin",
  onProgress: (sent) => progress = sent,
});
must(progress === SIZE, "The progress");
console.log(`uploaded ${mxc}, ${progress} bytes of a stream`);

const { body, size, fileName } = await client.streamMedia(mxc);
let received = 0;
const reader = body.getReader();
while (true) {
  const { done, value } = await reader.read();
  if (done) break;
  for (const byte of value) must(byte === byteAt(received++), "A byte");
}
must(received === SIZE && size === SIZE && fileName === "made up.bin", "The download");
console.log(`downloaded ${received} bytes, the same`);

await hear(client, roomId, text);
console.log("heard the message by sync");

try {
  await client.getStateEvent(roomId, "m.room.topic");
  throw new Error("There is a topic");
} catch (error) {
  if (!(error instanceof MNotFound && error instanceof MatrixRequestError)) throw error;
  console.log(`told: ${error.message}`);
}

await client.logout();
console.log("done");
