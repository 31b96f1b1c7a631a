/**
 * Keeps the keys of a crypto engine in SQLite: `new SqliteStringStore(new Database("keys.db"))` with `Database` of
 * `bun:sqlite`, or `DatabaseSync` of `node:sqlite` on Deno and Node.js 22.
 */
import { StoreTakenOver, type StringStore } from "@mtx/client/crypto";

/** The part of a database that `bun:sqlite` and `node:sqlite` have in common. */
export interface SqliteDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
}

/** A prepared statement. */
export interface SqliteStatement {
  all(...values: string[]): unknown[];
  get(...values: string[]): unknown;
  run(...values: string[]): unknown;
}

/** Stores strings in a table of their own. */
export class SqliteStringStore implements StringStore {
  readonly #database: SqliteDatabase;
  readonly #list: SqliteStatement;
  readonly #get: SqliteStatement;
  readonly #set: SqliteStatement;
  readonly #remove: SqliteStatement;

  /**
   * Creates a store, and the table if it does not exist.
   *
   * @param database The database.
   * @param table The name of the table.
   */
  constructor(database: SqliteDatabase, table = "strings") {
    this.#database = database;
    database.exec("PRAGMA busy_timeout = 10000");
    database.exec("PRAGMA journal_mode = WAL");
    // A transaction must be on the disk when it has ended.
    database.exec("PRAGMA synchronous = FULL");
    database.exec(`CREATE TABLE IF NOT EXISTS "${table}" (key TEXT PRIMARY KEY, value TEXT NOT NULL)`);
    this.#list = database.prepare(`SELECT key, value FROM "${table}"`);
    this.#get = database.prepare(`SELECT value FROM "${table}" WHERE key = ?`);
    this.#set = database.prepare(`INSERT OR REPLACE INTO "${table}" (key, value) VALUES (?, ?)`);
    this.#remove = database.prepare(`DELETE FROM "${table}" WHERE key = ?`);
  }

  async *load(): AsyncGenerator<readonly [key: string, value: string]> {
    for (const { key, value } of this.#list.all() as { key: string; value: string }[]) yield [key, value];
  }

  // deno-lint-ignore require-await -- errors reject
  async write(
    changes: ReadonlyMap<string, string | undefined>,
    expect?: readonly [key: string, value: string],
  ): Promise<void> {
    // No other process can write between the comparison and the end.
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      if (expect !== undefined && !this.#has(...expect)) throw new StoreTakenOver();
      for (const [key, value] of changes) {
        if (value === undefined) this.#remove.run(key);
        else this.#set.run(key, value);
      }
      this.#database.exec("COMMIT");
    } catch (error) {
      try {
        this.#database.exec("ROLLBACK");
      } catch {
        // After some errors, such as a full disk, SQLite has done so already.
      }
      throw error;
    }
  }

  #has(key: string, value: string): boolean {
    return (this.#get.get(key) as { value: string } | null | undefined)?.value === value;
  }
}
