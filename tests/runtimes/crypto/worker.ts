/**
 * A Worker with an encrypted bot: each POST opens the crypto store, syncs once, replies to the messages that it has
 * received, and responds with their texts. The module that workerd starts passes the engine, see workerd_test.ts.
 */
import { Client, MemorySyncStore, type SyncStore } from "@mtx/client";
import { MemoryStringStore, type OlmSdk, openOlm, type StringStore } from "@mtx/client/crypto";
import type { DeviceID, UserID } from "@mtx/client/types";

/** The bot, as the body of a request. */
export interface WorkerBot {
  baseUrl: string;
  token: string;
  userId: UserID;
  deviceId: DeviceID;
  /** Whether to use the client of the last request, if there is one. */
  keep: boolean;
}

/** The bindings of the engine, `pkg/matrix_sdk_crypto_wasm_bg.js`. */
type Bindings = Omit<OlmSdk, "initAsync"> & { __wbg_set_wasm(exports: WebAssembly.Exports): void };

/** The exports of a Worker. */
interface Worker {
  fetch(request: Request): Promise<Response>;
}

/**
 * Creates a Worker.
 *
 * @param bindings The bindings of the engine.
 * @param module The compiled engine. Workers cannot compile WebAssembly, so it is a module of the Worker.
 */
export function createWorker(bindings: Bindings, module: WebAssembly.Module): Worker {
  let instance: WebAssembly.Instance | undefined;
  const sdk: OlmSdk = {
    ...bindings,
    initAsync() {
      if (instance === undefined) {
        instance = new WebAssembly.Instance(module, {
          "./matrix_sdk_crypto_wasm_bg.js": bindings as unknown as WebAssembly.ModuleImports,
        });
        bindings.__wbg_set_wasm(instance.exports);
        (instance.exports.__wbindgen_start as () => void)();
      }
      return Promise.resolve();
    },
  };
  // A Worker of a program keeps them in a Durable Object.
  const keys = new MemoryStringStore();
  const position = new MemorySyncStore();
  let kept: { client: Client; texts: string[] } | undefined;
  return {
    async fetch(request) {
      if (request.method !== "POST") return new Response("POST a bot here");
      const bot: WorkerBot = await request.json();
      const opened = kept ?? await openBot(sdk, bot, keys, position);
      kept = bot.keep ? opened : undefined;
      await opened.client.runOnce();
      if (!bot.keep) await opened.client.crypto!.close();
      return Response.json(opened.texts.splice(0));
    },
  };
}

async function openBot(sdk: OlmSdk, bot: WorkerBot, keys: StringStore, store: SyncStore) {
  const { baseUrl, token, userId, deviceId } = bot;
  const crypto = await openOlm(sdk, { userId, deviceId, key: new Uint8Array(32).fill(7), store: keys });
  const client = new Client({ baseUrl, token, store, crypto, trust: "any" });
  const texts: string[] = [];
  client.on("m.room.message", async (event, { reply, encryption }) => {
    texts.push(`${event.content.body}${encryption === undefined ? " (plain)" : ""}`);
    await reply(`re ${event.content.body}`);
  });
  return { client, texts };
}
