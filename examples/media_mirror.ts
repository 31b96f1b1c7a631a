/** Copies the media of a room: into a folder, or into another room. No file is held in memory. */
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import {
  type Client,
  FileTooLargeError,
  isContentUri,
  isMessageEvent,
  MatrixRequestError,
  type RoomEvent,
  type RoomID,
} from "@mtx/client";
import { findRoom, plain, run, say } from "./command.ts";

const usage = `Usage: media_mirror.ts ROOM TARGET [--max-size=BYTES]
Copies all media of a room, the newest first: into the folder TARGET, or into the room TARGET.
What is there already is left out, so it can be called again and again. What is encrypted is left out too.
It has failed if there is something that the next call may copy.

  --max-size  Leave out what is larger. 100 MB by default.
`;

const TYPES = ["m.room.message", "m.sticker"];
/** Where a copy in another room says what it is a copy of. */
const COPY_OF = "org.example.copy_of";

/** A file in a room. */
interface Media {
  event: RoomEvent;
  url: `mxc://${string}`;
  name: string;
}

/** The files of a room, the newest first. */
async function* findMedia(client: Client, roomId: RoomID, signal: AbortSignal): AsyncGenerator<Media> {
  // What is encrypted has its URL elsewhere, and would be of no use.
  const filter = { types: TYPES, contains_url: true };
  for await (const { chunk } of client.iterateMessages(roomId, "b", { limit: 100, filter, signal })) {
    for (const event of chunk) {
      if (!isMessageEvent(event)) continue;
      const { url, body, filename } = event.content;
      const name = [filename, body].find((name) => typeof name === "string") ?? "";
      if (isContentUri(url)) yield { event, url, name };
    }
  }
}

/** The events that were copied into a room by this user. */
async function findCopies(client: Client, roomId: RoomID, signal: AbortSignal): Promise<Set<unknown>> {
  const copied = new Set<unknown>();
  const filter = { types: TYPES, senders: client.mxid ? [client.mxid] : [], contains_url: true };
  for await (const { chunk } of client.iterateMessages(roomId, "b", { limit: 500, filter, signal })) {
    for (const { content } of chunk) copied.add(content?.[COPY_OF]);
  }
  return copied;
}

/** A name that is safe in any folder, and of this file only; others have made up the one that came. */
function fileName({ url, name }: Media): string {
  const [server = "", id] = url.slice("mxc://".length).split("/");
  const safe = encodeURIComponent(server).replaceAll("_", "%5F").replaceAll("*", "%2A");
  const extension = /\.\w{1,8}$/.exec(name)?.[0] ?? "";
  return `${safe}_${id}${extension.toLowerCase()}`;
}

await run({
  usage,
  parameters: ["ROOM", "TARGET"],
  options: { "max-size": "string" },
  async work({ client, args: [room = "", target = ""], number, signal }) {
    const maxSize = number("max-size", 100_000_000);
    const roomId = await findRoom(client, room);
    const toRoom = /^[!#]/.test(target) ? await findRoom(client, target) : undefined;
    if (!toRoom) await mkdir(target, { recursive: true });
    const there = toRoom ? await findCopies(client, toRoom, signal) : new Set<unknown>(await readdir(target));
    let copied = 0;
    let left = 0;
    let failed = 0;

    const save = async (media: Media): Promise<boolean> => {
      const name = fileName(media);
      if (there.has(name)) return false;
      const { body } = await client.streamMedia(media.url, { maxSize, signal });
      const part = `${target}/${name}~`;
      const file = await open(part, "w");
      try {
        try {
          for await (const bytes of body) await file.appendFile(bytes);
        } finally {
          await file.close();
        }
        await rename(part, `${target}/${name}`); // Whole files only have their name.
      } catch (error) {
        await rm(part, { force: true });
        throw error;
      }
      there.add(name);
      return true;
    };

    const repost = async ({ event, url: from, name }: Media, to: RoomID): Promise<boolean> => {
      if (event.room_id === to || there.has(event.event_id)) return false;
      const { body, size, contentType } = await client.streamMedia(from, { maxSize, signal });
      const url = await client.uploadMedia(body, { size, mimeType: contentType, filename: name, signal });
      // What it answers and whom it calls is not in that room.
      const { "m.relates_to": _, "m.mentions": __, ...content } = event.content;
      await client.sendMessageEvent(to, event.type, { ...content, url, [COPY_OF]: event.event_id }, {
        txnId: `mirror-${event.event_id}`,
        signal,
      });
      return true;
    };

    for await (const media of findMedia(client, roomId, signal)) {
      const label = `${plain(media.name)} (${media.url})`;
      try {
        const isNew = await (toRoom ? repost(media, toRoom) : save(media));
        isNew ? copied++ : left++;
        if (isNew) say(label);
      } catch (error) {
        signal.throwIfAborted();
        const refusal = error instanceof MatrixRequestError ? error : undefined;
        // The other room takes nothing, or the session is over: so it will be with all that comes.
        if (refusal && (refusal.method !== "GET" || refusal.status === 401)) throw error;
        // Some files are gone, and some are too large. All else may go well another time.
        const final = error instanceof FileTooLargeError ||
          refusal && refusal.status < 500 && refusal.status !== 429;
        final ? left++ : failed++;
        say(
          `${label} ${final ? "is left out" : "failed"}: ${error instanceof Error ? error.message : error}`,
        );
      }
    }
    console.log(`${copied} copied, ${left} left out${failed > 0 ? `, ${failed} failed` : ""}`);
    if (failed > 0) throw new Error("Not everything was copied");
  },
});
