import type { EventID, RoomID } from "../../types/identifiers.ts";
import type { Rows } from "./rows.ts";

/** The number of sessions that are remembered, and of messages in each. */
const SESSIONS = 2_000;
const MESSAGES = 2_000;
const PREFIX = "seen:";

/**
 * Remembers which event a message was decrypted from: an engine decrypts the same ciphertext under a second event ID.
 * The oldest sessions are forgotten.
 */
export class ReplayTable {
  readonly #rows: Rows;
  /** The keys of the rows, those that were used last at the end. */
  #sessions: Set<string> | undefined;

  /**
   * Creates a table.
   *
   * @param rows The rows, which are loaded when the table is used.
   */
  constructor(rows: Rows) {
    this.#rows = rows;
  }

  /**
   * Remembers a message.
   *
   * @param roomId Its room.
   * @param sessionId Its session.
   * @param index Its index in the session.
   * @param eventId The event that it was decrypted from.
   * @returns Whether it is new, or was decrypted from the same event before.
   */
  admits(roomId: RoomID, sessionId: string, index: number, eventId: EventID): boolean {
    const key = `${PREFIX}${JSON.stringify([roomId, sessionId])}`;
    const seen: Record<string, string> = JSON.parse(this.#rows.get(key) ?? "{}");
    const before = seen[index];
    if (before !== undefined) return before === eventId;
    seen[index] = eventId;
    // Keys that are integers are in ascending order.
    const [first, ...others] = Object.keys(seen);
    if (others.length >= MESSAGES) delete seen[first!];
    this.#rows.set(key, JSON.stringify(seen));
    this.#touch(key);
    return true;
  }

  #touch(key: string): void {
    this.#sessions ??= new Set(this.#rows.keys(PREFIX));
    this.#sessions.delete(key);
    this.#sessions.add(key);
    for (const oldest of this.#sessions) {
      if (this.#sessions.size <= SESSIONS) return;
      this.#sessions.delete(oldest);
      this.#rows.set(oldest, undefined);
    }
  }
}
