import type { Client as ClientClass, HandledEvent } from "../../mod.ts";
import { BATCH, countEvents, ROOM } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

type Handler = (event: HandledEvent<"m.room.message", "timeline">) => unknown;

/** This library. */
export function makeOurs(library: unknown, { url, token }: Target): Contender {
  const { Client } = library as { Client: typeof ClientClass };
  const client = new Client({ baseUrl: url, token, mxid: "@alice:example.org" });

  /** Syncs until a handler has received all messages. Returns their number. */
  async function handle(batches: number, makeHandler: (receive: Handler) => Handler): Promise<number> {
    const stop = new AbortController();
    let left = batches * BATCH;
    const off = client.on(
      "m.room.message",
      makeHandler((event) => {
        if (event.content.msgtype === "m.text" && --left === 0) stop.abort();
      }),
      { from: "timeline" },
    );
    await client.run({ signal: stop.signal, catchUp: "all" });
    off();
    return batches * BATCH - left;
  }

  return {
    whoami: () => client.whoami(),
    send: () => client.sendText(ROOM, "Hello, world"),
    sync: async () => countEvents(await client.sync({ timeout: 0 })),
    stream: async (batches) => {
      let events = 0;
      let batch = 0;
      for await (const answer of client.syncs()) {
        events += countEvents(answer);
        if (++batch === batches) break;
      }
      return events;
    },
    handle: (batches) => handle(batches, (receive) => receive),
    promise: (batches) =>
      handle(batches, (receive) => async (event) => {
        await undefined;
        receive(event);
      }),
    members: async () => (await client.getMembers(ROOM)).length,
    uploadStream: (stream, size) => client.uploadMedia(stream, { size }),
    uploadBytes: (bytes) => client.uploadMedia(bytes),
    downloadStream: async (mediaId) => (await client.streamMedia(`mxc://example.org/${mediaId}`)).body,
    downloadBytes: async (mediaId) => (await client.downloadMedia(`mxc://example.org/${mediaId}`)).length,
  };
}
