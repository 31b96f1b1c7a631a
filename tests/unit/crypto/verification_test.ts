import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type CompareEmoji,
  type CryptoOptions,
  VerificationCancelled,
  type VerifyOptions,
} from "../../../client/crypto/mod.ts";
import { settleCrypto } from "../../../client/crypto/options.ts";
import { Verifications } from "../../../client/crypto/verification.ts";
import { CryptoError } from "../../../http/mod.ts";
import type { UserID } from "../../../types/mod.ts";
import { FakeHomeserver } from "../../support/fake_homeserver.ts";
import { EMOJI, FakeConnection, FakeVerification, ME } from "../../support/fake_identity.ts";

const ALICE: UserID = "@alice:example.org";
const accept: CompareEmoji = () => true;
const never: CompareEmoji = () => new Promise(() => {});

function connected() {
  const connection = new FakeConnection(new FakeHomeserver());
  const verifications = new Verifications(() => connection);
  const { identity, sent } = connection;
  /** Requests a verification that tests continue. */
  const requested = (isOurs = true, id = "flow") => {
    const verification = new FakeVerification(ALICE, isOurs, id);
    (isOurs ? identity.outgoing : identity.incoming).push(verification);
    return verification;
  };
  /** Continues a verification, and waits until what follows has been done. */
  const continued = async (verification: FakeVerification, state: Partial<FakeVerification> = {}) => {
    Object.assign(verification, state);
    verifications.received([]);
    await settled();
  };
  return { connection, verifications, identity, sent, requested, continued };
}

/** Waits until nothing is left to do but wait for the other side. */
async function settled(): Promise<void> {
  for (let round = 0; round < 50; round++) await Promise.resolve();
}

function requestFrom(sender: string, id = "flow") {
  return { type: "m.key.verification.request", sender, content: { transaction_id: id } };
}

Deno.test("Verifications.verify() starts, compares and confirms, and resolves once both sides are done", async () => {
  const { verifications, sent, requested, continued } = connected();
  const verification = requested();
  const seen: unknown[] = [];
  let isDone = false;
  const verified = verifications.verify(ALICE, {
    onEmoji: (emoji, { userId, deviceId, signal }) => {
      seen.push(emoji, userId, deviceId, signal.aborted);
      return Promise.resolve(true);
    },
  }).then(() => isDone = true);
  await settled();
  assertEquals(sent, [`query ${ALICE}`, "request"]);
  await continued(verification, { phase: "ready" });
  assertEquals(verification.calls, ["start"]);
  await continued(verification);
  assertEquals(seen, []);
  await continued(verification, { emoji: EMOJI });
  await continued(verification);
  assertEquals(seen, [EMOJI, ALICE, "OTHER", false]);
  assertEquals([verification.calls, isDone], [["start", "confirm"], false]);
  await continued(verification, { phase: "done" });
  await verified;
  assertEquals(sent, [`query ${ALICE}`, "request", "start", "mac", "signatures", "flush"]);
});

Deno.test("Verifications.verify() accepts the comparison that the other side has started", async () => {
  const { verifications, requested, continued } = connected();
  const verification = requested();
  const verified = verifications.verify(ALICE, { onEmoji: accept });
  await settled();
  await continued(verification, { phase: "started" });
  await continued(verification, { emoji: EMOJI });
  await continued(verification, { phase: "done" });
  await verified;
  assertEquals(verification.calls, ["accept started", "confirm"]);
});

Deno.test("Verifications.received() accepts requests of the users in acceptVerificationFrom", async () => {
  const { connection, verifications, sent, requested, continued } = connected();
  const verification = requested(false);
  const peers: string[] = [];
  const onVerification: CompareEmoji = (_, { userId, deviceId }) => peers.push(`${userId} ${deviceId}`) > 0;
  connection.options = { trust: "any", acceptVerificationFrom: [ALICE], onVerification };
  verifications.received([requestFrom(ALICE)]);
  await settled();
  // The other side starts.
  assertEquals(sent, [`query ${ALICE}`, "accept ready"]);
  await continued(verification, { phase: "started" });
  await continued(verification, { emoji: EMOJI });
  await continued(verification, { phase: "done" });
  assertEquals(verification.calls, ["accept requested", "accept started", "confirm"]);
  assertEquals(peers, [`${ALICE} OTHER`]);
  assertEquals(connection.logged, [`info Verified ${ALICE}, who has requested it`]);
});

