import { isJsonObject } from "../../http/json_object.ts";
import type { RoomID, SyncToken } from "../../types/identifiers.ts";
import type { EventOrigin } from "./handler_types.ts";

/** Where events come from, as handlers are told. */
export interface Place {
  /** Which part of the answer. */
  readonly from: EventOrigin;
  /** The room, if they belong to one. */
  readonly roomId: RoomID | undefined;
  /** What was asked with. */
  readonly since: SyncToken | undefined;
}

/** Events of a room that are handed over one after another. */
export interface Piece {
  readonly place: Place & { readonly roomId: RoomID };
  readonly events: readonly unknown[];
  /** Where the gap before them begins, if they are a timeline that leaves something out. */
  readonly before?: SyncToken;
  /** What the answer says of the room. */
  readonly room: Record<string, unknown>;
}

/** How a batch is to be taken apart. */
export interface Cut {
  /** What the batch was asked with. */
  readonly since: SyncToken | undefined;
  /** Whether timelines are wanted at all. */
  readonly timelines: boolean;
  /** Whether gaps are of interest even where nobody takes what was in them. */
  readonly gaps: boolean;
  /** Whether anybody takes events from there. */
  readonly wants: (from: EventOrigin) => boolean;
}

/**
 * The sections of an answer, and the parts of a room in the order in which they are handed over. Invites come last:
 * who accepts them may have to wait for other servers, which is not to keep rooms waiting.
 */
const SECTIONS: readonly [section: string, parts: readonly [part: string, from: EventOrigin][]][] = [
  ["join", [
    ["state", "state"],
    ["state_after", "state"],
    ["timeline", "timeline"],
    ["ephemeral", "ephemeral"],
    ["account_data", "accountData"],
  ]],
  ["leave", [
    ["state", "state"],
    ["state_after", "state"],
    ["timeline", "leave"],
    ["account_data", "accountData"],
  ]],
  ["invite", [["invite_state", "invite"]]],
  ["knock", [["knock_state", "knock"]]],
];

/**
 * Takes a batch apart by rooms, and leaves out what nobody takes. A room that is there twice stays one, so that its
 * events come one after another.
 *
 * @param rooms The `rooms` of the answer; nothing in it is certain.
 */
export function roomsOf(rooms: unknown, cut: Cut): Piece[][] {
  const found = new Map<string, Piece[]>();
  if (!isJsonObject(rooms)) return [];
  for (const [name, parts] of SECTIONS) {
    const section = rooms[name];
    if (!isJsonObject(section)) continue;
    const wanted = parts.filter(([part, from]) =>
      (part !== "timeline" || cut.timelines) && (cut.wants(from) || (part === "timeline" && cut.gaps))
    );
    if (wanted.length === 0) continue;
    for (const roomId of Object.keys(section)) {
      const room = section[roomId];
      if (!isJsonObject(room)) continue;
      for (const [part, from] of wanted) {
        const piece = pieceOf(room, part, { from, roomId: roomId as RoomID, since: cut.since });
        if (piece === undefined) continue;
        const pieces = found.get(roomId);
        if (pieces === undefined) found.set(roomId, [piece]);
        else pieces.push(piece);
      }
    }
  }
  return [...found.values()];
}

function pieceOf(room: Record<string, unknown>, part: string, place: Piece["place"]): Piece | undefined {
  const value = room[part];
  const events = eventsOf(value);
  if (part === "timeline" && place.since !== undefined && isJsonObject(value) && value.limited === true) {
    const { prev_batch: before } = value;
    if (typeof before === "string" && before !== "") return { place, events, before, room };
  }
  return events.length === 0 ? undefined : { place, events, room };
}

/** The events of a part of an answer; none where it holds no list. */
export function eventsOf(part: unknown): readonly unknown[] {
  return isJsonObject(part) && Array.isArray(part.events) ? part.events : [];
}
