import type { EventID, UserID } from "../../types/identifiers.ts";
import { isJsonObject, type JsonObject } from "../../types/json.ts";

/** An encrypted event of a room, as it is received. */
export interface EncryptedEvent extends JsonObject {
  type: "m.room.encrypted";
  event_id: EventID;
  sender: UserID;
  content: JsonObject;
}

/** Whether a value is an encrypted event. One that was redacted is not: it has no content any more. */
export function isEncryptedEvent(value: unknown): value is EncryptedEvent {
  return isJsonObject(value) && value.type === "m.room.encrypted" && typeof value.event_id === "string" &&
    typeof value.sender === "string" && isJsonObject(value.content) && !isRedacted(value);
}

function isRedacted({ content, unsigned }: JsonObject): boolean {
  return isJsonObject(unsigned) && isJsonObject(unsigned.redacted_because) &&
    (content as JsonObject).ciphertext === undefined;
}
