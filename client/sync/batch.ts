import { isJsonObject } from "../../http/json_object.ts";
import type { RoomID } from "../../types/identifiers.ts";

/** How the user stands to a room. */
export type Standing = "join" | "invite" | "knock" | "leave";

/** What a batch holds of a room under one standing. */
export interface RoomPart {
  readonly roomId: RoomID;
  readonly standing: Standing;
  /** As it stood on the wire; nothing in it is certain. */
  readonly room: Record<string, unknown>;
}

const STANDINGS: readonly Standing[] = ["invite", "knock", "join", "leave"];

/**
 * Takes a batch apart by rooms. A room that is there twice stays one, so that its events come one after another.
 *
 * @param rooms The `rooms` of the answer.
 */
export function roomsOf(rooms: unknown): RoomPart[][] {
  const found = new Map<string, RoomPart[]>();
  if (!isJsonObject(rooms)) return [];
  for (const standing of STANDINGS) {
    const section = rooms[standing];
    if (!isJsonObject(section)) continue;
    for (const roomId of Object.keys(section)) {
      const room = section[roomId];
      if (!isJsonObject(room)) continue;
      const part: RoomPart = { roomId: roomId as RoomID, standing, room };
      const parts = found.get(roomId);
      if (parts === undefined) found.set(roomId, [part]);
      else parts.push(part);
    }
  }
  return [...found.values()];
}

/** The events of a part of an answer; none where it holds no list. */
export function eventsOf(part: unknown): readonly unknown[] {
  return isJsonObject(part) && Array.isArray(part.events) ? part.events : [];
}
