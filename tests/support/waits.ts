/** Timers that do not wait, for what would take minutes. */

/** Runs something while timers fire at once, and gives the times they were set to, in milliseconds. */
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
