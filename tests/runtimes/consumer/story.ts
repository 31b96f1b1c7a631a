/** A program of a user, which every runtime runs: signs in, sends, uploads a stream, downloads it and syncs. */
import { Client, ClientAPI, MatrixRequestError, MNotFound } from "@mtx/client";
import { AppService, createRegistration } from "@mtx/client/appservice";
import { HTTPAPI, path } from "@mtx/client/http";
import { isRoomMessage, type RoomID, type SyncResponse } from "@mtx/client/types";

const SIZE = 5 * 1024 * 1024 + 17;
const CHUNK = 64 * 1024;

/** A user and the homeserver. */
export interface Account {
  homeserver: string;
  user: string;
  password: string;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`${what} is not as it was sent`);
}

function byteAt(i: number): number {
  return (i * 31 + (i >> 8)) & 0xff;
}

/** Makes a stream that creates its bytes on demand. */
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

/** Syncs until a message arrives. */
async function receive(client: ClientAPI, roomId: RoomID, text: string): Promise<void> {
  let since: string | undefined;
  for (let i = 0; i < 10; i++) {
    const response: SyncResponse = await client.sync({ timeout: 1_000, since });
    for (const event of response.rooms?.join?.[roomId]?.timeline?.events ?? []) {
      if (isRoomMessage(event, "m.text") && event.content.body === text) return;
    }
    since = response.next_batch;
  }
  throw new Error("The message did not arrive by sync");
}

/** Runs a `Client` until its handler receives a message that is sent after the start. */
async function listen(client: ClientAPI, roomId: RoomID): Promise<void> {
  const { next_batch: since } = await client.sync({ timeout: 0 });
  const listener = new Client({ api: client.api, mxid: client.mxid!, since });
  const stop = new AbortController();
  let received = false;
  const eventId = await client.sendText(roomId, "Are you there?");
  listener.on("m.room.message", (event) => {
    if (event.event_id !== eventId) return;
    received = true;
    stop.abort();
  }, { own: true });
  const enough = setTimeout(() => stop.abort(), 10_000);
  await listener.run({ signal: stop.signal });
  clearTimeout(enough);
  must(received, "The event of the handler");
}

/** Receives the same transaction twice as an application service, whose handler is called once. */
async function serve(baseUrl: string): Promise<void> {
  const registration = createRegistration({ id: "story", url: "http://127.0.0.1", senderLocalpart: "bot" });
  const service = new AppService({ baseUrl, serverName: "localhost", registration });
  let handled = 0;
  service.on("m.room.message", () => void handled++);
  for (let i = 0; i < 2; i++) {
    const event = { type: "m.room.message", event_id: "$1", room_id: "!1", sender: "@a:b", content: {} };
    const request = new Request("http://127.0.0.1/_matrix/app/v1/transactions/1", {
      method: "PUT",
      headers: { authorization: `Bearer ${registration.hs_token}` },
      body: JSON.stringify({ events: [event] }),
    });
    must((await service.fetch(request)).status === 200, "The response to a transaction");
  }
  must(handled === 1, "The event of a transaction");
}

/** Runs the program and reports each step in a line. */
export async function story(account: Account, say: (line: string) => void): Promise<void> {
  const { versions } = await new HTTPAPI({ baseUrl: account.homeserver }).request<{ versions: string[] }>(
    "GET",
    path`/_matrix/client/${"versions"}`,
  );
  say(`the homeserver supports ${versions.at(-1)}`);

  const client = new ClientAPI({ baseUrl: account.homeserver });
  await client.login({
    identifier: account.user,
    password: account.password,
    deviceName: "story",
  });
  say(`signed in as ${client.mxid}`);

  const roomId = await client.createRoom({ name: "A consumer's room" });
  const text = `Hello at ${new Date().toISOString()}`;
  const eventId = await client.sendText(roomId, text);
  say(`sent ${eventId}`);

  let progress = 0;
  const mxc = await client.uploadMedia(makeStream(), {
    size: SIZE,
    mimeType: "application/octet-stream",
    filename: "made up.bin",
    onProgress: (sent) => progress = sent,
  });
  must(progress === SIZE, "The progress");
  say(`uploaded ${mxc}, ${progress} bytes of a stream`);

  const { body, size, fileName } = await client.streamMedia(mxc);
  let received = 0;
  const reader = body.getReader();
  while (true) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const byte of value) must(byte === byteAt(received++), "A byte");
  }
  must(received === SIZE && size === SIZE && fileName === "made up.bin", "The download");
  say(`downloaded ${received} bytes, the same`);

  await receive(client, roomId, text);
  say("received the message by sync");
  await listen(client, roomId);
  say("received another in a handler");

  try {
    await client.getStateEvent(roomId, "m.room.topic");
    throw new Error("There is a topic");
  } catch (error) {
    if (!(error instanceof MNotFound && error instanceof MatrixRequestError)) throw error;
    say(`caught: ${error.message}`);
  }

  await serve(account.homeserver);
  say("handled a transaction once");

  await client.logout();
  say("done");
}
