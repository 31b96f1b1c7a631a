/** Data of the benchmarks' homeserver, and the requests for them. */

/** ID of the room. */
export const ROOM = "!abcdefghijklmnopqr:example.org";

/** Events in a room of an initial sync: members first, then messages. */
const MEMBERS = 80;
const MESSAGES = 20;

const TIME = 1_760_000_000_000;

interface Event {
  event_id: string;
  type: string;
  sender: string;
  origin_server_ts: number;
  content: unknown;
  state_key?: string;
  room_id?: string;
  unsigned?: unknown;
}

function eventId(room: number, n: number): string {
  return `$${`${room}_${n}_`.padEnd(43, "WoqvwLymNukfeozGxTgpMmr")}`;
}

function member(room: number, n: number): Event {
  const user = `@member_${n}:example.org`;
  return {
    type: "m.room.member",
    event_id: eventId(room, n),
    sender: user,
    state_key: user,
    origin_server_ts: TIME + n,
    content: {
      membership: "join",
      displayname: `Member ${n}`,
      avatar_url: "mxc://example.org/SEsfnsuifSDFSSEF",
    },
    unsigned: { age: 1234 },
  };
}

function message(room: number, n: number): Event {
  return {
    type: "m.room.message",
    event_id: eventId(room, n),
    sender: `@member_${n % MEMBERS}:example.org`,
    origin_server_ts: TIME + n,
    content: {
      msgtype: "m.text",
      body: `This is message ${n} of room ${room}, about as long as messages are.`,
    },
    unsigned: { age: 1234 },
  };
}

function range<T>(from: number, to: number, make: (n: number) => T): T[] {
  return Array.from({ length: to - from }, (_, i) => make(from + i));
}

/** Makes the response to an initial sync with this number of events, in rooms of a hundred. */
export function syncAnswer(events: number): unknown {
  const join: Record<string, unknown> = {};
  for (let room = 0; room < events / (MEMBERS + MESSAGES); room++) {
    join[`!room_${room}:example.org`] = {
      summary: { "m.joined_member_count": MEMBERS, "m.invited_member_count": 0 },
      state: { events: range(0, MEMBERS, (n) => member(room, n)) },
      timeline: {
        events: range(MEMBERS, MEMBERS + MESSAGES, (n) => message(room, n)),
        limited: true,
        prev_batch: `t${room}`,
      },
      ephemeral: { events: [] },
      account_data: { events: [] },
      unread_notifications: { notification_count: 0, highlight_count: 0 },
    };
  }
  return {
    next_batch: "s1",
    presence: { events: [] },
    account_data: { events: [] },
    to_device: { events: [] },
    device_one_time_keys_count: {},
    rooms: { join, invite: {}, leave: {} },
  };
}

/** Number of events in a batch of an incremental sync. */
export const BATCH = 100;

const BATCH_ROOMS = 10;

/** Makes the response to an incremental sync: messages of ten rooms. */
export function syncBatch(batch: number): unknown {
  const join: Record<string, unknown> = {};
  for (let room = 0; room < BATCH_ROOMS; room++) {
    join[`!room_${room}:example.org`] = {
      summary: {},
      state: { events: [] },
      timeline: {
        events: range(0, BATCH / BATCH_ROOMS, (n) => message(room, batch * BATCH + n)),
        limited: false,
        prev_batch: `p${batch}`,
      },
      ephemeral: { events: [] },
      account_data: { events: [] },
      unread_notifications: { notification_count: 1, highlight_count: 0 },
    };
  }
  return {
    next_batch: `s${batch + 1}`,
    device_one_time_keys_count: { signed_curve25519: 50 },
    rooms: { join },
  };
}

/** Makes the response to the initial sync of an account with these numbers of rooms and members. */
export function largeSync(rooms: number, members: number): unknown {
  const join: Record<string, unknown> = {};
  for (let room = 0; room < rooms; room++) {
    join[`!room_${room}:example.org`] = {
      state: { events: range(0, members, (n) => member(room, n)) },
      timeline: { events: [message(room, members)], limited: true, prev_batch: `t${room}` },
    };
  }
  return { next_batch: "s1", rooms: { join } };
}

/** Makes the member events of a room. */
export function memberChunk(members: number): unknown[] {
  return range(0, members, (n) => ({ ...member(0, n), room_id: ROOM }));
}

/** The part of a room in a sync response whose events are counted. */
export interface CountedRoom {
  state?: { events?: unknown[] };
  timeline?: { events?: unknown[] };
}

/** The part of a sync response whose events are counted. */
export interface SyncAnswer {
  rooms?: { join?: object };
}

/** Counts the events of joined rooms. */
export function countEvents(answer: SyncAnswer): number {
  let count = 0;
  for (const room of Object.values(answer.rooms?.join ?? {}) as CountedRoom[]) {
    count += (room.state?.events?.length ?? 0) + (room.timeline?.events?.length ?? 0);
  }
  return count;
}

/** Makes a stream of this number of bytes. */
export function byteStream(size: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(64 * 1024).fill(120);
  let left = size;
  return new ReadableStream({
    pull(controller) {
      const next = left < piece.length ? piece.subarray(0, left) : piece;
      left -= next.length;
      controller.enqueue(next);
      if (left === 0) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** Reads a stream and returns its number of bytes. */
export async function countBytes(stream: ReadableStream<Uint8Array>): Promise<number> {
  let count = 0;
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) count += next.value.length;
  return count;
}