Deno.test("Verifications.received() ignores all other requests", async () => {
  const { connection, verifications, sent, requested } = connected();
  const verification = requested(false);
  const requests = [requestFrom("@eve:example.org"), requestFrom(ME), requestFrom("@ALICE:example.org")];
  const malformed = [null, 5, { type: "m.key.verification.request" }, { ...requestFrom(ALICE), content: {} }];
  connection.options = { trust: "any", acceptVerificationFrom: [ALICE], onVerification: accept };
  verifications.received([...requests, ...malformed]);
  // By default, nobody is accepted.
  connection.options = { trust: "any" };
  verifications.received([requestFrom(ALICE)]);
  await settled();
  assertEquals([verification.calls, sent], [[], []]);
  assert(connection.logged.every((line) => line.startsWith("debug Ignored")));
});

Deno.test("Verifications.received() receives a request again if its device was unknown", async () => {
  const { connection, verifications, identity, sent } = connected();
  connection.options = { trust: "any", acceptVerificationFrom: [ALICE], onVerification: accept };
  const { receiveAgain } = identity;
  identity.receiveAgain = () => {
    identity.incoming.push(new FakeVerification(ALICE, false));
    return receiveAgain.call(identity);
  };
  verifications.received([requestFrom(ALICE)]);
  await settled();
  assertEquals([identity.calls, sent.at(-1)], [["receiveAgain"], "accept ready"]);
  await verifications.stop(new Error("over"));

  identity.receiveAgain = receiveAgain;
  verifications.received([requestFrom(ALICE, "gone")]);
  await settled();
  assert(connection.logged.at(-1)?.includes("the request has expired"));
});

Deno.test("Verifications.received() prefers a newer request of the same user", async () => {
  const { connection, verifications, requested } = connected();
  const [first, second] = [requested(false, "first"), requested(false, "second")];
  connection.options = { trust: "any", acceptVerificationFrom: [ALICE], onVerification: accept };
  verifications.received([requestFrom(ALICE, "first")]);
  await settled();
  verifications.received([requestFrom(ALICE, "second")]);
  await settled();
  assertEquals(first.calls, ["accept requested", "cancel m.user"]);
  assertEquals(second.calls, ["accept requested"]);
  // Not in place of one that this side has requested, or the other way round.
  await assertRejects(() => verifications.verify(ALICE, { onEmoji: accept }), CryptoError, "in progress");
  await verifications.stop(new Error("over"));
});

Deno.test("Verifications.verify() waits for a verification of the user that is done, and not for one in progress", async () => {
  const { connection, verifications, requested, continued } = connected();
  let uploaded = () => {};
  connection.respond = ({ id }) => id === "flush" ? new Promise<void>((resolve) => uploaded = resolve) : {};
  const first = requested();
  const verified = verifications.verify(ALICE, { onEmoji: accept });
  await settled();
  await assertRejects(() => verifications.verify(ALICE, { onEmoji: accept }), CryptoError, "in progress");
  await continued(first, { phase: "done" });
  const second = requested(true, "second");
  const again = verifications.verify(ALICE, { onEmoji: accept });
  uploaded();
  await verified;
  await settled();
  await continued(second, { phase: "done" });
  uploaded();
  await again;
});

Deno.test("Verifications.verify() rejects with code and reason if the other side cancels", async () => {
  const { verifications, requested, continued } = connected();
  const verification = requested();
  let dialog: AbortSignal | undefined;
  const verified = verifications.verify(ALICE, {
    onEmoji: (emoji, peer) => never(emoji, { ...peer, signal: dialog = peer.signal }),
  });
  await settled();
  await continued(verification, { phase: "started", emoji: EMOJI });
  assertEquals(dialog?.aborted, false);
  const cancellation = { code: "m.user", reason: "no time ".repeat(1_000), byUs: false };
  verification.phase = "cancelled";
  verification.cancellation = cancellation;
  verifications.wake();
  const error = await assertRejects(
    () => verified,
    VerificationCancelled,
    "the other side has cancelled (m.user)",
  );
  assertEquals([error.code, error.byUs, error.reason.length, dialog?.aborted], ["m.user", false, 200, true]);
  assertEquals(verification.calls, []);
  assertEquals(error.name, "VerificationCancelled");
});

