import type { ClientAPI } from "../../mod.ts";
import { countEvents, ROOM } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

/** This library. */
export function makeOurs(library: unknown, { url, token }: Target): Contender {
  const { ClientAPI: Client } = library as { ClientAPI: typeof ClientAPI };
  const client = new Client({ baseUrl: url, token });
  return {
    whoami: () => client.whoami(),
    send: () => client.sendText(ROOM, "Hello, world"),
    sync: async () => countEvents(await client.sync({ timeout: 0 })),
    members: async () => (await client.getMembers(ROOM)).length,
    uploadStream: (stream, size) => client.uploadMedia(stream, { size }),
    uploadBytes: (bytes) => client.uploadMedia(bytes),
    downloadStream: async (mediaId) => (await client.streamMedia(`mxc://example.org/${mediaId}`)).body,
    downloadBytes: async (mediaId) => (await client.downloadMedia(`mxc://example.org/${mediaId}`)).length,
  };
}
