/**
 * A bridge between Matrix and the chat of bridge/chat_server.ts. Each person there has a ghost on Matrix, each channel a
 * room (its portal), and each person on Matrix a connection to the chat.
 *
 * - Joining `#_chat_cats:server` on Matrix creates the portal of the channel `#cats`.
 * - Somebody with an account on both sides can be a double puppet: what they write in the chat is sent by their own user.
 *
 * Settings, as environment variables: `MATRIX_HOMESERVER`, `MATRIX_SERVER_NAME`, `CHAT_PORT`, `PORT`; `REGISTRATION`, the
 * registration as JSON; optionally `PUPPETS`, such as `{"alice": {"userId": "@alice:example.org", "token": "…"}}`.
 *
 * `deno run --allow-env --allow-net --unstable-kv examples/bridge.ts --register URL` prints a new registration.
 */
import {
  AppService,
  createRegistration,
  type IntentAPI,
  KvTransactionStore,
  registrationYAML,
} from "@mtx/client/appservice";
import { isEdit, isRedacted, type RoomAlias, type RoomID, type UserID } from "@mtx/client";
import { linesOf } from "./bridge/chat_server.ts";

/** Prefix of ghosts and of aliases of portals. */
const PREFIX = "_chat_";

/** Somebody with accounts on both sides. */
interface Puppet {
  userId: UserID;
  token: string;
}

interface ChatMessage {
  id: string;
  time: number;
  channel: string;
  author: string;
  text: string;
}

/** A connection to the chat. */
class ChatConnection {
  readonly #connection: Deno.Conn;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #channels = new Set<string>();

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
    this.#writer = connection.writable.getWriter();
  }

  static async open(port: number, name: string): Promise<ChatConnection> {
    const chat = new ChatConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
    await chat.#send(`NICK ${name}`);
    return chat;
  }

  async join(channel: string): Promise<void> {
    if (this.#channels.has(channel)) return;
    this.#channels.add(channel);
    await this.#send(`JOIN ${channel}`);
  }

  async say(channel: string, text: string): Promise<void> {
    for (const line of text.split("\n").filter(Boolean)) await this.#send(`SAY ${channel} ${line}`);
  }

  async *messages(): AsyncGenerator<ChatMessage> {
    for await (const line of linesOf(this.#connection.readable)) {
      const [, id, time, channel, author, text] = /^MESSAGE (\S+) (\d+) (\S+) (\S+) (.+)$/.exec(line) ?? [];
      if (id && channel && author && text) yield { id, time: Number(time), channel, author, text };
    }
  }

  close(): void {
    this.#connection.close();
  }

  async #send(line: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(`${line}\n`));
  }
}

const env = (name: string): string => {
  const value = Deno.env.get(name);
  if (!value) throw new Error(`${name} is not set`);
  return value;
};

