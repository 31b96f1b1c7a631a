import { Deadline } from "../../http/retry.ts";
import { CryptoError } from "../../http/errors/base.ts";
import { checkIdentifier, checkSignal, checkTimeout, given, kindOf } from "../../http/validate.ts";
import type { DeviceID, UserID } from "../../types/identifiers.ts";
import { isJsonObject, stringField } from "../../types/json.ts";
import type { CompareEmoji, VerificationEmoji, VerifyOptions } from "../sync/identity.ts";
import type { CryptoConnection } from "./connection.ts";
import type { CryptoRequest, EngineVerification } from "./engine.ts";

/** The time for a verification, in milliseconds. The specification lets a request expire after ten minutes. */
const TIMEOUT = 600_000;
/** The time for a cancellation to reach the homeserver, in milliseconds. */
const CANCEL_TIMEOUT = 5_000;
/** The longest reason of the other side that an error contains, in UTF-16 code units. */
const MAX_REASON = 200;

/** Thrown if a verification was cancelled. */
export class VerificationCancelled extends CryptoError {
  /** The name of the class. */
  static override get name(): string {
    return "VerificationCancelled";
  }
  /**
   * The code, such as `m.user`, `m.mismatched_sas` if the emoji do not match, or `m.timeout` if time is up.
   *
   * @see https://spec.matrix.org/v1.19/client-server-api/#mkeyverificationcancel
   */
  readonly code: string;
  /** The reason, which the other side may have written. */
  readonly reason: string;
  /** Whether this side has cancelled. */
  readonly byUs: boolean;

  /**
   * Creates an error.
   *
   * @param code The code.
   * @param reason The reason.
   * @param byUs Whether this side has cancelled.
   */
  constructor(code: string, reason: string, byUs: boolean) {
    super(`Cannot verify: ${byUs ? "this side" : "the other side"} has cancelled (${code}): ${reason}`);
    this.code = code;
    this.reason = reason;
    this.byUs = byUs;
  }
}

/** The verifications of a device. There is one at a time with each user. */
export class Verifications {
  readonly #connect: () => CryptoConnection;
  readonly #running = new Map<UserID, Progress>();

  /**
   * Creates the verifications. Sends nothing.
   *
   * @param connect Returns the client and the engine.
   */
  constructor(connect: () => CryptoConnection) {
    this.#connect = connect;
  }

  /** Verifies a user or a device, see `CryptoIdentity.verify()`. */
  async verify(userId: UserID, options: VerifyOptions): Promise<void> {
    const { deviceId, onEmoji, signal, timeout } = given(options);
    checkIdentifier("user ID", userId);
    if (deviceId !== undefined && deviceId !== null) checkIdentifier("device ID", deviceId);
    if (typeof onEmoji !== "function") {
      throw new TypeError(`Cannot verify: onEmoji must be a function, received ${kindOf(onEmoji)}`);
    }
    const progress = new Progress(checkTimeout(timeout, TIMEOUT), checkSignal(signal));
    await this.#run(userId, progress, onEmoji, () => this.#request(userId, deviceId ?? undefined, progress));
  }

  /** Continues verifications after requests of the engine were sent. */
  wake(): void {
    for (const progress of this.#running.values()) progress.wake();
  }

  /**
   * Continues verifications after a sync response was received, and accepts requests.
   *
   * @param toDevice The decrypted messages to the device.
   */
  received(toDevice: readonly unknown[]): void {
    this.wake();
    const { options: { acceptVerificationFrom = [], onVerification }, client: { log } } = this.#connect();
    for (const event of toDevice) {
      if (!isJsonObject(event) || event.type !== "m.key.verification.request") continue;
      const userId = acceptVerificationFrom.find((user) => user === event.sender);
      const id = stringField(event.content, "transaction_id");
      if (userId === undefined || id === undefined || onVerification === undefined) {
        log.debug("Ignored a request of verification, because its sender is not in acceptVerificationFrom");
        continue;
      }
      this.#accept(userId, id, event, onVerification).then(
        () => log.info(`Verified ${userId}, who has requested it`),
        (error) => log.warn(`Cannot verify ${userId}, who has requested it:`, error),
      );
    }
  }

