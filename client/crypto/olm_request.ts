import type { CryptoRequest } from "./engine.ts";

/** A request of the package. */
export interface OlmRequest {
  id?: string | undefined;
  type: number;
  body: string;
  event_type?: string;
  txn_id?: string;
  room_id?: string;
  version?: string;
}

/** Kinds of requests by the package's numbers. */
export const KINDS: readonly CryptoRequest["kind"][] = [
  "keysUpload",
  "keysQuery",
  "keysClaim",
  "toDevice",
  "signatures",
  "roomMessage",
  "backup",
];

/** Returns a request of the package as one of an engine. */
export function toRequest(
  { id, type, body, event_type, txn_id, room_id, version }: OlmRequest,
): CryptoRequest {
  return {
    id: id ?? "",
    kind: KINDS[type] ?? "toDevice",
    body,
    eventType: event_type,
    txnId: txn_id,
    roomId: room_id,
    version,
  };
}
