/** Keeps a session in a file that only its owner can read. `deno task login` writes one. */
import { randomUUID } from "node:crypto";
import { chmod, open, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { type HTTPAPIOptions, RefreshingTokens, type Session, type SessionStore } from "@mtx/client";

/** Milliseconds until an abandoned lock expires, and between renewals of a lock. */
const LEASE = 5_000;
const RENEWAL = 1_000;

const code = (error: unknown) => (error as { code?: unknown } | null)?.code;

/** Stores a session in a file. Processes on the same machine can share it. */
export class FileSessionStore implements SessionStore {
  readonly #path: string;
  readonly #lock: string;
  #owner: string | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#lock = `${path}.lock`;
  }

  async get(): Promise<Session | null> {
    try {
      return JSON.parse(await readFile(this.#path, "utf8"));
    } catch (error) {
      if (code(error) === "ENOENT") return null;
      // A parser's error quotes the file, and with it the tokens.
      throw error instanceof SyntaxError ? new Error(`${this.#path} is not a session file`) : error;
    }
  }

  async set(session: Session): Promise<void> {
    if (this.#owner !== undefined && (await this.#holder())?.owner !== this.#owner) {
      throw new Error(`Another process has taken over ${this.#path}`);
    }
    await write(this.#path, JSON.stringify(session, null, 2) + "\n");
  }

  async remove(): Promise<void> {
    await rm(this.#path, { force: true });
  }

  async lock<T>(work: () => Promise<T>): Promise<T> {
    const owner = randomUUID();
    while (!await this.#acquire(owner)) await new Promise((resolve) => setTimeout(resolve, 50));
    this.#owner = owner;
    const renew = setInterval(() => void utimes(this.#lock, new Date(), new Date()).catch(() => {}), RENEWAL);
    try {
      return await work();
    } finally {
      clearInterval(renew);
      this.#owner = undefined;
      if ((await this.#holder())?.owner === owner) await rm(this.#lock, { force: true });
    }
  }

  async #acquire(owner: string): Promise<boolean> {
    try {
      // Fails if the file exists.
      const file = await open(this.#lock, "wx", 0o600);
      await file.writeFile(owner);
      await file.close();
      return true;
    } catch (error) {
      if (code(error) !== "EEXIST") throw error;
    }
    const holder = await this.#holder();
    if (holder !== undefined && holder.time + LEASE < Date.now()) await this.#takeOver(holder.owner);
    return false;
  }

  /** Removes the lock of a process that was killed, unless another process has done so in the meantime. */
  async #takeOver(owner: string): Promise<void> {
    const aside = `${this.#lock}.${randomUUID()}`;
    try {
      await rename(this.#lock, aside);
      if (await readFile(aside, "utf8") !== owner) await rename(aside, this.#lock);
    } catch (error) {
      if (code(error) !== "ENOENT") throw error;
    } finally {
      await rm(aside, { force: true });
    }
  }

  /** Returns who holds the lock, and when they last renewed it; `undefined` if nobody does. */
  async #holder(): Promise<{ owner: string; time: number } | undefined> {
    try {
      return { owner: await readFile(this.#lock, "utf8"), time: (await stat(this.#lock)).mtimeMs };
    } catch (error) {
      if (code(error) === "ENOENT") return undefined;
      throw error;
    }
  }
}

/**
 * Returns the options of a client that continues the session in a file.
 *
 * @param path The file.
 * @param onEnd Called if the session has ended: the user must sign in again.
 */
export async function sessionOptions(
  path: string,
  onEnd: () => void = () => console.error(`The session in ${path} has ended: sign in again`),
): Promise<HTTPAPIOptions & Pick<Session, "deviceId"> & { mxid: Session["userId"] }> {
  const store = new FileSessionStore(path);
  const session = await store.get();
  if (session === null) throw new Error(`There is no session in ${path}: sign in with deno task login`);
  const { baseUrl, userId: mxid, deviceId } = session;
  return { baseUrl, mxid, deviceId, auth: new RefreshingTokens(store, { onEnd }) };
}

/** Writes a file whole or not at all, readable by its owner only. */
async function write(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(text);
      // Otherwise a power failure can leave an empty file.
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