Deno.test("Verifications.verify() cancels if the emoji do not match, and for anything but true", async () => {
  for (const answer of [false, undefined, 1, "yes"]) {
    const { verifications, sent, requested, continued } = connected();
    const verification = requested();
    const verified = verifications.verify(ALICE, { onEmoji: () => answer as boolean });
    const rejected = assertRejects(() => verified, VerificationCancelled, "m.mismatched_sas");
    await settled();
    await continued(verification, { phase: "started", emoji: EMOJI });
    assertEquals((await rejected).byUs, true);
    assertEquals(verification.calls, ["cancel m.mismatched_sas"]);
    assertEquals(sent.at(-1), "cancel m.mismatched_sas");
  }
});

Deno.test("Verifications.verify() cancels if the signal is aborted, time is up, or onEmoji() throws", async () => {
  const reason = new Error("no");
  const controller = new AbortController();
  const cases: [VerifyOptions, string][] = [
    [{ onEmoji: () => Promise.reject(reason) }, "m.user"],
    [{
      onEmoji: () => {
        throw reason;
      },
    }, "m.user"],
    [{
      // Even if the emoji match.
      onEmoji: () => {
        controller.abort(reason);
        return true;
      },
      signal: controller.signal,
    }, "m.user"],
    [{ onEmoji: never, timeout: 1 }, "m.timeout"],
  ];
  for (const [options, code] of cases) {
    const { verifications, sent, requested, continued } = connected();
    const verification = requested();
    const verified = verifications.verify(ALICE, options);
    const rejected = assertRejects(() => verified);
    await settled();
    await continued(verification, { phase: "started", emoji: EMOJI });
    const error = await rejected;
    if (code === "m.user") assertEquals(error, reason);
    else assert(error instanceof VerificationCancelled && error.code === code && error.byUs);
    assertEquals(verification.calls, [`cancel ${code}`]);
    assertEquals(sent.at(-1), `cancel ${code}`);
  }
});

Deno.test("Verifications.stop() cancels verifications, and waits until that was sent", async () => {
  const { connection, verifications, sent, requested } = connected();
  const reason = new Error("closed");
  requested();
  const rejected = assertRejects(() => verifications.verify(ALICE, { onEmoji: accept }));
  await settled();
  let release = () => {};
  connection.respond = () => new Promise<void>((resolve) => release = resolve);
  let isStopped = false;
  const stopped = verifications.stop(reason).then(() => isStopped = true);
  await settled();
  assertEquals([sent.at(-1), isStopped], ["cancel m.user", false]);
  release();
  await stopped;
  assertEquals(await rejected, reason);
  await verifications.stop(reason);
});

Deno.test("Verifications.verify() rejects with its own error if the cancellation cannot be sent", async () => {
  const { connection, verifications, requested, continued } = connected();
  const verification = requested();
  const verified = verifications.verify(ALICE, { onEmoji: () => false });
  const rejected = assertRejects(() => verified, VerificationCancelled, "m.mismatched_sas");
  await settled();
  connection.respond = () => {
    throw new TypeError("no connection");
  };
  await continued(verification, { phase: "started", emoji: EMOJI });
  await rejected;
});

Deno.test("Verifications.verify() rejects with the error of a request, and cancels", async () => {
  const { connection, verifications, requested, continued } = connected();
  const verification = requested();
  const failure = new TypeError("no connection");
  connection.respond = ({ id }) => {
    if (id === "start") throw failure;
  };
  const rejected = assertRejects(() => verifications.verify(ALICE, { onEmoji: accept }));
  await settled();
  await continued(verification, { phase: "ready" });
  assertEquals(await rejected, failure);
  assertEquals(verification.calls, ["start", "cancel m.user"]);
});

Deno.test("Verifications.verify() cancels if the other side cannot compare emoji", async () => {
  const { verifications, requested, continued } = connected();
  const verification = requested();
  verification.isSupported = false;
  const rejected = assertRejects(
    () => verifications.verify(ALICE, { onEmoji: accept }),
    VerificationCancelled,
    "m.unknown_method",
  );
  await settled();
  await continued(verification, { phase: "ready" });
  await rejected;
});

