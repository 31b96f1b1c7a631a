// deno-lint-ignore-file no-explicit-any
// Types of the assertions in @std/assert that narrow their argument or return an error, and of the most common others.
type Constructor<T> = abstract new (...args: any[]) => T;
type Falsy = false | 0 | 0n | "" | null | undefined;
type Compare = <T>(actual: T, expected: T, message?: string) => void;
type Compares = (actual: any, expected: any, message?: string) => void;

export class AssertionError extends Error {}
export function assert(value: unknown, message?: string): asserts value;
export function assertFalse(value: unknown, message?: string): asserts value is Falsy;
export function assertExists<T>(value: T, message?: string): asserts value is NonNullable<T>;
export function assertInstanceOf<T extends Constructor<any>>(
  value: unknown,
  type: T,
  message?: string,
): asserts value is InstanceType<T>;
export function assertIsError<E extends Error = Error>(
  error: unknown,
  type?: Constructor<E>,
  matches?: string | RegExp,
  message?: string,
): asserts error is E;
export function assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
export function assertRejects(fn: () => PromiseLike<unknown>, message?: string): Promise<unknown>;
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  type: Constructor<E>,
  includes?: string,
  message?: string,
): Promise<E>;
export function assertThrows(fn: () => unknown, message?: string): unknown;
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  type: Constructor<E>,
  includes?: string,
  message?: string,
): E;
export function equal(a: unknown, b: unknown): boolean;
export function fail(message?: string): never;
export function unimplemented(message?: string): never;
export function unreachable(message?: string): never;
export const assertEquals: Compare;
export const assertNotEquals: Compare;
export const assertGreater: Compare;
export const assertGreaterOrEqual: Compare;
export const assertLess: Compare;
export const assertLessOrEqual: Compare;
export const assertAlmostEquals: Compares;
export const assertArrayIncludes: Compares;
export const assertMatch: Compares;
export const assertNotMatch: Compares;
export const assertNotInstanceOf: Compares;
export const assertNotStrictEquals: Compares;
export const assertObjectMatch: Compares;
export const assertStringIncludes: Compares;
