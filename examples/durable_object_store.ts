/**
 * A store of transactions in a Durable Object, for application services on Cloudflare Workers. Workers KV and the Cache API
 * are not atomic. In a Durable Object one request after another runs, so each method is atomic.
 *
 * The binding is `TRANSACTIONS`, its class `TransactionObject`: `store: durableObjectStore(env.TRANSACTIONS)`.
 */
import type { TransactionStore } from "@mtx/client/appservice";

/** The part of a Durable Object's storage that is used. */
interface Storage {
  get(key: string): Promise<unknown>;
  put(key: string, value: unknown): Promise<void>;
  deleteAll(): Promise<void>;
  setAlarm(time: number): Promise<void>;
}

/** The part of a binding of Durable Objects that is used. */
export interface DurableObjects {
  idFromName(name: string): unknown;
  get(id: unknown): { fetch(url: string, init: RequestInit): Promise<Response> };
}

interface Row {
  owner: string;
  /** When the claim ends; 0 if it was released, `null` if the transaction is done. */
  until: number | null;
  handled: string[];
}

/** Milliseconds for which a transaction is kept: a day. */
const EXPIRE_IN = 24 * 60 * 60 * 1000;

/** Runs in the Durable Object of one transaction. */
export class TransactionObject {
  readonly #storage: Storage;

  constructor(state: { storage: Storage }) {
    this.#storage = state.storage;
  }

  async fetch(request: Request): Promise<Response> {
    const { method, owner, lease = 0, handled = [] } = await request.json();
    // Storage operations block other requests until they have ended.
    const row = await this.#storage.get("row") as Row | undefined;
    if (method === "claim") {
      if (row?.until === null) return Response.json({ state: "done" });
      if (row !== undefined && row.owner !== owner && row.until > Date.now()) {
        return Response.json({ state: "busy" });
      }
      if (row === undefined) await this.#storage.setAlarm(Date.now() + EXPIRE_IN);
      const before = row?.handled ?? [];
      await this.#storage.put("row", { owner, until: Date.now() + lease, handled: before });
      return Response.json({ state: "new", handled: before });
    }
    if (row?.owner !== owner || row?.until === null) return Response.json(false);
    const until = method === "complete" ? null : method === "release" ? 0 : Date.now() + lease;
    await this.#storage.put("row", { owner, until, handled: until === null ? [] : handled });
    return Response.json(true);
  }

  /** Forgets the transaction. The runtime calls it at the time of `setAlarm()`. */
  async alarm(): Promise<void> {
    await this.#storage.deleteAll();
  }
}

/** Returns a store that has a Durable Object for each transaction. */
export function durableObjectStore(objects: DurableObjects): TransactionStore {
  const call = async (key: string, fields: object) => {
    const object = objects.get(objects.idFromName(key));
    const response = await object.fetch("https://store/", { method: "POST", body: JSON.stringify(fields) });
    return await response.json();
  };
  return {
    claim: (key, owner, lease) => call(key, { method: "claim", owner, lease }),
    save: (key, owner, handled, lease) => call(key, { method: "save", owner, handled, lease }),
    complete: (key, owner) => call(key, { method: "complete", owner }),
    release: (key, owner, handled) => call(key, { method: "release", owner, handled }),
  };
}
