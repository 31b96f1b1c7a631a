/** The calls that are measured. A library omits what it does not support. */
export interface Contender {
  /** Requests the owner of the token. */
  whoami(): Promise<unknown>;
  /** Sends a text message. */
  send(): Promise<unknown>;
  /** Makes an initial sync and returns the number of events. */
  sync(): Promise<number>;
  /** Makes this number of incremental syncs and returns the number of events. */
  stream?(batches: number): Promise<number>;
  /** Does the same with a handler and returns the number of messages that it received. */
  handle?(batches: number): Promise<number>;
  /** Does the same with a handler that returns a promise. */
  promise?(batches: number): Promise<number>;
  /** Gets the members of a room and returns their number. */
  members(): Promise<number>;
  /** Uploads a stream of known size. */
  uploadStream?(stream: ReadableStream<Uint8Array<ArrayBuffer>>, size: number): Promise<unknown>;
  /** Uploads bytes. */
  uploadBytes?(bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
  /** Opens content as a stream. */
  downloadStream?(mediaId: string): Promise<ReadableStream<Uint8Array>>;
  /** Downloads content into memory and returns its number of bytes. */
  downloadBytes?(mediaId: string): Promise<number>;
}

/** Address and account of the server. */
export interface Target {
  /** Base URL. */
  url: string;
  /** Access token, which selects the size of the responses. */
  token: string;
}

/** Creates a contender from the exports of its library. */
export type MakeContender = (library: unknown, target: Target) => Contender;
