/** Replaces timers, for tests that would wait for minutes. */

/** Runs a function while timers fire at once, and returns their delays in milliseconds. */
export async function skipWaits(work: () => Promise<void>): Promise<number[]> {
  const waits: number[] = [];
  const { setTimeout } = globalThis;
  const fast = (callback: () => void, milliseconds = 0) => {
    waits.push(milliseconds);
    return setTimeout(callback, 0);
  };
  globalThis.setTimeout = Object.assign(fast, setTimeout) as unknown as typeof setTimeout;
  try {
    await work();
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  return waits;
}