  /** Cancels all verifications. Resolves when the other sides were notified, or cannot be. */
  async stop(reason: unknown): Promise<void> {
    const running = [...this.#running.values()];
    for (const { limit } of running) limit.abort(reason);
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #accept(userId: UserID, id: string, event: object, compare: CompareEmoji): Promise<void> {
    const earlier = this.#running.get(userId);
    if (earlier?.isIncoming) {
      // The other device may have forgotten its earlier request.
      earlier.limit.abort(new VerificationCancelled("m.user", "there is a newer request", true));
      await earlier.ended;
    }
    const progress = new Progress(TIMEOUT, undefined, true);
    await this.#run(userId, progress, compare, async () => {
      const { engine: { identity }, send } = this.#connect();
      await this.#update(userId, progress);
      // The engine drops requests of unknown devices, such as one that has just signed in.
      if (identity.verification(userId, id) === undefined) await identity.receiveAgain(event);
      const verification = identity.verification(userId, id);
      const ready = verification?.accept();
      if (verification === undefined || ready === undefined) {
        throw new CryptoError(`Cannot verify ${userId}: the request has expired`);
      }
      progress.verification = verification;
      await send(ready, progress.limit.signal);
      return verification;
    });
  }

  async #request(
    userId: UserID,
    deviceId: DeviceID | undefined,
    progress: Progress,
  ): Promise<EngineVerification> {
    await this.#update(userId, progress);
    const { engine: { identity, userId: own }, send } = this.#connect();
    // One request goes to all own devices, but the engine requests one of another user's devices at a time.
    const device = deviceId ?? (userId === own ? undefined : await this.#onlyDevice(userId));
    for (;;) {
      const { change } = progress;
      const requested = await identity.requestVerification(userId, device);
      if (requested === undefined) {
        const reason = device === undefined
          ? "the account has no cross-signing keys, so name a device with deviceId"
          : `the device ${device} is unknown`;
        throw new CryptoError(`Cannot verify ${userId}: ${reason}`);
      }
      const { verification, request } = requested;
      if (verification.phase !== "cancelled") {
        progress.verification = verification;
        await send(request, progress.limit.signal);
        return verification;
      }
      // The engine cancels it if an earlier verification of the user ended after the last sync response.
      await progress.limit.race(change);
    }
  }

  async #onlyDevice(userId: UserID): Promise<DeviceID> {
    const devices = await this.#connect().engine.identity.devices(userId);
    if (devices.length === 1) return devices[0]!;
    const reason = devices.length === 0
      ? "no device is known"
      : `name one of the ${devices.length} devices with deviceId`;
    throw new CryptoError(`Cannot verify ${userId}: ${reason}`);
  }

  /** Gets the current keys of a user. */
  async #update(userId: UserID, { limit: { signal } }: Progress): Promise<void> {
    const { engine, send } = this.#connect();
    await engine.track([userId]);
    await send(engine.identity.queryKeys([userId]), signal);
  }

  /** Carries a verification through. */
  async #run(
    userId: UserID,
    progress: Progress,
    compare: CompareEmoji,
    begin: () => Promise<EngineVerification>,
  ): Promise<void> {
    const earlier = this.#running.get(userId);
    try {
      // An earlier verification that is done only has to upload its signatures.
      if (earlier?.verification?.phase === "done") await progress.limit.race(earlier.ended);
      if (this.#running.has(userId)) {
        throw new CryptoError(`Cannot verify ${userId}: another verification of the user is in progress`);
      }
    } catch (error) {
      progress.end();
      throw error;
    }
    this.#running.set(userId, progress);
    try {
      await this.#compare(progress, await begin(), compare);
      // Uploads the signatures of what was verified. The next sync response uploads those that fail now.
      await this.#connect().flush(progress.limit.signal).catch(() => {});
    } catch (error) {
      const code = error instanceof VerificationCancelled ? error.code : "m.user";
      await this.#cancel(progress.verification, code);
      throw error;
    } finally {
      this.#running.delete(userId);
      progress.end();
    }
  }

  /** Lets emoji be compared, and waits until both sides are done. */
  async #compare(
    progress: Progress,
    verification: EngineVerification,
    compare: CompareEmoji,
  ): Promise<void> {
    const { signal } = progress.limit;
    const send = (request: CryptoRequest) => this.#connect().send(request, signal);
    const { userId, isOurs } = verification;
    let isAsked = false;
    let isConfirmed = false;
    /** Returns whether the emoji match, or throws the error of `compare`. */
    let matches: (() => boolean) | undefined;
    const ask = async (emoji: VerificationEmoji[]) => {
      try {
        const result = await compare(emoji, { userId, deviceId: verification.deviceId ?? "", signal });
        matches = () => result === true;
      } catch (error) {
        matches = () => {
          throw error;
        };
      }
      progress.wake();
    };
    for (;;) {
      signal.throwIfAborted();
      const { change } = progress;
      const { phase, emoji } = verification;
      if (phase === "done") return;
      if (phase === "cancelled") throw cancellationOf(verification);
      if (phase === "ready" && isOurs) {
        const start = await verification.start();
        if (start === undefined) {
          throw new VerificationCancelled("m.unknown_method", "the other side cannot compare emoji", true);
        }
        await send(start);
        continue;
      }
      if (phase === "started" && emoji === undefined) {
        const accept = verification.accept();
        if (accept !== undefined) await send(accept);
      }
      if (emoji !== undefined && !isAsked) {
        isAsked = true;
        ask(emoji);
      }
      if (matches !== undefined && !isConfirmed) {
        if (!matches()) throw new VerificationCancelled("m.mismatched_sas", "the emoji do not match", true);
        isConfirmed = true;
        for (const request of await verification.confirm()) await send(request);
        continue;
      }
      await progress.limit.race(change);
    }
  }

  /** Cancels a verification, and notifies the other side if that is possible within a short time. */
  async #cancel(verification: EngineVerification | undefined, code: string): Promise<void> {
    const isOver = verification === undefined || /^(?:cancelled|done)$/.test(verification.phase);
    const request = isOver ? undefined : verification.cancel(code);
    if (request === undefined) return;
    const limit = new Deadline(CANCEL_TIMEOUT, timedOut);
    try {
      await limit.race(this.#connect().send(request, limit.signal));
    } catch {
      // The verification expires on the other side.
    } finally {
      limit.clear();
    }
  }
}

