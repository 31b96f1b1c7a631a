/**
 * Key verification events, which are sent to devices or to a room.
 *
 * @module
 */

import type { DeviceID, EventID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * Verification method.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-verification-framework
 */
export type VerificationMethod =
  | "m.sas.v1"
  | "m.reciprocate.v1"
  | "m.qr_code.show.v1"
  | "m.qr_code.scan.v1"
  | (string & Record<never, never>);

/**
 * Representation of a short authentication string.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#short-authentication-string-sas-verification
 */
export type SASMethod = "decimal" | "emoji" | (string & Record<never, never>);

/**
 * Reason for which a verification is cancelled.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationcancel
 */
export type VerificationCancelCode =
  | "m.user"
  | "m.timeout"
  | "m.unknown_transaction"
  | "m.unknown_method"
  | "m.unexpected_message"
  | "m.key_mismatch"
  | "m.user_mismatch"
  | "m.invalid_message"
  | "m.accepted"
  | "m.mismatched_commitment"
  | "m.mismatched_sas"
  | (string & Record<never, never>);

/**
 * Relation of a verification event in a room to its request.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-verification-framework
 */
export interface VerificationRelatesTo extends OpenObject {
  /** Relation type. */
  rel_type?: "m.reference";
  /** The verification request. */
  event_id?: EventID;
}

/**
 * Fields that connect the events of a verification: a transaction ID between devices, a relation in rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-verification-framework
 */
export interface BaseVerificationEventContent extends OpenObject {
  /** Transaction ID. Present in to-device events. */
  transaction_id?: string;
  /** Relation to the request. Present in room events. */
  "m.relates_to"?: VerificationRelatesTo;
}

/**
 * Content of an `m.key.verification.request` to-device event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationrequest
 */
export interface VerificationRequestEventContent extends OpenObject {
  /** Requesting device. */
  from_device: DeviceID;
  /** Verification methods that the device supports. */
  methods: VerificationMethod[];
  /** Transaction ID of the verification. */
  transaction_id?: string;
  /** Time of the request, in milliseconds since the Unix epoch. */
  timestamp?: number;
}

/**
 * Content of an `m.key.verification.ready` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationready
 */
export interface VerificationReadyEventContent extends BaseVerificationEventContent {
  /** Accepting device. */
  from_device: DeviceID;
  /** Verification methods that both devices support. */
  methods: VerificationMethod[];
}

/**
 * Content of an `m.key.verification.start` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstart
 */
export interface VerificationStartEventContent<M extends VerificationMethod = VerificationMethod>
  extends BaseVerificationEventContent {
  /** Device that starts the verification. */
  from_device: DeviceID;
  /** Verification method. */
  method: M;
  /** Method to verify the other direction, if this method verifies only one. */
  next_method?: VerificationMethod;
}

/**
 * Content of an `m.key.verification.start` event with method `m.sas.v1`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstartmsasv1
 */
export interface SASVerificationStartEventContent extends VerificationStartEventContent<"m.sas.v1"> {
  /** Key agreement protocols that the device supports. */
  key_agreement_protocols: string[];
  /** Hash algorithms that the device supports. */
  hashes: string[];
  /** MAC algorithms that the device supports. */
  message_authentication_codes: string[];
  /** Representations of the short authentication string that the device supports. */
  short_authentication_string: SASMethod[];
}

/**
 * Content of an `m.key.verification.start` event with method `m.reciprocate.v1`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstartmreciprocatev1
 */
export interface ReciprocateVerificationStartEventContent
  extends VerificationStartEventContent<"m.reciprocate.v1"> {
  /** Secret from the QR code, unpadded base64. */
  secret: string;
}

/**
 * Content of an `m.key.verification.accept` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationaccept
 */
export interface VerificationAcceptEventContent extends BaseVerificationEventContent {
  /** Verification method. */
  method: VerificationMethod;
  /** Chosen key agreement protocol. */
  key_agreement_protocol: string;
  /** Chosen hash algorithm. */
  hash: string;
  /** Chosen MAC algorithm. */
  message_authentication_code: string;
  /** Representations of the short authentication string that both devices support. */
  short_authentication_string: SASMethod[];
  /** Hash of the device's ephemeral public key and the content of the start event, unpadded base64. */
  commitment: string;
}

/**
 * Content of an `m.key.verification.key` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationkey
 */
export interface VerificationKeyEventContent extends BaseVerificationEventContent {
  /** Ephemeral public key of the device, unpadded base64. */
  key: string;
}

/**
 * Content of an `m.key.verification.mac` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationmac
 */
export interface VerificationMacEventContent extends BaseVerificationEventContent {
  /** MACs of the keys by key ID, unpadded base64. */
  mac: VerificationMacs;
  /** MAC of the list of key IDs, unpadded base64. */
  keys: string;
}

/** MACs by key ID. */
export interface VerificationMacs {
  /** MAC of the key, unpadded base64. */
  [keyId: string]: string;
}

/**
 * Content of an `m.key.verification.done` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationdone
 */
export interface VerificationDoneEventContent extends BaseVerificationEventContent {}

/**
 * Content of an `m.key.verification.cancel` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationcancel
 */
export interface VerificationCancelEventContent extends BaseVerificationEventContent {
  /** Machine-readable reason. */
  code: VerificationCancelCode;
  /** Human-readable reason. */
  reason: string;
}
