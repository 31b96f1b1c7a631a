/**
 * Waits for a promise, but no longer than until a signal is aborted. (That of `@std/async` needs
 * `Promise.withResolvers`, which not all hosts have that this library runs on.)
 *
 * @param promise The promise.
 * @param signal The signal; `undefined` for none.
 * @returns What the promise resolves with.
 * @throws What the promise rejects with, or the signal's reason.
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
