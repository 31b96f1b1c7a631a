/**
 * Checks a time that the server is asked to take.
 *
 * @returns The time; the default where there is none.
 * @throws {RangeError} If it is no whole number of milliseconds.
 */
export function checkTimeout(timeout: number | null | undefined, standard: number): number {
  const milliseconds = timeout ?? standard;
  if (Number.isSafeInteger(milliseconds) && milliseconds >= 0) return milliseconds;
  throw new RangeError("Cannot use the timeout: it must be a whole number of milliseconds");
}
