/**
 * Voice and video calls between two users.
 *
 * @module
 */

import type { UserID } from "../identifiers.ts";
import type { MessageEvent } from "./envelope.ts";
import type { OpenObject } from "../json.ts";

/**
 * Type of a session description.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallnegotiate
 */
export type CallDataType = "offer" | "answer" | (string & Record<never, never>);

/**
 * Reason for which a call ended.
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

/** Purpose of a stream. */
export type SDPStreamPurpose = "m.usermedia" | "m.screenshare" | (string & Record<never, never>);

/**
 * A session description.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallinvite
 */
export interface CallData<T extends CallDataType = CallDataType> extends OpenObject {
  /** SDP text. */
  sdp: string;
  /** Type of the session description. */
  type: T;
}

/**
 * Metadata of a stream.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallsdp_stream_metadata_changed
 */
export interface SDPStream extends OpenObject {
  /** Purpose of the stream. */
  purpose: SDPStreamPurpose;
  /** Whether the audio is muted. Absent means `false`. */
  audio_muted?: boolean;
  /** Whether the video is muted. Absent means `false`. */
  video_muted?: boolean;
}

/** Metadata of streams by stream ID. */
export interface SDPStreamMetadata {
  /** Metadata of the stream. */
  [streamId: string]: SDPStream;
}

/**
 * Fields of every call event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#voice-over-ip
 */
export interface BaseCallEventContent extends OpenObject {
  /** Call ID. */
  call_id: string;
  /** Version of the VoIP specification: the string `1`, or the number 0 from old clients. */
  version: string | number;
  /** Party ID, which identifies the sender's device within the call. Absent from old clients. */
  party_id: string;
}

/**
 * Content of an `m.call.invite` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallinvite
 */
export interface CallInviteEventContent extends BaseCallEventContent {
  /** Session description. */
  offer: CallData<"offer">;
  /** Time for which the invite is valid, in milliseconds. */
  lifetime: number;
  /** Invited user. Absent if any user in the room may accept the call. */
  invitee?: UserID;
  /** Metadata of the streams in the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * An ICE candidate.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallcandidates
 */
export interface CallCandidate extends OpenObject {
  /** SDP `a` line of the candidate. */
  candidate: string;
  /** Index of the media description that the candidate belongs to. */
  sdpMLineIndex?: number;
  /** Media stream identification of the candidate. */
  sdpMid?: string;
}

/**
 * Content of an `m.call.candidates` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallcandidates
 */
export interface CallCandidatesEventContent extends BaseCallEventContent {
  /** ICE candidates. */
  candidates: CallCandidate[];
}

/**
 * Content of an `m.call.answer` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallanswer
 */
export interface CallAnswerEventContent extends BaseCallEventContent {
  /** Session description. */
  answer: CallData<"answer">;
  /** Metadata of the streams in the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * Content of an `m.call.select_answer` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallselect_answer
 */
export interface CallSelectAnswerEventContent extends BaseCallEventContent {
  /** Party ID of the selected device. */
  selected_party_id: string;
}

/**
 * Content of an `m.call.hangup` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallhangup
 */
export interface CallHangupEventContent extends BaseCallEventContent {
  /** Reason for which the call ended. */
  reason: CallHangupReason;
}

/**
 * Content of an `m.call.reject` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallreject
 */
export interface CallRejectEventContent extends BaseCallEventContent {}

/**
 * Content of an `m.call.negotiate` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallnegotiate
 */
export interface CallNegotiateEventContent extends BaseCallEventContent {
  /** Session description. */
  description: CallData;
  /** Time for which the negotiation is valid, in milliseconds. */
  lifetime: number;
  /** Metadata of the streams in the session description. */
  sdp_stream_metadata?: SDPStreamMetadata;
}

/**
 * Content of an `m.call.sdp_stream_metadata_changed` event.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mcallsdp_stream_metadata_changed
 */
export interface CallSDPStreamMetadataChangedEventContent extends BaseCallEventContent {
  /** New metadata of the streams. */
  sdp_stream_metadata: SDPStreamMetadata;
}

/** Content of any call event. */
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
 * A call event.
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
