/** What is asked of every library. What one does not have it leaves out. */
export interface Contender {
  /** Asks who the token belongs to. */
  whoami(): Promise<unknown>;
  /** Sends a text message. */
  send(): Promise<unknown>;
  /** Makes a first sync, and says how many events came. */
  sync(): Promise<number>;
  /** Asks for what is new so many times, and says how many events came. */
  stream?(batches: number): Promise<number>;
  /** The same with a handler for messages; says how many it got. */
  handle?(batches: number): Promise<number>;
  /** Gets the members of a room, and says how many there are. */
  members(): Promise<number>;
  /** Uploads a stream whose size is known. */
  uploadStream?(stream: ReadableStream<Uint8Array<ArrayBuffer>>, size: number): Promise<unknown>;
  /** Uploads bytes. */
  uploadBytes?(bytes: Uint8Array<ArrayBuffer>): Promise<unknown>;
  /** Opens content as a stream. */
  downloadStream?(mediaId: string): Promise<ReadableStream<Uint8Array>>;
  /** Downloads content into memory, and says how many bytes it has. */
  downloadBytes?(mediaId: string): Promise<number>;
}

/** A server to talk to. */
export interface Target {
  /** Its base URL. */
  url: string;
  /** The access token, which says how much the server answers. */
  token: string;
}

/** Makes a contender from what its library exports. */
export type MakeContender = (library: unknown, target: Target) => Contender;
