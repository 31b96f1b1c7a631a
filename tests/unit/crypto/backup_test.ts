import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { KeyBackup } from "../../../client/crypto/backup.ts";
import { formatRecoveryKey } from "../../../client/crypto/mod.ts";
import type { EnableBackupOptions } from "../../../client/mod.ts";
import { CryptoError, MNotFound, MWrongRoomKeysVersion } from "../../../http/mod.ts";
import { FakeHomeserver, json, matrixError } from "../../support/fake_homeserver.ts";
import { BACKUP_ALGORITHM, DEVICE, fakeBackupKey, FakeConnection, ME } from "../../support/fake_identity.ts";

const VERSION = "/_matrix/client/v3/room_keys/version";
const KEYS = "GET /_matrix/client/v3/room_keys/keys";
const ROOM = "!room:example.org";
const SIGNATURE = `signed {"public_key":"public1"}`;
const { signal } = new AbortController();

/** The recovery key of {@linkcode fakeBackupKey}. */
function recoveryKeyOf(byte: number): string {
  return formatRecoveryKey(new Uint8Array(32).fill(byte));
}

/** Returns the backup of an account whose current version is that of a key. */
function info(byte: number, more: object = {}) {
  return {
    version: "5",
    algorithm: BACKUP_ALGORITHM,
    auth_data: { public_key: `public${byte}` },
    count: 0,
    etag: "0",
    ...more,
  };
}

function connected(current?: object) {
  const server = new FakeHomeserver()
    .on(`GET ${VERSION}`, current ?? matrixError(404, "M_NOT_FOUND"))
    .on(`POST ${VERSION}`, { version: "6" })
    .on(`PUT ${VERSION}/5`, {});
  const connection = new FakeConnection(server);
  return { server, connection, identity: connection.identity, backup: new KeyBackup(() => connection) };
}

function storedKey(byte: number, version: string) {
  return { key: fakeBackupKey(new Uint8Array(32).fill(byte)), version };
}

Deno.test("KeyBackup.enable() creates a backup with a signed public key, and returns it again", async () => {
  const { server, identity, backup } = connected();
  assertEquals(await backup.enable(), { version: "6", recoveryKey: recoveryKeyOf(1) });
  assertEquals(server.last.body, {
    algorithm: BACKUP_ALGORITHM,
    auth_data: { public_key: "public1", signatures: { [ME]: { [`ed25519:${DEVICE}`]: SIGNATURE } } },
  });
  assertEquals([identity.stored?.version, identity.calls.at(-1)], ["6", "enable public1 6"]);

  const signed = { public_key: "public1", signatures: { [ME]: { [`ed25519:${DEVICE}`]: SIGNATURE } } };
  server.on(`GET ${VERSION}`, info(1, { version: "6", auth_data: signed }));
  const calls = identity.calls.length;
  assertEquals(await backup.enable(), { version: "6", recoveryKey: recoveryKeyOf(1) });
  assertEquals(server.received.map(({ method }) => method), ["GET", "POST", "GET"]);
  assertEquals(identity.calls.length, calls);
});

Deno.test("KeyBackup.enable() finds the backup of a call whose response was lost", async () => {
  const { server, identity, backup } = connected();
  server.on(`POST ${VERSION}`, () => Promise.reject(new TypeError("lost")));
  await assertRejects(() => backup.enable());
  assertEquals(identity.stored?.version, "");
  server.on(`GET ${VERSION}`, info(1));
  assertEquals((await backup.enable()).version, "5");
  assertEquals(identity.stored?.version, "5");
});

Deno.test("KeyBackup.enable() adds its signature to a backup whose recovery key is given", async () => {
  const signatures = { [ME]: { "ed25519:OTHER": "theirs" }, "@x:y": { "ed25519:X": "x" } };
  const { server, identity, backup } = connected(
    info(1, { auth_data: { public_key: "public1", more: 1, signatures } }),
  );
  const recoveryKey = recoveryKeyOf(1).replaceAll(" ", "\n");
  assertEquals((await backup.enable({ recoveryKey })).version, "5");
  assertEquals((server.last.body as { auth_data: unknown }).auth_data, {
    public_key: "public1",
    more: 1,
    signatures: { ...signatures, [ME]: { "ed25519:OTHER": "theirs", [`ed25519:${DEVICE}`]: SIGNATURE } },
  });
  assertEquals(identity.calls, ["enable public1 5"]);
});

