/**
 * A Matrix client library on web standards: {@linkcode ClientAPI} with a method for each endpoint, over
 * {@linkcode HTTPAPI}, a transport that retries, times out and fails with one tree of errors.
 *
 * @module
 */
export * from "./client/mod.ts";
export * from "./http/mod.ts";
export * from "./types/mod.ts";
