import type { KvCheck, KvDatabase, KvTransaction } from "../../client/mod.ts";

type Key = Parameters<KvDatabase["get"]>[0];

/** A key-value database in memory, with versions and transactions as Deno KV has them. */
export class FakeKv implements KvDatabase {
  readonly #entries = new Map<string, { value: unknown; versionstamp: string }>();
  #version = 0;

  /** Number of operations to reject, as Deno 2.9 does while another process writes. */
  busy = 0;

  /** The number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  #checkBusy(): Promise<void> {
    return this.busy-- > 0 ? Promise.reject(new TypeError("database is locked")) : Promise.resolve();
  }

  async get(key: Key): Promise<{ value: unknown; versionstamp: string | null }> {
    await this.#checkBusy();
    return this.#entries.get(JSON.stringify(key)) ?? { value: null, versionstamp: null };
  }

  async set(key: Key, value: unknown): Promise<unknown> {
    await this.#checkBusy();
    return this.#set(key, value);
  }

  #set(key: Key, value: unknown): unknown {
    this.#entries.set(JSON.stringify(key), {
      value: structuredClone(value),
      versionstamp: String(++this.#version),
    });
    return { ok: true };
  }

  async delete(key: Key): Promise<void> {
    await this.#checkBusy();
    this.#entries.delete(JSON.stringify(key));
  }

  atomic(): KvTransaction {
    const checks: KvCheck[] = [];
    const changes: (() => unknown)[] = [];
    const transaction: KvTransaction = {
      check: (...more) => (checks.push(...more), transaction),
      set: (key, value) => (changes.push(() => this.#set(key, value)), transaction),
      delete: (key) => (changes.push(() => this.#entries.delete(JSON.stringify(key))), transaction),
      commit: async () => {
        await this.#checkBusy();
        const ok = checks.every(({ key, versionstamp }) =>
          (this.#entries.get(JSON.stringify(key))?.versionstamp ?? null) === versionstamp
        );
        if (ok) { for (const change of changes) change(); }
        return { ok };
      },
    };
    return transaction;
  }
}
