import { assertEquals, assertRejects } from "@std/assert";
import { bootstrapCrossSigning } from "../../../client/crypto/cross_signing.ts";
import type { CrossSigningState } from "../../../client/crypto/mod.ts";
import type { BootstrapCrossSigningOptions } from "../../../client/mod.ts";
import { CryptoError, MatrixUIARequired } from "../../../http/mod.ts";
import { FakeHomeserver, matrixError } from "../../support/fake_homeserver.ts";
import { DEVICE, FakeConnection, ME } from "../../support/fake_identity.ts";

const UPLOAD = "POST /_matrix/client/v3/keys/device_signing/upload";
const QUERY = `query ${ME}`;
const NONE: CrossSigningState = { held: "none", trusted: false, signed: false };
const READY: CrossSigningState = { held: "all", trusted: true, signed: true };

/** Returns a connection to an account that has cross-signing keys, or not. */
function connected({ published, state }: { published: boolean; state: CrossSigningState }) {
  const server = new FakeHomeserver().on(UPLOAD, {});
  const connection = new FakeConnection(server);
  connection.identity.state = state;
  const keys = { device_keys: { [ME]: { [DEVICE]: {} } }, ...published ? { master_keys: { [ME]: {} } } : {} };
  connection.respond = ({ kind }) => kind === "keysQuery" ? keys : {};
  return { server, connection };
}

Deno.test("bootstrapCrossSigning() creates keys, uploads them, then their signatures", async () => {
  const { server, connection } = connected({ published: false, state: NONE });
  const auth = { type: "m.login.password", password: "p" };
  await bootstrapCrossSigning(connection, { auth });
  assertEquals(connection.sent, ["flush", QUERY, "signatures", QUERY]);
  assertEquals(connection.identity.calls, ["bootstrap true"]);
  assertEquals(server.received.map(({ body }) => body), [{ auth }]);
});

Deno.test("bootstrapCrossSigning() sends nothing but a query if the device is signed", async () => {
  for (const held of ["all", "some", "none"] as const) {
    const { server, connection } = connected({ published: true, state: { ...READY, held } });
    await bootstrapCrossSigning(connection);
    assertEquals([connection.sent, connection.identity.calls], [["flush", QUERY], []]);
    assertEquals(server.received, []);
  }
});

Deno.test("bootstrapCrossSigning() continues with the keys that the device holds", async () => {
  // Keys that were not uploaded, and keys whose signatures were not.
  for (const published of [false, true]) {
    const { server, connection } = connected({ published, state: { ...NONE, held: "all" } });
    await bootstrapCrossSigning(connection);
    assertEquals(connection.identity.calls, ["bootstrap false"]);
    assertEquals(server.received.length, published ? 0 : 1);
    assertEquals(connection.sent.at(-2), "signatures");
  }
});

Deno.test("bootstrapCrossSigning() replaces keys that the device does not hold only if asked to", async () => {
  for (const held of ["none", "some"] as const) {
    const { server, connection } = connected({ published: true, state: { ...NONE, held } });
    await assertRejects(() => bootstrapCrossSigning(connection), CryptoError, "does not hold");
    assertEquals([connection.identity.calls, server.received], [[], []]);
    await bootstrapCrossSigning(connection, { replace: true });
    assertEquals(connection.identity.calls, ["bootstrap true"]);
    assertEquals(server.received.length, 1);
  }
});

Deno.test("bootstrapCrossSigning() throws if the homeserver returns or stores too little", async () => {
  for (const response of [{}, { device_keys: null }, { device_keys: { [ME]: { OTHER: {} } } }]) {
    const { connection } = connected({ published: false, state: NONE });
    connection.respond = () => response;
    await assertRejects(() => bootstrapCrossSigning(connection), CryptoError, "has not returned the keys");
    assertEquals(connection.identity.calls, []);
  }
  for (const state of [{ ...READY, signed: false }, { ...READY, trusted: false }]) {
    const { connection } = connected({ published: false, state: NONE });
    connection.identity.bootstrapped = state;
    await assertRejects(
      () => bootstrapCrossSigning(connection),
      CryptoError,
      "has not stored the signatures",
    );
  }
});

Deno.test("bootstrapCrossSigning() throws MatrixUIARequired without auth, and uploads no signatures", async () => {
  const { server, connection } = connected({ published: false, state: NONE });
  server.on(
    UPLOAD,
    matrixError(401, "M_FORBIDDEN", { flows: [{ stages: ["m.login.password"] }], session: "s" }),
  );
  await assertRejects(() => bootstrapCrossSigning(connection), MatrixUIARequired);
  assertEquals(connection.sent, ["flush", QUERY]);
});

Deno.test("bootstrapCrossSigning() rejects invalid options before a request", async () => {
  const { server, connection } = connected({ published: false, state: NONE });
  for (const options of [{ auth: "password" }, { auth: [1] }, { replace: "yes" }, "options", 5]) {
    await assertRejects(
      () => bootstrapCrossSigning(connection, options as BootstrapCrossSigningOptions),
      TypeError,
    );
  }
  assertEquals([connection.sent, server.received], [[], []]);
});
