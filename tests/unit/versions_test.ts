import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  compareVersions,
  hasLegacyVersions,
  hasModernVersions,
  latestVersion,
  parseVersion,
  supportsAtLeast,
  supportsVersion,
  type VersionsResponse,
} from "../../client/discovery.ts";

const server: VersionsResponse = {
  versions: ["r0.6.1", "v1.1", "v1.12", "v1.2"],
  unstable_features: { "org.example.on": true, "org.example.off": false },
};

/** Responses of servers that do not follow the specification. */
const hostile = [
  undefined,
  null,
  5,
  "v1.11",
  [],
  {},
  { versions: null },
  { versions: "v1.11" },
  { versions: { 0: "v1.11" }, unstable_features: [] },
  { versions: [null, 11, {}, ["v1.11"]], unstable_features: null },
  { versions: [], unstable_features: "org.example.on" },
] as unknown as VersionsResponse[];

Deno.test("parseVersion() parses both forms", () => {
  assertEquals(parseVersion("v1.11"), { format: "modern", major: 1, minor: 11, patch: 0, raw: "v1.11" });
  assertEquals(parseVersion("r0.6.1"), { format: "legacy", major: 0, minor: 6, patch: 1, raw: "r0.6.1" });
  assertEquals(parseVersion("r0.6.0").format, "legacy");
});

Deno.test("parseVersion() keeps anything else as unknown", () => {
  for (const raw of ["", "v1", "v1.2.3", "r0.6", "V1.1", "v1.x", " v1.1", "v1.1\n", "v-1.1", "org.example"]) {
    assertEquals(parseVersion(raw), { format: "unknown", major: 0, minor: 0, patch: 0, raw }, raw);
  }
});

Deno.test("parseVersion() throws if the version is not a string", () => {
  for (const value of [undefined, null, 1.1, {}, ["v1.1"]]) {
    assertThrows(() => parseVersion(value as unknown as string), TypeError, "must be a string");
  }
});

Deno.test("compareVersions() orders by format, then by number", () => {
  const ordered = ["a", "b", "r0.0.1", "r0.5.0", "r0.6.0", "r0.6.1", "v1.1", "v1.2", "v1.11", "v2.0"];
  assertEquals(ordered.toReversed().sort(compareVersions), ordered);
  assertEquals(compareVersions("v1.2", parseVersion("v1.2")), 0);
  assert(compareVersions("v01.2", "v1.2") !== 0);
});

Deno.test("supportsVersion() requires exactly that version", () => {
  assertEquals(supportsVersion(server, "v1.12"), true);
  assertEquals(supportsVersion(server, parseVersion("v1.12")), true);
  assertEquals(supportsVersion(server, "v1.11"), false);
  assertEquals(supportsVersion(server, "r0.6.1"), true);
  assertEquals(supportsVersion(server, "r0.6.0"), false);
});

Deno.test("supportsVersion() treats other names as experimental features", () => {
  assertEquals(supportsVersion(server, "org.example.on"), true);
  assertEquals(supportsVersion(server, "org.example.off"), false);
  assertEquals(supportsVersion(server, "org.example.other"), undefined);
  assertEquals(supportsVersion(server, "constructor"), undefined);
  assertEquals(supportsVersion({ versions: [] }, "org.example.on"), undefined);
});

Deno.test("supportsAtLeast() counts the version itself and higher ones", () => {
  assertEquals(supportsAtLeast(server, "v1.12"), true);
  assertEquals(supportsAtLeast(server, "v1.5"), true);
  assertEquals(supportsAtLeast(server, "v1.13"), false);
  assertEquals(supportsAtLeast(server, "v2.0"), false);
  assertEquals(supportsAtLeast(server, "r0.6.1"), true);
  assertEquals(supportsAtLeast({ versions: ["r0.6.1"] }, "v1.1"), false);
});

Deno.test("supportsAtLeast() accepts an unknown format only if it is listed", () => {
  assertEquals(supportsAtLeast(server, "v1.x"), false);
  assertEquals(supportsAtLeast({ versions: ["v1.x"] }, "v1.x"), true);
});

Deno.test("latestVersion() is the highest, not the last", () => {
  assertEquals(latestVersion(server)?.raw, "v1.12");
  assertEquals(latestVersion({ versions: [] }), undefined);
});

Deno.test("hasLegacyVersions() and hasModernVersions() distinguish the two forms", () => {
  assert(hasLegacyVersions(server) && hasModernVersions(server));
  assertEquals(hasLegacyVersions({ versions: ["v1.1"] }), false);
  assertEquals(hasModernVersions({ versions: ["v1.1"] }), true);
  assertEquals(hasModernVersions({ versions: ["r0.6.1", "v1.0"] }), false);
});

Deno.test("functions about versions accept malformed responses", () => {
  for (const response of hostile) {
    assertEquals(supportsVersion(response, "v1.11"), false);
    assertEquals(supportsVersion(response, "org.example.on"), undefined);
    assertEquals(supportsAtLeast(response, "v1.11"), false);
    assertEquals(latestVersion(response), undefined);
    assertEquals(hasLegacyVersions(response) || hasModernVersions(response), false);
  }
});
