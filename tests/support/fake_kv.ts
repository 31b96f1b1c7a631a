import type { KvCheck, KvDatabase, KvTransaction } from "../../client/mod.ts";

type Key = Parameters<KvDatabase["get"]>[0];

/** A key-value database in memory, with versions and transactions as Deno KV has them. */
export class FakeKv implements KvDatabase {
  readonly #entries = new Map<string, { value: unknown; versionstamp: string }>();
  #version = 0;

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Promise<{ value: unknown; versionstamp: string | null }> {
    return Promise.resolve(this.#entries.get(JSON.stringify(key)) ?? { value: null, versionstamp: null });
  }

  set(key: Key, value: unknown): Promise<unknown> {
    this.#entries.set(JSON.stringify(key), {
      value: structuredClone(value),
      versionstamp: String(++this.#version),
    });
    return Promise.resolve({ ok: true });
  }

  delete(key: Key): Promise<void> {
    this.#entries.delete(JSON.stringify(key));
    return Promise.resolve();
  }

  atomic(): KvTransaction {
    const checks: KvCheck[] = [];
    const changes: (() => Promise<unknown>)[] = [];
    const transaction: KvTransaction = {
      check: (...more) => (checks.push(...more), transaction),
      set: (key, value) => (changes.push(() => this.set(key, value)), transaction),
      delete: (key) => (changes.push(() => this.delete(key)), transaction),
      commit: () => {
        const ok = checks.every(({ key, versionstamp }) =>
          (this.#entries.get(JSON.stringify(key))?.versionstamp ?? null) === versionstamp
        );
        if (ok) { for (const change of changes) void change(); }
        return Promise.resolve({ ok });
      },
    };
    return transaction;
  }
}
