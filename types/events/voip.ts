/**
 * Calls between two.
 *
 * @module
 */

import type { UserID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * Which side of a negotiation a session description is.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallnegotiate
 */
export type CallDataType = "offer" | "answer" | (string & Record<never, never>);

/**
 * Why a call ended.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallhangup
 */
export type CallHangupReason =
  | "ice_failed"
  | "ice_timeout"
  | "invite_timeout"
  | "user_hangup"
  | "user_media_failed"
  | "user_busy"
  | "unknown_error"
  | (string & Record<never, never>);

/** What a stream is for. */
export type SDPStreamPurpose = "m.usermedia" | "m.screenshare" | (string & Record<never, never>);

/**
 * A session description.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallinvite
 */
export interface CallData<T extends CallDataType = CallDataType> extends OpenObject {
  /** The description itself. */
  sdp: string;
  /** Which side of the negotiation it is. */
  type: T;
}

/**
 * What a stream is for, and whether it is silent.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallsdp_stream_metadata_changed
 */
export interface SDPStream extends OpenObject {
  /** What the stream is for. */
  purpose: SDPStreamPurpose;
  /** Whether its sound is off; absent means no. */
  audio_muted?: boolean;
  /** Whether its picture is off; absent means no. */
  video_muted?: boolean;
}

/** Streams by ID. */
export interface SDPStreamMetadata {
  /** What is to say of the stream. */
  [streamId: string]: SDPStream;
}

/**
 * What the events of a call have in common.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#voice-over-ip
 */
export interface BaseCallEventContent extends OpenObject {
  /** The call's ID. */
  call_id: string;
  /** The version of these rules: the string `1`; the number 0 from old clients. */
  version: string | number;
  /** Which device of the sender's takes part. Old clients leave it out. */
  party_id: string;
}

/**
 * Content of `m.call.invite`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallinvite
 */
export interface CallInviteEventContent extends BaseCallEventContent {
  /** The session description. */
  offer: CallData<"offer">;
  /** How long the invitation holds, in milliseconds. */
  lifetime: number;
  /** Who is called; absent for anybody in the room. */
  invitee?: UserID;
  /** The streams of the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * A way on which devices may reach each other.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallcandidates
 */
export interface CallCandidate extends OpenObject {
  /** The candidate's SDP line. */
  candidate: string;
  /** Which media section it belongs to, by number. */
  sdpMLineIndex?: number;
  /** Which media section it belongs to, by name. */
  sdpMid?: string;
}

/**
 * Content of `m.call.candidates`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallcandidates
 */
export interface CallCandidatesEventContent extends BaseCallEventContent {
  /** The candidates. */
  candidates: CallCandidate[];
}

/**
 * Content of `m.call.answer`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallanswer
 */
export interface CallAnswerEventContent extends BaseCallEventContent {
  /** The session description. */
  answer: CallData<"answer">;
  /** The streams of the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * Content of `m.call.select_answer`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallselect_answer
 */
export interface CallSelectAnswerEventContent extends BaseCallEventContent {
  /** The device whose answer was chosen. */
  selected_party_id: string;
}

/**
 * Content of `m.call.hangup`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallhangup
 */
export interface CallHangupEventContent extends BaseCallEventContent {
  /** Why the call ended. */
  reason: CallHangupReason;
}

/**
 * Content of `m.call.reject`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallreject
 */
export interface CallRejectEventContent extends BaseCallEventContent {}

/**
 * Content of `m.call.negotiate`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallnegotiate
 */
export interface CallNegotiateEventContent extends BaseCallEventContent {
  /** The session description. */
  description: CallData;
  /** How long it holds, in milliseconds. */
  lifetime: number;
  /** The streams of the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * Content of `m.call.sdp_stream_metadata_changed`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallsdp_stream_metadata_changed
 */
export interface CallSDPStreamMetadataChangedEventContent extends BaseCallEventContent {
  /** The streams as they are now. */
  sdp_stream_metadata: SDPStreamMetadata;
}

/** Content of any event of a call. */
export type CallEventContent =
  | CallInviteEventContent
  | CallCandidatesEventContent
  | CallSelectAnswerEventContent
  | CallAnswerEventContent
  | CallHangupEventContent
  | CallRejectEventContent
  | CallNegotiateEventContent
  | CallSDPStreamMetadataChangedEventContent;

/**
 * An event of a call.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#voice-over-ip
 */
export type CallEvent =
  | MessageEvent<CallInviteEventContent, "m.call.invite">
  | MessageEvent<CallCandidatesEventContent, "m.call.candidates">
  | MessageEvent<CallSelectAnswerEventContent, "m.call.select_answer">
  | MessageEvent<CallAnswerEventContent, "m.call.answer">
  | MessageEvent<CallHangupEventContent, "m.call.hangup">
  | MessageEvent<CallRejectEventContent, "m.call.reject">
  | MessageEvent<CallNegotiateEventContent, "m.call.negotiate">
  | MessageEvent<CallSDPStreamMetadataChangedEventContent, "m.call.sdp_stream_metadata_changed">;
