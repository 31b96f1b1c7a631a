import { BATCH, type CountedRoom, countEvents, ROOM } from "../data.ts";
import type { Contender, Target } from "./contender.ts";

/** The part of matrix-js-sdk that is used. */
interface Library {
  createClient(options: Record<string, unknown>): Client;
}

interface Client {
  whoami(): Promise<unknown>;
  sendTextMessage(roomId: string, body: string): Promise<unknown>;
  members(roomId: string): Promise<{ chunk: unknown[] }>;
  startClient(options: Record<string, unknown>): Promise<void>;
  stopClient(): void;
  on(name: "sync", listener: (state: string) => void): void;
  on(name: "Room.timeline", listener: (event: { getType(): string }) => void): void;
  getRooms(): { getLiveTimeline(): { getEvents(): unknown[] }; currentState: { members: object } }[];
  uploadContent(content: Blob): Promise<unknown>;
}

const nothing = () => {};
const logger: Record<string, unknown> = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
logger.getChild = () => logger;

/** matrix-js-sdk, which creates room objects for an initial sync and has neither downloads nor streams. */
export function makeJsSdk(library: unknown, { url, token }: Target): Contender {
  const client = (library as Library).createClient({
    baseUrl: url,
    accessToken: token,
    userId: "@alice:example.org",
    deviceId: "ABCDEFG",
    logger,
  });
  return {
    whoami: () => client.whoami(),
    send: () => client.sendTextMessage(ROOM, "Hello, world"),
    sync: async () => {
      await new Promise<void>((resolve, reject) => {
        client.on("sync", (state) => {
          if (state === "PREPARED") resolve();
          if (state === "ERROR") reject(new Error("Cannot sync"));
        });
        client.startClient({ initialSyncLimit: 20, disablePresence: true }).catch(reject);
      });
      const join: Record<string, CountedRoom> = {};
      for (const [i, room] of client.getRooms().entries()) {
        const members = Object.keys(room.currentState.members);
        join[i] = { state: { events: members }, timeline: { events: room.getLiveTimeline().getEvents() } };
      }
      client.stopClient();
      return countEvents({ rooms: { join } });
    },
    handle: async (batches) => {
      let handled = 0;
      await new Promise<void>((resolve, reject) => {
        client.on("Room.timeline", (event) => {
          if (event.getType() === "m.room.message" && ++handled === batches * BATCH) resolve();
        });
        client.startClient({ initialSyncLimit: 20, disablePresence: true }).catch(reject);
      });
      client.stopClient();
      return handled;
    },
    members: async () => (await client.members(ROOM)).chunk.length,
    uploadBytes: (bytes) => client.uploadContent(new Blob([bytes])),
  };
}
