/** Sync, pages of messages and single events. */
import { type Call, type Json, notFound, rest, type Routes } from "./route.ts";
import type { Accounts } from "./accounts.ts";
import type { Entry, Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";

const WINDOW = 10;
/** The time in milliseconds after which an idle poll gets a message of Bob's. */
const PITY = 20;

function positionOf(token: string | null): number | undefined {
  return token ? Number(token.replace(/\D/g, "")) : undefined;
}

function number(value: string | null, otherwise: number): number {
  return value === null ? otherwise : Number(value);
}

/** Returns a page of a room's messages. */
function page(room: Room, query: URLSearchParams): Json {
  const backwards = query.get("dir") !== "f";
  const limit = number(query.get("limit"), WINDOW);
  const from = positionOf(query.get("from")) ?? (backwards ? Infinity : 0);
  const to = positionOf(query.get("to")) ?? (backwards ? 0 : Infinity);
  const inside = ({ position }: Entry) =>
    backwards ? position <= from && position > to : position > from && position <= to;
  const all = room.timeline.filter(inside);
  if (backwards) all.reverse();
  const chunk = all.slice(0, limit);
  const last = chunk.at(-1)?.position;
  return {
    start: query.get("from") ?? `t${backwards ? room.timeline.at(-1)?.position ?? 0 : 0}`,
    chunk: chunk.map(({ event }) => event),
    state: [],
    ...(all.length > limit && last !== undefined ? { end: `t${backwards ? last - 1 : last}` } : {}),
  };
}

function joinedRoom(room: Room, since: number, fullState: boolean): Json | undefined {
  const fresh = room.timeline.filter(({ position }) => position > since);
  if (fresh.length === 0 && !fullState) return undefined;
  const timeline = fresh.slice(-WINDOW);
  const first = timeline[0]?.position ?? since + 1;
  const before = room.allState(first - 1);
  const known = since > 0 && !fullState;
  return {
    timeline: {
      events: timeline.map(({ event }) => event),
      limited: fresh.length > timeline.length,
      prev_batch: `t${first - 1}`,
    },
    state: {
      events: known ? before.filter((event) => fresh.some((entry) => entry.event === event)) : before,
    },
    ephemeral: { events: [] },
    account_data: { events: [] },
    unread_notifications: { highlight_count: 0, notification_count: 0 },
    summary: { "m.joined_member_count": room.members("join").length, "m.invited_member_count": 0 },
  };
}

/** Polls, and the number of empty polls of each user. */
export class Timeline {
  readonly #quiet = new Map<string, number>();

  /** Called when a poll has nothing left to wait for. */
  onIdle?: () => void;

  constructor(readonly rooms: Rooms, readonly accounts: Accounts) {}

  #response(userId: string, deviceId: string, since: number, fullState: boolean): Json | undefined {
    const part = (membership: string, make: (room: Room) => Json | undefined) =>
      Object.fromEntries(
        this.rooms.of(userId, membership).map((room) => [room.id, make(room)] as const)
          .filter(([, value]) => value !== undefined),
      );
    const join = part("join", (room) => joinedRoom(room, since, fullState));
    const leave = since === 0 ? {} : part("leave", (room) => joinedRoom(room, since, false));
    const stripped = (key: string) => (room: Room) => {
      const changed = room.timeline.findLast(({ event }) =>
        event.type === "m.room.member" && event.state_key === userId
      );
      if (!changed || changed.position <= since) return undefined;
      const events = room.allState().map(({ type, state_key, sender, content }) => ({
        type,
        state_key,
        sender,
        content,
      }));
      return { [key]: { events } };
    };
    const invite = part("invite", stripped("invite_state"));
    const knock = part("knock", stripped("knock_state"));
    const accountData = this.accounts.changedAccountData(userId, since);
    const toDevice = this.accounts.takeToDevice(userId, deviceId);
    const empty = [join, leave, invite, knock].every((rooms) => Object.keys(rooms).length === 0);
    if (since > 0 && empty && accountData.length === 0 && toDevice.length === 0) return undefined;
    return {
      rooms: { join, invite, knock, leave },
      account_data: { events: accountData },
      to_device: { events: toDevice },
      presence: { events: [] },
    };
  }

  async sync({ query, userId, deviceId, request }: Call): Promise<Json> {
    const since = positionOf(query.get("since")) ?? 0;
    const fullState = query.get("full_state") === "true";
    if (since === 0 && this.rooms.of(userId, "join").length === 0) {
      this.rooms.get(this.accounts.firstRoom, userId);
    }
    const end = performance.now() + number(query.get("timeout"), 0);
    while (true) {
      const response = this.#response(userId, deviceId, since, fullState);
      const left = end - performance.now();
      if (response || left <= 0) {
        return {
          ...response,
          next_batch: `s${this.rooms.clock.position}`,
          device_one_time_keys_count: { signed_curve25519: 50 },
          device_unused_fallback_key_types: ["signed_curve25519"],
        };
      }
      const before = this.rooms.clock.position;
      const quiet = this.#quiet.get(userId) ?? 0;
      await rest(quiet < 3 ? Math.min(left, PITY) : left, this.rooms.clock.next, request.signal);
      if (this.rooms.clock.position !== before || quiet >= 3) continue;
      this.#quiet.set(userId, quiet + 1);
      if (quiet === 0) this.rooms.letBobSpeak(userId);
      else if (quiet === 1) this.rooms.letBobInvite(userId);
      else this.onIdle?.();
    }
  }

  #room({ params, userId }: Call): Room {
    const room = this.rooms.get(params.roomId ?? "", userId);
    room.requireJoined(userId);
    return room;
  }

  #context(call: Call): Json {
    const room = this.#room(call);
    const event = room.event(call.params.eventId ?? "");
    const half = Math.floor(number(call.query.get("limit"), WINDOW) / 2);
    const place = room.timeline.findIndex((entry) => entry.event === event);
    const before = place < 0 ? [] : room.timeline.slice(Math.max(0, place - half), place);
    const after = place < 0 ? [] : room.timeline.slice(place + 1, place + 1 + half);
    return {
      start: `t${(before[0]?.position ?? 1) - 1}`,
      end: `t${after.at(-1)?.position ?? this.rooms.clock.position}`,
      event,
      events_before: before.map((entry) => entry.event).reverse(),
      events_after: after.map((entry) => entry.event),
      state: room.allState(),
    };
  }

  #atTime(call: Call): Json {
    const time = number(call.query.get("ts"), 0);
    const { timeline } = this.#room(call);
    const found = call.query.get("dir") === "b"
      ? timeline.findLast(({ event }) => event.origin_server_ts <= time)
      : timeline.find(({ event }) => event.origin_server_ts >= time);
    if (!found) throw notFound("Event");
    return { event_id: found.event.event_id, origin_server_ts: found.event.origin_server_ts };
  }

  #relations(call: Call): Json {
    const { eventId = "", relType, type } = call.params;
    return { chunk: this.#room(call).relations(eventId, relType, type) };
  }

  routes(): Routes {
    const v3 = "/_matrix/client/v3/rooms/{roomId}";
    const v1 = "/_matrix/client/v1/rooms/{roomId}";
    return {
      "GET /_matrix/client/v3/sync": (call) => this.sync(call),
      [`GET ${v3}/messages`]: (call) => page(this.#room(call), call.query),
      [`GET ${v3}/event/{eventId}`]: (call) => this.#room(call).event(call.params.eventId ?? ""),
      [`GET ${v3}/context/{eventId}`]: (call) => this.#context(call),
      [`GET ${v1}/timestamp_to_event`]: (call) => this.#atTime(call),
      [`GET ${v1}/relations/{eventId}`]: (call) => this.#relations(call),
      [`GET ${v1}/relations/{eventId}/{relType}`]: (call) => this.#relations(call),
      [`GET ${v1}/relations/{eventId}/{relType}/{type}`]: (call) => this.#relations(call),
      [`GET ${v1}/hierarchy`]: (call) => ({
        rooms: [{ ...this.rooms.summary(this.#room(call)), children_state: [] }],
      }),
    };
  }
}
