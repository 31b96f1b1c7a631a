/** Copies the media of a room to a folder or to another room, without holding files in memory. */
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
import { resolveRoom, run, sanitize, status } from "./command.ts";

const usage = `Usage: media_mirror.ts ROOM TARGET [--max-size=BYTES]
Copies all media of ROOM, newest first, to TARGET: a folder, or a room. Skips media that has been copied before,
and encrypted media. Exits with 1 if some media could not be copied but may be copied by another run.

  --max-size  Skip larger files. 100 MB by default.
`;

const TYPES = ["m.room.message", "m.sticker"];
/** The field of a copied message that contains the ID of the original event. */
const COPY_OF = "org.example.copy_of";

interface Media {
  event: RoomEvent;
  url: `mxc://${string}`;
  name: string;
}

/** Returns the media of a room, newest first. */
async function* findMedia(client: Client, roomId: RoomID, signal: AbortSignal): AsyncGenerator<Media> {
  // Encrypted media has its URL in another field, so this filter skips it.
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

/** Returns the IDs of the events that this user has copied to a room. */
async function findCopies(client: Client, roomId: RoomID, signal: AbortSignal): Promise<Set<unknown>> {
  const copied = new Set<unknown>();
  const filter = { types: TYPES, senders: client.mxid ? [client.mxid] : [], contains_url: true };
  for await (const { chunk } of client.iterateMessages(roomId, "b", { limit: 500, filter, signal })) {
    for (const { content } of chunk) copied.add(content?.[COPY_OF]);
  }
  return copied;
}

/** Returns a unique file name that is valid on every file system. The name in the message may contain anything. */
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
    const roomId = await resolveRoom(client, room);
    const toRoom = /^[!#]/.test(target) ? await resolveRoom(client, target) : undefined;
    if (!toRoom) await mkdir(target, { recursive: true });
    const existing = toRoom
      ? await findCopies(client, toRoom, signal)
      : new Set<unknown>(await readdir(target));
    let copied = 0;
    let skipped = 0;
    let failed = 0;

    const copyToFolder = async (media: Media): Promise<boolean> => {
      const name = fileName(media);
      if (existing.has(name)) return false;
      const { body } = await client.streamMedia(media.url, { maxSize, signal });
      const partial = `${target}/${name}~`;
      const file = await open(partial, "w");
      try {
        try {
          for await (const bytes of body) await file.appendFile(bytes);
        } finally {
          await file.close();
        }
        await rename(partial, `${target}/${name}`); // Only complete files get this name.
      } catch (error) {
        await rm(partial, { force: true });
        throw error;
      }
      existing.add(name);
      return true;
    };

    const copyToRoom = async ({ event, url: from, name }: Media, to: RoomID): Promise<boolean> => {
      if (event.room_id === to || existing.has(event.event_id)) return false;
      const { body, size, contentType } = await client.streamMedia(from, { maxSize, signal });
      const url = await client.uploadMedia(body, { size, mimeType: contentType, filename: name, signal });
      // Replies and mentions refer to the original room.
      const { "m.relates_to": _, "m.mentions": __, ...content } = event.content;
      await client.sendMessageEvent(to, event.type, { ...content, url, [COPY_OF]: event.event_id }, {
        txnId: `mirror-${event.event_id}`,
        signal,
      });
      return true;
    };

    for await (const media of findMedia(client, roomId, signal)) {
      const label = `${sanitize(media.name)} (${media.url})`;
      try {
        const isNew = await (toRoom ? copyToRoom(media, toRoom) : copyToFolder(media));
        isNew ? copied++ : skipped++;
        if (isNew) status(label);
      } catch (error) {
        signal.throwIfAborted();
        const response = error instanceof MatrixRequestError ? error : undefined;
        // If the target room rejects messages or the token is invalid, every other file would fail too.
        if (response && (response.method !== "GET" || response.status === 401)) throw error;
        // Deleted and oversized files fail forever. Other failures may be temporary.
        const isFinal = error instanceof FileTooLargeError ||
          response && response.status < 500 && response.status !== 429;
        isFinal ? skipped++ : failed++;
        const reason = error instanceof Error ? error.message : error;
        status(`${label} ${isFinal ? "skipped" : "failed"}: ${reason}`);
      }
    }
    console.log(`${copied} copied, ${skipped} skipped${failed > 0 ? `, ${failed} failed` : ""}`);
    if (failed > 0) throw new Error("Some media could not be copied");
  },
});
