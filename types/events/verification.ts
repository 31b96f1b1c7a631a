/**
 * Verifying keys: steps that are sent to devices, or as messages of a room.
 *
 * @module
 */

import type { DeviceID, EventID } from "../identifiers.ts";
import type { OpenObject } from "../json.ts";

/**
 * How keys are verified.
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
 * How short strings are shown for people to compare.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#short-authentication-string-sas-verification
 */
export type SASMethod = "decimal" | "emoji" | (string & Record<never, never>);

/**
 * Why a verification ended early.
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
 * The request that a step in a room belongs to.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-verification-framework
 */
export interface VerificationRelatesTo extends OpenObject {
  /** How it belongs there: always as a reference. */
  rel_type?: "m.reference";
  /** The event that asked for the verification. */
  event_id?: EventID;
}

/**
 * What ties the steps of a verification together: a transaction ID between devices, a relation in rooms.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#key-verification-framework
 */
export interface BaseVerificationEventContent extends OpenObject {
  /** What ties the steps together between devices. */
  transaction_id?: string;
  /** What ties the steps together in a room. */
  "m.relates_to"?: VerificationRelatesTo;
}

/**
 * Content of `m.key.verification.request`, which is sent to devices.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationrequest
 */
export interface VerificationRequestEventContent extends OpenObject {
  /** The device that asks. */
  from_device: DeviceID;
  /** The methods that the device knows. */
  methods: VerificationMethod[];
  /** What ties the steps together. */
  transaction_id?: string;
  /** When it was asked, in milliseconds since 1970. */
  timestamp?: number;
}

/**
 * Content of `m.key.verification.ready`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationready
 */
export interface VerificationReadyEventContent extends BaseVerificationEventContent {
  /** The device that is ready. */
  from_device: DeviceID;
  /** The methods that both devices know. */
  methods: VerificationMethod[];
}

/**
 * Content of `m.key.verification.start`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstart
 */
export interface VerificationStartEventContent<M extends VerificationMethod = VerificationMethod>
  extends BaseVerificationEventContent {
  /** The device that starts. */
  from_device: DeviceID;
  /** How keys are verified. */
  method: M;
  /** A method for the other direction, if this one verifies one only. */
  next_method?: VerificationMethod;
}

/**
 * Content of `m.key.verification.start` for short strings that people compare.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstartmsasv1
 */
export interface SASVerificationStartEventContent extends VerificationStartEventContent<"m.sas.v1"> {
  /** Ways of agreeing on a key that the device knows. */
  key_agreement_protocols: string[];
  /** Hashes that the device knows. */
  hashes: string[];
  /** Message authentication codes that the device knows. */
  message_authentication_codes: string[];
  /** How the device can show the string. */
  short_authentication_string: SASMethod[];
}

/**
 * Content of `m.key.verification.start` after a QR code was scanned.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationstartmreciprocatev1
 */
export interface ReciprocateVerificationStartEventContent
  extends VerificationStartEventContent<"m.reciprocate.v1"> {
  /** The secret from the QR code, unpadded base64. */
  secret: string;
}

/**
 * Content of `m.key.verification.accept`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationaccept
 */
export interface VerificationAcceptEventContent extends BaseVerificationEventContent {
  /** How keys are verified. */
  method: VerificationMethod;
  /** The way of agreeing on a key that was chosen. */
  key_agreement_protocol: string;
  /** The hash that was chosen. */
  hash: string;
  /** The message authentication code that was chosen. */
  message_authentication_code: string;
  /** How both devices can show the string. */
  short_authentication_string: SASMethod[];
  /** Hash of the device's ephemeral key and the start's content, unpadded base64. */
  commitment: string;
}

/**
 * Content of `m.key.verification.key`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationkey
 */
export interface VerificationKeyEventContent extends BaseVerificationEventContent {
  /** The device's ephemeral key, unpadded base64. */
  key: string;
}

/**
 * Content of `m.key.verification.mac`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationmac
 */
export interface VerificationMacEventContent extends BaseVerificationEventContent {
  /** Codes of the keys, by key ID, unpadded base64. */
  mac: VerificationMacs;
  /** The code of the list of key IDs, unpadded base64. */
  keys: string;
}

/** Message authentication codes by key ID. */
export interface VerificationMacs {
  /** The code of the key, unpadded base64. */
  [keyId: string]: string;
}

/**
 * Content of `m.key.verification.done`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationdone
 */
export interface VerificationDoneEventContent extends BaseVerificationEventContent {}

/**
 * Content of `m.key.verification.cancel`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationcancel
 */
export interface VerificationCancelEventContent extends BaseVerificationEventContent {
  /** The reason for programs. */
  code: VerificationCancelCode;
  /** The reason for people. */
  reason: string;
}
