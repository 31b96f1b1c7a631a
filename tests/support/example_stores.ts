/** Opens the stores of examples/ on Deno and Bun. */
import type { StringStore } from "../../client/crypto/mod.ts";
import { JournalStringStore } from "../../examples/journal_string_store.ts";
import { type SqliteDatabase, SqliteStringStore } from "../../examples/sqlite_string_store.ts";

/** The kinds of stores. */
export const EXAMPLE_STORES = ["journal", "sqlite"] as const;

/** Opens a store. A journal that exceeds 10 kB is replaced. */
export async function openStore(kind: string, path: string): Promise<StringStore & { close(): unknown }> {
  if (kind === "journal") return new JournalStringStore(path, 10_000);
  const name = "Bun" in globalThis ? "bun:sqlite" : "node:sqlite";
  const { Database, DatabaseSync } = await import(name);
  const database: SqliteDatabase & { close(): void } = new (Database ?? DatabaseSync)(path);
  return Object.assign(new SqliteStringStore(database), { close: () => database.close() });
}
