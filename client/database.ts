/** Attempts of an operation while another process is writing, and the milliseconds between them. */
const BUSY_ATTEMPTS = 100;
const BUSY_WAIT = 50;

/**
 * Repeats an operation of Deno KV while another process is writing to the database. Deno 2.9 rejects with "database is
 * locked" then, except on Deno Deploy.
 *
 * @param operate The operation.
 * @returns Its result.
 * @throws The error of the last attempt, after about five seconds.
 */
export async function whenFree<T>(operate: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await operate();
    } catch (error) {
      const busy = error instanceof Error && error.message.includes("database is locked");
      if (!busy || attempt === BUSY_ATTEMPTS) throw error;
      await pause(BUSY_WAIT);
    }
  }
}

/** Waits for about so many milliseconds. Processes that began to wait together must not continue together. */
export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds * (0.5 + Math.random())));
}
