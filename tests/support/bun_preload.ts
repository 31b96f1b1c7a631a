/** Gives Bun the one thing of Deno that unit and contract tests use: `Deno.test(name, fn)`. */
import { test } from "bun:test";

type Test = (name: string, fn: () => void | Promise<void>) => void;

(globalThis as { Deno?: { test: Test } }).Deno ??= { test: (name, fn) => test(name, fn) };
