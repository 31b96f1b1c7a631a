/** Sending, membership, state and the room directory. */
import { type Call, Fault, type Json, notFound, type Routes, text } from "./route.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

const V3 = "/_matrix/client/v3";
const ROOM = `${V3}/rooms/{roomId}`;

/** The routes under `/rooms`, and of the directory. */
export class RoomRoutes {
  /** Responses by token and transaction ID. A repeated request creates no second event. */
  readonly #transactions = new Map<string, Json>();

  constructor(readonly rooms: Rooms) {}

  #joined({ params, userId }: Call): Room {
    const room = this.rooms.get(params.roomId ?? "", userId);
    room.requireJoined(userId);
    return room;
  }

  #once(call: Call, send: (room: Room) => string): Json {
    const key = `${call.token} ${call.params.roomId} ${call.params.txnId}`;
    const known = this.#transactions.get(key);
    if (known) return known;
    const response = { event_id: send(this.#joined(call)) };
    this.#transactions.set(key, response);
    return response;
  }

  #setMembership(call: Call, membership: string): Json {
    const room = this.#joined(call);
    const target = text(call.body.user_id);
    if (target === undefined) throw new Fault(400, "M_MISSING_PARAM", "Missing user_id");
    if (membership === "invite" && room.membership(target) === "ban") {
      throw new Fault(403, "M_FORBIDDEN", `${target} is banned from the room`);
    }
    room.setMembership(call.userId, target, membership, call.body.reason);
    return {};
  }

  #join(call: Call): Json {
    const { roomId, roomIdOrAlias = "" } = call.params;
    const room = roomId === undefined
      ? this.rooms.resolve(roomIdOrAlias, call.userId)
      : this.rooms.get(roomId, call.userId);
    this.rooms.join(room, call.userId, call.body.reason);
    return { room_id: room.id };
  }

  #knock(call: Call): Json {
    const room = this.rooms.resolve(call.params.roomIdOrAlias ?? "", call.userId);
    room.setMembership(call.userId, call.userId, "knock", call.body.reason);
    return { room_id: room.id };
  }

  #getState(call: Call): unknown {
    const { type = "", stateKey = "" } = call.params;
    const event = this.#joined(call).state(type, stateKey);
    if (!event) throw notFound("Event");
    return call.query.get("format") === "event" ? event : event.content;
  }

  #setState(call: Call): Json {
    const { type = "", stateKey = "" } = call.params;
    return { event_id: this.#joined(call).add(call.userId, type, call.body, stateKey).event_id };
  }

  #directory(call: Call): Json {
    const rooms = [...this.rooms.published].map((id) => this.rooms.get(id, call.userId));
    const all = rooms.length > 0 ? rooms : [this.rooms.resolve("#example:example.org", call.userId)];
    const filter = call.body.filter as Json | undefined;
    const term = text(filter?.generic_search_term)?.toLowerCase();
    const chunk = all.map((room) => this.rooms.summary(room)).filter(({ name, topic }) =>
      term === undefined || `${name} ${topic}`.toLowerCase().includes(term)
    );
    return { chunk, total_room_count_estimate: chunk.length };
  }

  #joinedMembers(call: Call): Json {
    return {
      joined: Object.fromEntries(
        this.#joined(call).members("join").map(({ state_key, content }) => [
          state_key,
          { display_name: content.displayname ?? null, avatar_url: content.avatar_url ?? null },
        ]),
      ),
    };
  }

  #members(call: Call): Json {
    const wanted = call.query.get("membership");
    const unwanted = call.query.get("not_membership");
    return {
      chunk: this.#joined(call).members().filter(({ content }) =>
        (wanted === null || content.membership === wanted) && content.membership !== unwanted
      ),
    };
  }

  routes(): Routes {
    const alias = `${V3}/directory/room/{alias}`;
    const listed = `${V3}/directory/list/room/{roomId}`;
    return {
      [`POST ${V3}/createRoom`]: (call) => ({ room_id: this.rooms.create(call.userId, call.body).id }),
      [`PUT ${ROOM}/send/{type}/{txnId}`]: (call) =>
        this.#once(call, (room) => room.add(call.userId, call.params.type ?? "", call.body).event_id),
      [`PUT ${ROOM}/redact/{eventId}/{txnId}`]: (call) =>
        this.#once(
          call,
          (room) => room.redact(call.userId, call.params.eventId ?? "", call.body.reason).event_id,
        ),
      [`GET ${ROOM}/state`]: (call) => this.#joined(call).allState(),
      [`GET ${ROOM}/state/{type}`]: (call) => this.#getState(call),
      [`GET ${ROOM}/state/{type}/{stateKey}`]: (call) => this.#getState(call),
      [`PUT ${ROOM}/state/{type}`]: (call) => this.#setState(call),
      [`PUT ${ROOM}/state/{type}/{stateKey}`]: (call) => this.#setState(call),
      [`GET ${ROOM}/members`]: (call) => this.#members(call),
      [`GET ${ROOM}/joined_members`]: (call) => this.#joinedMembers(call),
      [`GET ${V3}/joined_rooms`]: ({ userId }) => ({
        joined_rooms: this.rooms.of(userId, "join").map(({ id }) => id),
      }),
      [`POST ${V3}/join/{roomIdOrAlias}`]: (call) => this.#join(call),
      [`POST ${ROOM}/join`]: (call) => this.#join(call),
      [`POST ${V3}/knock/{roomIdOrAlias}`]: (call) => this.#knock(call),
      [`POST ${ROOM}/invite`]: (call) => this.#setMembership(call, "invite"),
      [`POST ${ROOM}/kick`]: (call) => this.#setMembership(call, "leave"),
      [`POST ${ROOM}/ban`]: (call) => this.#setMembership(call, "ban"),
      [`POST ${ROOM}/unban`]: (call) => this.#setMembership(call, "leave"),
      [`POST ${ROOM}/leave`]: ({ params, userId, body }) => {
        this.rooms.get(params.roomId ?? "", userId).setMembership(userId, userId, "leave", body.reason);
        return {};
      },
      [`POST ${ROOM}/forget`]: () => ({}),
      [`POST ${ROOM}/upgrade`]: (call) => ({
        replacement_room: this.rooms.upgrade(this.#joined(call), call.userId, call.body.new_version).id,
      }),
      [`PUT ${ROOM}/typing/{userId}`]: (call) => (this.#joined(call), {}),
      [`POST ${ROOM}/receipt/{receiptType}/{eventId}`]: (call) => (this.#joined(call), {}),
      [`POST ${ROOM}/read_markers`]: (call) => (this.#joined(call), {}),
      [`POST ${ROOM}/report`]: () => ({}),
      [`POST ${ROOM}/report/{eventId}`]: () => ({}),
      [`GET ${alias}`]: ({ params, userId }) => ({
        room_id: this.rooms.roomOfAlias(params.alias ?? "", userId),
        servers: ["example.org"],
      }),
      [`PUT ${alias}`]: ({ params, body }) => {
        const name = params.alias ?? "";
        if (this.rooms.aliases.has(name)) {
          throw new Fault(409, "M_UNKNOWN", `Room alias ${name} already exists`);
        }
        this.rooms.aliases.set(name, String(body.room_id));
        return {};
      },
      [`DELETE ${alias}`]: ({ params }) => (this.rooms.removeAlias(params.alias ?? ""), {}),
      [`GET ${ROOM}/aliases`]: (call) => ({
        aliases: [...this.rooms.aliases].filter(([, id]) => id === call.params.roomId).map(([name]) => name),
      }),
      [`GET ${listed}`]: ({ params }) => ({
        visibility: this.rooms.published.has(params.roomId ?? "") ? "public" : "private",
      }),
      [`PUT ${listed}`]: ({ params, body }) => {
        if (body.visibility === "private") this.rooms.published.delete(params.roomId ?? "");
        else this.rooms.published.add(params.roomId ?? "");
        return {};
      },
      [`GET ${V3}/publicRooms`]: (call) => this.#directory(call),
      [`POST ${V3}/publicRooms`]: (call) => this.#directory(call),
    };
  }
}