/** The progress of one verification. */
class Progress {
  /** The time limit, with the caller's signal. */
  readonly limit: Deadline;
  /** Whether the other side has requested it. */
  readonly isIncoming: boolean;
  /** The verification, once it is requested or accepted. */
  verification: EngineVerification | undefined;
  /** Resolves when the verification has ended. */
  readonly ended: Promise<void>;
  /** Resolves when something may have changed. */
  change!: Promise<void>;
  #changed!: () => void;
  #end!: () => void;

  constructor(timeout: number, signal: AbortSignal | undefined, isIncoming = false) {
    this.limit = new Deadline(timeout, timedOut, signal);
    this.isIncoming = isIncoming;
    this.ended = new Promise((resolve) => this.#end = resolve);
    this.#expectChange();
  }

  wake(): void {
    this.#changed();
    this.#expectChange();
  }

  end(): void {
    // Ends the dialog of `CompareEmoji`, too.
    this.limit.abort(new DOMException("The verification has ended", "AbortError"));
    this.#end();
  }

  #expectChange(): void {
    this.change = new Promise((resolve) => this.#changed = resolve);
  }
}

function timedOut(milliseconds: number): VerificationCancelled {
  return new VerificationCancelled("m.timeout", `not done within ${milliseconds} ms`, true);
}

function cancellationOf({ cancellation }: EngineVerification): VerificationCancelled {
  const { code, reason, byUs } = cancellation ?? { code: "m.user", reason: "unknown", byUs: false };
  return new VerificationCancelled(code, reason.slice(0, MAX_REASON), byUs);
}
