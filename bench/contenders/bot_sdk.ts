import { Buffer } from "node:buffer";
import { countEvents, ROOM, type SyncAnswer } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

/** The part of matrix-bot-sdk that is used. */
interface Library {
  MatrixClient: new (url: string, token: string) => Client;
  LogService: { setLevel(level: unknown): void; muteModule(name: string): void };
  LogLevel: { ERROR: unknown };
}

interface Client {
  getWhoAmI(): Promise<unknown>;
  sendText(roomId: string, text: string): Promise<unknown>;
  doSync(token: string | null): Promise<SyncAnswer & { next_batch: string }>;
  processSync(answer: SyncAnswer): Promise<unknown>;
  on(name: string, listener: () => void): void;
  getAllRoomMembers(roomId: string): Promise<unknown[]>;
  uploadContent(data: Buffer): Promise<unknown>;
  downloadContent(mxcUrl: string): Promise<{ data: Buffer }>;
}

/** matrix-bot-sdk, which emits the events of an initial sync and holds media in memory. */
export function makeBotSdk(library: unknown, { url, token }: Target): Contender {
  const { MatrixClient, LogService, LogLevel } = library as Library;
  LogService.setLevel(LogLevel.ERROR);
  const client = new MatrixClient(url, token);
  return {
    whoami: () => client.getWhoAmI(),
    send: () => client.sendText(ROOM, "Hello, world"),
    sync: async () => {
      client.on("room.message", () => {});
      const answer = await client.doSync(null);
      await client.processSync(answer);
      return countEvents(answer);
    },
    handle: async (batches) => {
      let handled = 0;
      client.on("room.message", () => handled++);
      let since: string | null = null;
      for (let batch = 0; batch < batches; batch++) {
        const answer: Awaited<ReturnType<Client["doSync"]>> = await client.doSync(since);
        since = answer.next_batch;
        await client.processSync(answer);
      }
      return handled;
    },
    members: async () => (await client.getAllRoomMembers(ROOM)).length,
    uploadBytes: (bytes) => client.uploadContent(Buffer.from(bytes.buffer)),
    downloadBytes: async (mediaId) =>
      (await client.downloadContent(`mxc://example.org/${mediaId}`)).data.length,
  };
}
