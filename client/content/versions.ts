/**
 * Versions of the specification, and the support of homeservers for them.
 *
 * @module
 */
import type { OpenObject } from "../../types/json.ts";

/**
 * The response of `GET /_matrix/client/versions`.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientversions
 */
export interface VersionsResponse extends OpenObject {
  /** The versions of the specification that the homeserver supports, such as `v1.11`. */
  versions: SpecVersions[];
  /** Experimental features by name, and whether they are enabled. */
  unstable_features?: Record<string, boolean>;
}

/**
 * A version of the specification, in the older form `r0.6.1`, the current form `v1.11`, or a future form.
 *
 * @see https://spec.matrix.org/v1.19/#specification-versions
 */
export type SpecVersions =
  | `v1.${number}`
  | "r0.6.1"
  | "r0.6.0"
  | "r0.5.0"
  | "r0.4.0"
  | "r0.3.0"
  | "r0.2.0"
  | "r0.1.0"
  | "r0.0.1"
  | (string & Record<never, never>);

/** The form of a version: `legacy` is `rX.Y.Z`, `modern` is `vX.Y`. */
export type VersionFormat = "unknown" | "legacy" | "modern";

/** A version of the specification, parsed by {@linkcode parseVersion}. */
export interface Version {
  /** The form of the version. */
  readonly format: VersionFormat;
  /** The first number; 0 for an unknown format. */
  readonly major: number;
  /** The second number; 0 for an unknown format. */
  readonly minor: number;
  /** The third number; 0 except for the legacy format. */
  readonly patch: number;
  /** The version as text, unchanged. */
  readonly raw: string;
}

/**
 * Parses a version.
 *
 * @param version A version: `v1.11`, `r0.6.1`, or anything else, which has the format `unknown`.
 * @returns The parts of the version.
 * @throws {TypeError} If the version is not a string.
 */
export function parseVersion(version: string): Version {
  if (typeof version !== "string") {
    throw new TypeError(`Cannot parse the version: it must be a string, received ${typeof version}`);
  }
  const [, letter, major, minor, patch] = /^([rv])(\d+)\.(\d+)(?:\.(\d+))?$/.exec(version) ?? [];
  const known = letter === (patch ? "r" : "v");
  return {
    format: !known ? "unknown" : patch ? "legacy" : "modern",
    major: known ? Number(major) : 0,
    minor: known ? Number(minor) : 0,
    patch: known ? Number(patch ?? 0) : 0,
    raw: version,
  };
}

const FORMATS = ["unknown", "legacy", "modern"];

/**
 * Compares two versions by format, then by their numbers, then as text.
 *
 * @param a A version.
 * @param b Another version.
 * @returns A negative number if `a` is lower than `b`, a positive number if it is higher, 0 if they are equal.
 * @throws {TypeError} If an argument is neither a string nor a version.
 */
export function compareVersions(a: Version | string, b: Version | string): number {
  const x = toVersion(a);
  const y = toVersion(b);
  return FORMATS.indexOf(x.format) - FORMATS.indexOf(y.format) || x.major - y.major || x.minor - y.minor ||
    x.patch - y.patch || (x.raw < y.raw ? -1 : Number(x.raw > y.raw));
}

/**
 * Returns whether a homeserver supports exactly this version, or this experimental feature.
 *
 * @example Checking a version and a feature
 * ```ts
 * import { supportsVersion } from "@mtx/client/client";
 * import { assertEquals } from "@std/assert";
 *
 * const versions = { versions: ["v1.1", "v1.11"], unstable_features: { "org.example.feature": false } };
 * assertEquals(supportsVersion(versions, "v1.11"), true);
 * assertEquals(supportsVersion(versions, "v1.2"), false);
 * assertEquals(supportsVersion(versions, "org.example.feature"), false);
 * assertEquals(supportsVersion(versions, "org.example.other"), undefined);
 * ```
 *
 * @param response The response of `versions()`.
 * @param thing A version, or the name of an experimental feature.
 * @returns For a version, whether it is listed. For a feature, whether it is enabled; `undefined` if it is not listed.
 * @throws {TypeError} If `thing` is neither a string nor a version.
 */
export function supportsVersion(response: VersionsResponse, thing: Version | string): boolean | undefined {
  const { format, raw } = toVersion(thing);
  if (format !== "unknown") return listed(response).includes(raw);
  const on: unknown = response?.unstable_features?.[raw];
  return typeof on === "boolean" ? on : undefined;
}

/**
 * Returns whether a homeserver supports this version or a higher one.
 *
 * @param response The response of `versions()`.
 * @param version The version. A version of an unknown format must be listed itself.
 * @returns Whether the version or a higher one is listed.
 * @throws {TypeError} If `version` is neither a string nor a version.
 */
export function supportsAtLeast(response: VersionsResponse, version: Version | string): boolean {
  const wanted = toVersion(version);
  return listed(response).some((raw) =>
    wanted.format === "unknown" ? raw === wanted.raw : compareVersions(raw, wanted) >= 0
  );
}

/**
 * Returns the highest version that a homeserver supports.
 *
 * @param response The response of `versions()`.
 * @returns The version; `undefined` if none is listed.
 */
export function latestVersion(response: VersionsResponse): Version | undefined {
  return listed(response).map(parseVersion).sort(compareVersions).at(-1);
}

/**
 * Returns whether a homeserver supports a version of the form `rX.Y.Z`.
 *
 * @param response The response of `versions()`.
 * @returns Whether such a version is listed.
 */
export function hasLegacyVersions(response: VersionsResponse): boolean {
  return listed(response).some((raw) => parseVersion(raw).format === "legacy");
}

/**
 * Returns whether a homeserver supports v1.1 or a higher version.
 *
 * @param response The response of `versions()`.
 * @returns Whether such a version is listed.
 */
export function hasModernVersions(response: VersionsResponse): boolean {
  return supportsAtLeast(response, "v1.1");
}

function toVersion(version: Version | string): Version {
  return typeof version === "object" && version ? version : parseVersion(version);
}

/** Returns the listed versions. Ignores values that are not strings, because a server may send anything. */
function listed(response: VersionsResponse): string[] {
  const versions: unknown = response?.versions;
  return Array.isArray(versions) ? versions.filter((version) => typeof version === "string") : [];
}