Deno.test("KeyBackup.enable() uses the key that another device has sent, if it fits", async () => {
  const { identity, backup } = connected(info(4));
  identity.stored = storedKey(3, "2");
  identity.receivedKeys = [9, 4].map((byte) => fakeBackupKey(new Uint8Array(32).fill(byte)));
  assertEquals(await backup.enable(), { version: "5", recoveryKey: recoveryKeyOf(4) });
  identity.receivedKeys = [];
  assertEquals(await backup.enable(), { version: "5", recoveryKey: recoveryKeyOf(4) });
});

Deno.test("KeyBackup.enable() replaces the backup of another client only if asked to", async () => {
  const { server, identity, backup } = connected(info(9));
  identity.stored = storedKey(3, "2");
  const error = await assertRejects(() => backup.enable(), CryptoError, "version 5");
  assertStringIncludes(error.message, "replace: true");
  assertEquals((await backup.enable({ replace: true })).version, "6");
  assertEquals(server.received.filter(({ method }) => method === "POST").length, 1);
  // Which keys are in the old version does not matter any more.
  assertEquals(identity.calls, ["disable", "enable public1 6"]);
});

Deno.test("KeyBackup.enable() and restore() refuse a key or an algorithm that does not fit", async () => {
  const wrong = connected(info(9));
  const other = connected(info(1, { algorithm: "com.example.backup" }));
  const malformed = connected(info(1, { auth_data: "public1" }));
  for (const { backup, identity } of [wrong, other, malformed]) {
    const recoveryKey = recoveryKeyOf(1);
    const message = backup === other.backup ? "algorithm is not" : "is not that of version 5";
    await assertRejects(() => backup.enable({ recoveryKey }), CryptoError, message);
    await assertRejects(() => backup.restore(recoveryKey), CryptoError, message);
    assertEquals(identity.calls, []);
  }
  await assertRejects(
    () => connected().backup.restore(recoveryKeyOf(1)),
    CryptoError,
    "the account has none",
  );
});

Deno.test("KeyBackup.enable() and restore() reject invalid arguments before a request", async () => {
  const { server, backup } = connected();
  const malformed = recoveryKeyOf(1).replace("Es", "Et");
  await assertRejects(() => backup.restore(malformed), SyntaxError);
  await assertRejects(() => backup.enable({ recoveryKey: malformed }), SyntaxError);
  await assertRejects(() => backup.restore(undefined as unknown as string), TypeError);
  for (const options of [{ recoveryKey: 5 }, { replace: "yes" }, "options"]) {
    await assertRejects(() => backup.enable(options as unknown as EnableBackupOptions), TypeError);
  }
  assertEquals(server.received, []);
});

Deno.test("KeyBackup.restore() imports keys in pieces, and counts malformed ones", async () => {
  const { server, identity, backup } = connected(info(1));
  const session = (more: object = {}) => ({ session_data: { of: 1, ...more } });
  const many = Object.fromEntries(Array.from({ length: 450 }, (_, index) => [`s${index}`, session()]));
  const broken = { a: session({ of: 2 }), b: null, c: {}, d: { session_data: "x" }, e: session() };
  server.on(KEYS, {
    rooms: { [ROOM]: { sessions: many }, "!b:x": { sessions: broken }, "!c:x": null, "!d:x": {} },
  });
  assertEquals(await backup.restore(recoveryKeyOf(1)), { imported: 451, total: 455, failed: 4 });
  assertEquals(identity.calls, ["import 200 5", "import 200 5", "import 51 5"]);
  assertEquals(server.last.query.get("version"), "5");
  server.on(KEYS, { rooms: {} });
  assertEquals(await backup.restore(recoveryKeyOf(1)), { imported: 0, total: 0, failed: 0 });
});

Deno.test("KeyBackup.restore() ends between two pieces if its signal is aborted", async () => {
  const { server, identity, backup } = connected(info(1));
  const controller = new AbortController();
  const sessions = Object.fromEntries(
    Array.from({ length: 450 }, (_, index) => [`s${index}`, { session_data: { of: 1 } }]),
  );
  server.on(KEYS, { rooms: { [ROOM]: { sessions } } });
  const { importBackup } = identity;
  identity.importBackup = (...args) => {
    controller.abort(new Error("enough"));
    return importBackup.apply(identity, args);
  };
  await assertRejects(() => backup.restore(recoveryKeyOf(1), controller), Error, "enough");
  assertEquals(identity.calls, ["import 200 5"]);
});