async function runBridge(): Promise<void> {
  const serverName = env("MATRIX_SERVER_NAME");
  const chatPort = Number(env("CHAT_PORT"));
  const puppets: Record<string, Puppet> = JSON.parse(Deno.env.get("PUPPETS") ?? "{}");
  const aliasOf = (channel: string): RoomAlias => `#${PREFIX}${channel.slice(1)}:${serverName}`;
  /** The portals, by channel. They can be looked up by their alias, so that nothing has to be stored. */
  const portals = new Map<string, RoomID>();
  const channels = new Map<RoomID, string>();
  /** Connections of people on Matrix. */
  const people = new Map<UserID, ChatConnection>();
  const relay = await ChatConnection.open(chatPort, "matrix");

  const service = new AppService({
    baseUrl: env("MATRIX_HOMESERVER"),
    serverName,
    registration: JSON.parse(env("REGISTRATION")),
    store: new KvTransactionStore(await Deno.openKv(Deno.env.get("KV_PATH")), ["bridge"]),
    // The homeserver remembers transaction IDs of a device, also over its restarts.
    deviceId: "BRIDGE",
    onUser: (userId) => userId.startsWith(`@${PREFIX}`),
    onAlias: async (alias) => {
      const name = alias.slice(1, -serverName.length - 1);
      if (!name.startsWith(PREFIX)) return false;
      const channel = `#${name.slice(PREFIX.length)}`;
      await open(
        channel,
        await service.bot.createRoom({ name: channel, aliasLocalpart: name, preset: "public_chat" }),
      );
      return true;
    },
    onHandlerError: (error, event) => console.error(`Cannot bridge ${event.event_id}:`, error),
  });
  /** Characters that user IDs cannot contain are written as `=` and two hex digits. */
  const ghostOf = (name: string): IntentAPI => {
    const localpart = encodeURIComponent(name.toLowerCase()).replaceAll("%", "=").toLowerCase();
    return service.intent(`@${PREFIX}${localpart}:${serverName}`);
  };
  for (const { userId, token } of Object.values(puppets)) service.puppet(userId, { token });

  /** Remembers the room of a channel, and listens to the channel. */
  async function open(channel: string, roomId: RoomID): Promise<RoomID> {
    portals.set(channel, roomId);
    channels.set(roomId, channel);
    await relay.join(channel);
    return roomId;
  }

  /** Returns the room of a channel. If there is none, the homeserver asks `onAlias` for its alias. */
  async function portalOf(channel: string): Promise<RoomID> {
    const roomId = portals.get(channel);
    if (roomId) return roomId;
    const found = await service.bot.resolveRoomAlias(aliasOf(channel));
    return await open(channel, found.room_id!);
  }

  /** Returns the channel of a room. */
  async function channelOf(roomId: RoomID): Promise<string | undefined> {
    if (!channels.has(roomId)) {
      const { alias = "" } = await service.bot.getStateEvent(roomId, "m.room.canonical_alias").catch(
        () => ({}),
      ) as {
        alias?: string;
      };
      if (alias.startsWith(`#${PREFIX}`)) {
        await open(`#${alias.slice(PREFIX.length + 1).split(":")[0]}`, roomId);
      }
    }
    return channels.get(roomId);
  }

  async function personOf(userId: UserID): Promise<ChatConnection> {
    const person = people.get(userId) ??
      await ChatConnection.open(chatPort, `${userId.slice(1).split(":")[0]}[m]`);
    people.set(userId, person);
    return person;
  }

  // From Matrix to the chat. Events of ghosts and of double puppets are not delivered.
  service.on("m.room.message", async (event, { roomId }) => {
    const channel = await channelOf(roomId);
    if (!channel || isRedacted(event) || isEdit(event)) return;
    await (await personOf(event.sender)).say(channel, event.content.body ?? "");
  });

  const server = Deno.serve(
    { hostname: "127.0.0.1", port: Number(env("PORT")), onListen() {} },
    service.fetch,
  );
  // After a restart, the bridge listens to the channels of its rooms again.
  for (const roomId of await service.bot.getJoinedRooms()) await channelOf(roomId);
  console.log("The bridge is ready");

  // From the chat to Matrix. A ghost registers and joins by itself.
  for await (const { id, time, channel, author, text } of relay.messages()) {
    const puppet = puppets[author];
    // Names of people on Matrix end in [m]. What they say is in the room already.
    if (author.endsWith("[m]")) continue;
    const client = puppet === undefined
      ? ghostOf(author)
      : service.puppet(puppet.userId, { token: puppet.token });
    // Times are for application services only, so not with a double puppet's own token.
    const timestamp = puppet === undefined ? time : undefined;
    try {
      await client.sendText(await portalOf(channel), text, { txnId: id, timestamp });
    } catch (error) {
      console.error(`Cannot bridge the message ${id}:`, error);
    }
  }
  await server.shutdown();
}

if (Deno.args[0] === "--register") {
  const server = env("MATRIX_SERVER_NAME").replaceAll(".", "\\.");
  const registration = createRegistration({
    id: "chat",
    url: Deno.args[1] ?? "http://127.0.0.1:9000",
    senderLocalpart: `${PREFIX}bot`,
    users: [`@${PREFIX}.*:${server}`],
    aliases: [`#${PREFIX}.*:${server}`],
    extra: { "io.element.msc4190": true },
  });
  console.log(registrationYAML(registration));
  console.log(`# For the bridge:\n# REGISTRATION='${JSON.stringify(registration)}'`);
} else {
  await runBridge();
}