Deno.test("Verifications.verify() requests again if the engine has cancelled its request", async () => {
  const { verifications, identity, requested, continued } = connected();
  const [first, second] = [requested(), requested()];
  first.phase = "cancelled";
  const verified = verifications.verify(ALICE, { deviceId: "OTHER", onEmoji: accept });
  await settled();
  assertEquals(identity.calls, [`verify ${ALICE} OTHER`]);
  await continued(second);
  assertEquals(identity.calls, [`verify ${ALICE} OTHER`, `verify ${ALICE} OTHER`]);
  await continued(second, { phase: "done" });
  await verified;
});

Deno.test("Verifications.verify() chooses the device", async () => {
  const { verifications, identity, requested, continued } = connected();
  const choose = async (userId: UserID, deviceId: string | undefined, chosen: string | undefined) => {
    const verification = requested();
    const verified = verifications.verify(userId, { deviceId, onEmoji: accept });
    await settled();
    assertEquals(identity.calls.at(-1), `verify ${userId} ${chosen}`);
    await continued(verification, { phase: "done" });
    await verified;
  };
  await choose(ALICE, undefined, "OTHER");
  await choose(ALICE, "PHONE", "PHONE");
  // All other devices of the own user.
  await choose(ME, undefined, undefined);
  await choose(ME, "PHONE", "PHONE");

  const failing = async (message: string, userId: UserID, deviceId?: string) =>
    await assertRejects(
      () => verifications.verify(userId, { deviceId, onEmoji: accept }),
      CryptoError,
      message,
    );
  await failing("the device PHONE is unknown", ALICE, "PHONE");
  await failing("no cross-signing keys", ME);
  identity.knownDevices = ["ONE", "TWO"];
  await failing("name one of the 2 devices", ALICE);
  identity.knownDevices = [];
  await failing("no device is known", ALICE);
});

Deno.test("Verifications.verify() rejects invalid arguments before a request", async () => {
  const { verifications, sent } = connected();
  const onEmoji = accept;
  const invalid: [unknown, unknown][] = [
    ["", { onEmoji }],
    ["!room:example.org", { onEmoji }],
    [undefined, { onEmoji }],
    [ALICE, undefined],
    [ALICE, {}],
    [ALICE, { onEmoji: true }],
    [ALICE, { onEmoji, deviceId: "" }],
    [ALICE, { onEmoji, deviceId: 5 }],
    [ALICE, { onEmoji, signal: new AbortController() }],
    [ALICE, { onEmoji, timeout: "10" }],
    [ALICE, { onEmoji, timeout: -1 }],
  ];
  for (const [userId, options] of invalid) {
    const error = await assertRejects(() => verifications.verify(userId as UserID, options as VerifyOptions));
    assert(error instanceof TypeError || error instanceof RangeError);
  }
  const reason = new Error("aborted before");
  const aborted = { onEmoji, signal: AbortSignal.abort(reason) };
  assertEquals(await assertRejects(() => verifications.verify(ALICE, aborted)), reason);
  assertEquals(sent, []);
});

Deno.test("settleCrypto() rejects invalid options of verification and backup", () => {
  const onVerification = accept;
  const invalid = [
    { acceptVerificationFrom: ALICE, onVerification },
    { acceptVerificationFrom: ["alice"], onVerification },
    { acceptVerificationFrom: [5], onVerification },
    { acceptVerificationFrom: [ALICE] },
    { onVerification: true },
    { onBackupStopped: "log" },
  ];
  for (const options of invalid) assertThrows(() => settleCrypto(options as CryptoOptions), TypeError);
  const nothing = { acceptVerificationFrom: null, onVerification: null, onBackupStopped: null };
  assertEquals(settleCrypto(nothing as unknown as CryptoOptions), settleCrypto({}));
  const acceptVerificationFrom = [ALICE];
  const settled = settleCrypto({ acceptVerificationFrom, onVerification });
  acceptVerificationFrom.push(ME);
  assertEquals(settled.acceptVerificationFrom, [ALICE]);
});
