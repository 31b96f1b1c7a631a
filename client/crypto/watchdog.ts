import { CryptoError, MatrixError } from "../../http/errors/base.ts";
import type { CryptoEngine } from "./engine.ts";
import { StoreTakenOver } from "./string_store.ts";

/**
 * Milliseconds after which a call of an engine counts as failed. A panic inside of WebAssembly leaves its promise pending
 * on Bun 1.4.
 */
const WATCHDOG = 30_000;

/**
 * Waits for a call of an engine, no longer than the time of the {@linkcode WATCHDOG}.
 *
 * @param action What the call does, for the error message.
 * @param work Makes the call.
 * @throws {CryptoError} If it does not settle in time.
 */
export async function watched<T>(action: string, work: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  // The error is made when it is needed, because capturing its stack takes time.
  const expired = new Promise<never>((_, reject) => {
    const expire = () =>
      reject(
        new CryptoError(`Cannot ${action}: the crypto engine did not respond within ${WATCHDOG} ms`),
      );
    timer = setTimeout(expire, WATCHDOG);
  });
  try {
    return await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Returns an engine whose calls have a time limit and reject with a {@linkcode MatrixError} only.
 *
 * @param engine The engine.
 */
export function watchedEngine(engine: CryptoEngine): CryptoEngine {
  const call = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await watched(action, work);
    } catch (error) {
      const { cause } = error as { cause?: unknown };
      if (cause instanceof StoreTakenOver) throw cause;
      if (error instanceof MatrixError) throw error;
      throw new CryptoError(`Cannot ${action}: the crypto engine failed`, { cause: error });
    }
  };
  return {
    userId: engine.userId,
    deviceId: engine.deviceId,
    identity: engine.identity,
    receive: (changes) => call("receive a sync response", () => engine.receive(changes)),
    outgoing: () => call("make requests", () => engine.outgoing()),
    sent: (request, response) => call("process a response", () => engine.sent(request, response)),
    track: (users) => call("track users", () => engine.track(users)),
    claim: (users) => call("claim keys", () => engine.claim(users)),
    share: (roomId, users, how) => call("share a room key", () => engine.share(roomId, users, how)),
    encrypt: (roomId, type, content) => call("encrypt an event", () => engine.encrypt(roomId, type, content)),
    decrypt: (roomId, event, trust) => call("decrypt an event", () => engine.decrypt(roomId, event, trust)),
    room: (roomId) => call("read the settings of a room", () => engine.room(roomId)),
    setRoom: (roomId, how) => call("store the settings of a room", () => engine.setRoom(roomId, how)),
    onKeys: (listener) => engine.onKeys(listener),
    close: () => call("close the crypto store", () => engine.close()),
  };
}
