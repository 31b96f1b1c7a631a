// deno-lint-ignore-file no-explicit-any no-import-prefix
/**
 * `@std/assert` for machines that reach npm but not JSR. The npm package is plain JavaScript; the types that our
 * tests rely on (narrowing above all) are said here.
 */
import * as std from "npm:deno-std@1.4.0/assert/mod.js";

const untyped: any = std;
type Constructor<T> = abstract new (...args: any[]) => T;

/** Any failed assertion. */
export const AssertionError: new (message: string, options?: ErrorOptions) => Error = untyped.AssertionError;

interface Rejects {
  (fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
  <E extends Error = Error>(
    fn: () => PromiseLike<unknown>,
    type: Constructor<E>,
    includes?: string,
    message?: string,
  ): Promise<E>;
}

interface Throws {
  (fn: () => unknown, message?: string): unknown;
  <E extends Error = Error>(fn: () => unknown, type: Constructor<E>, includes?: string, message?: string): E;
}

type Compare = <T>(actual: T, expected: T, message?: string) => void;
type Matches = (actual: string, expected: RegExp, message?: string) => void;
type Falsy = false | 0 | 0n | "" | null | undefined;

export const assert: (value: unknown, message?: string) => asserts value = untyped.assert;
export const assertAlmostEquals: (
  actual: number,
  expected: number,
  tolerance?: number,
  message?: string,
) => void = untyped.assertAlmostEquals;
export const assertArrayIncludes: <T>(
  actual: ArrayLike<T>,
  expected: ArrayLike<T>,
  message?: string,
) => void = untyped.assertArrayIncludes;
export const assertEquals: Compare = untyped.assertEquals;
export const assertExists: <T>(actual: T, message?: string) => asserts actual is NonNullable<T> =
  untyped.assertExists;
export const assertFalse: (value: unknown, message?: string) => asserts value is Falsy = untyped.assertFalse;
export const assertGreater: Compare = untyped.assertGreater;
export const assertGreaterOrEqual: Compare = untyped.assertGreaterOrEqual;
export const assertInstanceOf: <T extends Constructor<any>>(
  actual: unknown,
  type: T,
  message?: string,
) => asserts actual is InstanceType<T> = untyped.assertInstanceOf;
export const assertIsError: <E extends Error = Error>(
  error: unknown,
  type?: Constructor<E>,
  matches?: string | RegExp,
  message?: string,
) => asserts error is E = untyped.assertIsError;
export const assertLess: Compare = untyped.assertLess;
export const assertLessOrEqual: Compare = untyped.assertLessOrEqual;
export const assertMatch: Matches = untyped.assertMatch;
export const assertNotEquals: Compare = untyped.assertNotEquals;
export const assertNotInstanceOf: <A, T>(
  actual: A,
  type: Constructor<T>,
  message?: string,
) => asserts actual is Exclude<A, T> = untyped.assertNotInstanceOf;
export const assertNotMatch: Matches = untyped.assertNotMatch;
export const assertNotStrictEquals: Compare = untyped.assertNotStrictEquals;
export const assertObjectMatch: (
  actual: Record<PropertyKey, any>,
  expected: Record<PropertyKey, unknown>,
  message?: string,
) => void = untyped.assertObjectMatch;
export const assertRejects: Rejects = untyped.assertRejects;
export const assertStrictEquals: <T>(actual: unknown, expected: T, message?: string) => asserts actual is T =
  untyped.assertStrictEquals;
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  untyped.assertStringIncludes;
export const assertThrows: Throws = untyped.assertThrows;
export const equal: (a: unknown, b: unknown) => boolean = untyped.equal;
export const fail: (message?: string) => never = untyped.fail;
export const unimplemented: (message?: string) => never = untyped.unimplemented;
export const unreachable: (message?: string) => never = untyped.unreachable;
