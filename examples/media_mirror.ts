/** Copies the media of a room: into a folder, or into another room. Nothing is held in memory. */
import { mkdir, open, readdir, rename } from "node:fs/promises";
import { type Client, isContentURI, isRoomMessage, type RoomEvent, type RoomID } from "@mtx/client";
import { findRoom, run, say } from "./command.ts";

const usage = `Usage: media_mirror.ts ROOM TARGET [--max-size=BYTES]
Copies all media of a room, the newest first: into the folder TARGET, or into the room TARGET.
What is there already is left out, so it can be called again and again.

  --max-size  Leave out what is larger. 100 MB by default.
`;

/** A file in a room. */
interface Media {
  event: RoomEvent;
  url: `mxc://${string}`;
  name: string;
}

/** The files of a room, the newest first. */
async function* findMedia(client: Client, roomId: RoomID, signal: AbortSignal): AsyncGenerator<Media> {
  const filter = { types: ["m.room.message"], contains_url: true };
  for await (const { chunk } of client.iterateMessages(roomId, "b", { limit: 100, filter, signal })) {
    for (const event of chunk) {
      if (!isRoomMessage(event)) continue;
      const { url, body, filename } = event.content;
      // What is encrypted has its URL elsewhere, and would be of no use.
      if (isContentURI(url)) yield { event, url, name: String(filename ?? body) };
    }
  }
}

/** A name that is safe in any folder; others have made up the one that came. */
function fileName({ url, name }: Media): string {
  const id = url.slice("mxc://".length).replaceAll(/[^\w.-]/g, "_");
  const extension = /\.\w{1,8}$/.exec(name)?.[0] ?? "";
  return `${id}${extension.toLowerCase()}`;
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
    const there = new Set(toRoom ? [] : await readdir(target));
    let copied = 0;
    let left = 0;

    const save = async (media: Media): Promise<boolean> => {
      const name = fileName(media);
      if (there.has(name)) return false;
      const { body } = await client.streamMedia(media.url, { maxSize, signal });
      const file = await open(`${target}/${name}.part`, "w");
      try {
        for await (const bytes of body) await file.appendFile(bytes);
      } finally {
        await file.close();
      }
      await rename(`${target}/${name}.part`, `${target}/${name}`); // Whole files only have their name.
      there.add(name);
      return true;
    };

    const repost = async (media: Media, to: RoomID): Promise<boolean> => {
      if (media.event.room_id === to) return false;
      const { body, size, contentType } = await client.streamMedia(media.url, { maxSize, signal });
      const url = await client.uploadMedia(body, {
        size,
        mimeType: contentType,
        filename: media.name,
        signal,
      });
      const txnId = `mirror-${media.event.event_id}`; // The same message again is no second one.
      await client.sendMessage(to, { ...media.event.content, url }, { txnId, signal });
      return true;
    };

    for await (const media of findMedia(client, roomId, signal)) {
      try {
        const isNew = await (toRoom ? repost(media, toRoom) : save(media));
        isNew ? copied++ : left++;
        if (isNew) say(`${media.name} (${media.url})`);
      } catch (error) {
        signal.throwIfAborted();
        left++;
        say(`${media.name} (${media.url}) is left out: ${error instanceof Error ? error.message : error}`);
      }
    }
    console.log(`${copied} copied, ${left} left out`);
  },
});
