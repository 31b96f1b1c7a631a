/** Defines `Deno.test(name, fn)` in Bun, the only part of `Deno` that unit and contract tests use. */
import { test } from "bun:test";

type Test = (name: string, fn: () => void | Promise<void>) => void;

(globalThis as { Deno?: { test: Test } }).Deno ??= { test: (name, fn) => test(name, fn) };