Deno.test("KeyBackup.upload() sends all keys, then waits until there may be more", async () => {
  const { connection, identity, backup } = connected();
  identity.stored = storedKey(1, "5");
  identity.batches = ["a", "b"];
  connection.respond = ({ id }) => identity.batches = identity.batches.filter((batch) => batch !== id);
  await Promise.all([backup.upload(signal), backup.upload(signal)]);
  await backup.upload(signal);
  assertEquals(connection.sent, ["a", "b"]);
  const calls = identity.calls.length;
  await backup.upload(signal);
  assertEquals(identity.calls.length, calls);
  identity.batches = ["c"];
  backup.expectKeys();
  await backup.upload(signal);
  assertEquals(connection.sent, ["a", "b", "c"]);
});

Deno.test("KeyBackup.upload() sends nothing without a backup", async () => {
  for (const stored of [undefined, storedKey(1, "")]) {
    const { identity, backup } = connected();
    identity.stored = stored;
    await backup.upload(signal);
    backup.expectKeys();
    await backup.upload(signal);
    assertEquals(identity.calls, []);
  }
});

Deno.test("KeyBackup.stop() ends the upload after its current request", async () => {
  const { connection, identity, backup } = connected();
  identity.stored = storedKey(1, "5");
  identity.batches = ["a", "b"];
  let release = () => {};
  connection.respond = () => new Promise<void>((resolve) => release = resolve);
  const upload = backup.upload(signal);
  while (connection.sent.length === 0) await Promise.resolve();
  const stopped = backup.stop();
  release();
  await Promise.all([upload, stopped, backup.stop()]);
  assertEquals(connection.sent, ["a"]);
});

Deno.test("KeyBackup.upload() logs an error, and repeats the request the next time", async () => {
  const { connection, identity, backup } = connected();
  identity.stored = storedKey(1, "5");
  identity.batches = ["a"];
  connection.respond = () => {
    throw new TypeError("no connection");
  };
  await backup.upload(signal);
  assertEquals(connection.logged, ["warn Cannot back up keys: TypeError: no connection"]);
  connection.respond = () => identity.batches = [];
  await backup.upload(signal);
  assertEquals(connection.sent, ["a", "a"]);
});

Deno.test("KeyBackup.upload() stops once the backup is deleted or replaced, and reports it", async () => {
  const details = { status: 403, body: {}, method: "PUT", path: "/keys" };
  for (
    const [cause, reason] of [
      [new MNotFound("deleted", { ...details, status: 404 }), "it was deleted"],
      [
        new MWrongRoomKeysVersion("replaced", { ...details, body: { current_version: "7" } }),
        "there is a newer version",
      ],
    ] as const
  ) {
    for (const isReported of [true, false]) {
      const { connection, identity, backup } = connected();
      const stopped: Error[] = [];
      connection.options = {
        trust: "any",
        onBackupStopped: isReported ? (error) => stopped.push(error) : undefined,
      };
      identity.stored = storedKey(1, "5");
      identity.batches = ["a"];
      connection.respond = () => {
        throw cause;
      };
      for (let round = 0; round < 3; round++) {
        backup.expectKeys();
        await backup.upload(signal);
      }
      assertEquals([connection.sent, identity.stored?.version], [["a"], ""]);
      const [text] = isReported ? [stopped[0]!.message] : connection.logged;
      assert(text?.includes("version 5 of the key backup") && text.includes(reason));
      assertEquals([stopped.length, connection.logged.length], isReported ? [1, 0] : [0, 1]);
      if (isReported) assertEquals(stopped[0]!.cause, cause);
    }
  }
});

Deno.test("KeyBackup.upload() does not report the old version while enable() replaces it", async () => {
  const { server, connection, identity, backup } = connected(info(9));
  identity.stored = storedKey(1, "2");
  identity.batches = ["a"];
  const stopped: Error[] = [];
  connection.options = { trust: "any", onBackupStopped: (error) => stopped.push(error) };
  connection.respond = () => identity.batches = [];
  let upload: Promise<void> | undefined;
  server.on(`POST ${VERSION}`, (request: Parameters<ReturnType<typeof json>>[0]) => {
    upload = backup.upload(signal);
    return json({ version: "6" })(request);
  });
  await backup.enable({ replace: true });
  await upload;
  assertEquals([stopped, identity.stored?.version, connection.sent], [[], "6", ["a"]]);
});
