/**
 * Keeps the keys of a crypto engine in a file, on Deno, Bun and Node.js.
 *
 * Each write appends one line with its changes and waits until the disk has it. A line that was cut off by a crash is
 * ignored, so a write is applied whole or not at all. A file that has become too long is followed by the next one: `path.1`,
 * `path.2` and so on.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, link, open, readdir, rm } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { StoreTakenOver, type StringStore } from "@mtx/client/crypto";

/** Changes of entries; `null` removes one. They are ignored if `expect` does not hold at this place of the file. */
interface Changes {
  id: string;
  set: [key: string, value: string | null][];
  expect?: readonly [key: string, value: string] | undefined;
}

/** A line of the file. The lines after `end` are ignored, because the next file holds the entries. */
type Line = Changes | { end: true };

/**
 * Stores strings in a journal. Several processes can have it open: the file has one order of lines for all of them, so each
 * process sees there whether its own changes were applied.
 */
export class JournalStringStore implements StringStore {
  readonly #path: string;
  readonly #maxSize: number;
  readonly #entries = new Map<string, string>();
  #file: FileHandle | undefined;
  #number = 0;
  /** The number of bytes that were read from the file. */
  #position = 0;
  #last: Promise<unknown> = Promise.resolve();

  /**
   * Creates a store. Opens no file yet.
   *
   * @param path The path of the files, without their number.
   * @param maxSize The size in bytes up to which a file is kept in any case.
   */
  constructor(path: string, maxSize = 4 * 2 ** 20) {
    this.#path = path;
    this.#maxSize = maxSize;
  }

  async *load(): AsyncGenerator<readonly [key: string, value: string]> {
    yield* await this.#queue(async () => {
      await this.#catchUp();
      return [...this.#entries];
    });
  }

  async write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    await this.#queue(async () => {
      const set = [...changes].map(([key, value]): [string, string | null] => [key, value ?? null]);
      const own: Changes = { id: randomUUID(), set, expect };
      let isApplied: boolean | undefined;
      while (isApplied === undefined) {
        await this.#append(own);
        isApplied = await this.#catchUp(own.id);
      }
      if (!isApplied) throw new StoreTakenOver();
      if (this.#position > this.#maxSize && this.#position > 3 * size(this.#entries)) {
        await this.#append({ end: true });
        await this.#catchUp();
      }
    });
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#queue(() => this.#close());
  }

  /** Runs one operation after another. */
  #queue<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#last.then(operation);
    this.#last = result.catch(() => {});
    return result;
  }

  async #append(line: Line): Promise<void> {
    const file = await this.#open();
    // The first line break ends a line that was cut off.
    await file.writeFile(`\n${JSON.stringify(line)}\n`);
    await file.datasync();
  }

  /**
   * Applies the lines that were appended since the last time, by any process.
   *
   * @param id The ID of changes.
   * @returns Whether these were applied; `undefined` if they are not there, or after the end of their file.
   */
  async #catchUp(id?: string): Promise<boolean | undefined> {
    const bytes = await readFrom(await this.#open(), this.#position);
    let isApplied: boolean | undefined;
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(10, start);
      const end = found < 0 ? bytes.length : found + 1;
      const line = parse(bytes.subarray(start, end));
      // Perhaps another process is still writing the last line.
      if (line === undefined && found < 0) break;
      this.#position += end - start;
      start = end;
      if (line === undefined) continue;
      if ("end" in line) {
        await this.#startNextFile();
        await this.#catchUp();
        return isApplied;
      }
      const holds = !line.expect || this.#entries.get(line.expect[0]) === line.expect[1];
      if (line.id === id) isApplied = holds;
      for (const [key, value] of holds ? line.set : []) {
        if (value === null) this.#entries.delete(key);
        else this.#entries.set(key, value);
      }
    }
    return isApplied;
  }

  /** Opens the file with the highest number. */
  async #open(): Promise<FileHandle> {
    while (this.#file === undefined) {
      const number = Math.max(1, ...await this.#numbers());
      const file = await open(`${this.#path}.${number}`, "a+", 0o600);
      // Another process may have removed the file before it was opened, which has created it again.
      if (Math.max(...await this.#numbers()) === number) [this.#file, this.#number] = [file, number];
      else await file.close();
    }
    return this.#file;
  }

  async #numbers(): Promise<number[]> {
    const start = `${basename(this.#path)}.`;
    const names = await readdir(dirname(this.#path));
    return names.filter((name) => name.startsWith(start)).map((name) => Number(name.slice(start.length)))
      .filter(Number.isInteger);
  }

  /** Writes the entries to the next file. Every process that reads the end of this file would write the same. */
  async #startNextFile(): Promise<void> {
    const [next, temporary] = [`${this.#path}.${this.#number + 1}`, `${this.#path}.${randomUUID()}`];
    const file = await open(temporary, "wx", 0o600);
    try {
      await file.writeFile(`\n${JSON.stringify({ id: randomUUID(), set: [...this.#entries] })}\n`);
      await file.datasync();
      // Fails if another process was faster. Its file must stay, because it may have appended to it.
      await link(temporary, next);
    } catch (error) {
      if ((error as { code?: unknown }).code !== "EEXIST") throw error;
    } finally {
      await file.close();
      await rm(temporary, { force: true });
    }
    await syncFolder(dirname(this.#path));
    const old = (await this.#numbers()).filter((number) => number <= this.#number);
    await this.#close();
    for (const number of old) await rm(`${this.#path}.${number}`, { force: true });
  }

  async #close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
    this.#position = 0;
    this.#entries.clear();
  }
}

/** Returns the line; `undefined` if it is empty or was cut off. */
function parse(bytes: Uint8Array): Line | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function size(entries: ReadonlyMap<string, string>): number {
  let sum = 0;
  for (const [key, value] of entries) sum += key.length + value.length;
  return sum;
}

async function readFrom(file: FileHandle, position: number): Promise<Uint8Array> {
  const bytes = new Uint8Array((await file.stat()).size - position);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, bytes.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}

/** Makes the names of new files durable. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  await folder.sync();
  await folder.close();
}
