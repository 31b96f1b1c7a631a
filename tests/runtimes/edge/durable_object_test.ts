/** examples/durable_object_store.ts under workerd, with Durable Objects on disk. */
import { assertEquals } from "@std/assert";
import { createRegistration, type TransactionStore } from "../../../client/appservice/mod.ts";
import { STORE_TESTS } from "../../support/transaction_stores.ts";
import { bundle, type EdgeFunction, getWorkerd, serveOnWorkerd } from "./serve.ts";

const workerd = await getWorkerd();

/** Runs a test with a function that starts the Worker, or restarts it with the same objects. */
async function withObjects(
  test: (
    start: () => Promise<EdgeFunction>,
    registration: { hs_token: string },
    sent: string[],
  ) => Promise<void>,
): Promise<void> {
  if (!workerd) return console.log("skipped: Durable Objects on workerd: it does not run here");
  const worker = await bundle(`${import.meta.dirname}/durable_object_worker.ts`);
  const folder = await Deno.makeTempDir({ prefix: "mtx_objects_" });
  const sent: string[] = [];
  const homeserver = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    await request.body?.cancel();
    sent.push(new URL(request.url).pathname.split("/").at(-1)!);
    return Response.json({ event_id: `$${sent.length}` });
  });
  const registration = createRegistration({ id: "objects", url: "http://127.0.0.1", senderLocalpart: "bot" });
  const settings = {
    MATRIX_HOMESERVER: `http://127.0.0.1:${homeserver.addr.port}`,
    REGISTRATION: JSON.stringify(registration),
  };
  const objects = { binding: "TRANSACTIONS", className: "TransactionObject", folder };
  let running: EdgeFunction | undefined;
  try {
    await test(
      async () => {
        await running?.stop();
        running = await serveOnWorkerd(workerd, worker, settings, undefined, undefined, objects);
        return running;
      },
      registration,
      sent,
    );
  } finally {
    await running?.stop();
    await homeserver.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

/** The store of a running Worker, with keys of its own. */
function remoteStore({ url }: EdgeFunction): TransactionStore {
  const prefix = crypto.randomUUID();
  const call = async (method: string, key: string, ...args: unknown[]) => {
    const body = JSON.stringify({ method, args: [`${prefix} ${key}`, ...args] });
    const response = await fetch(`${url}store`, { method: "POST", body });
    return response.ok ? await response.json() : Promise.reject(new Error(await response.text()));
  };
  return {
    claim: (...args) => call("claim", ...args),
    save: (...args) => call("save", ...args),
    complete: (...args) => call("complete", ...args),
    release: (...args) => call("release", ...args),
  };
}

Deno.test("durableObjectStore() passes the tests of every store on workerd", async (t) => {
  await withObjects(async (start) => {
    const server = await start();
    for (const [does, test] of Object.entries(STORE_TESTS)) {
      await t.step(`durableObjectStore()${does}`, () => test(remoteStore(server)));
    }
  });
});

Deno.test("AppService on workerd handles a transaction once that comes three times at once, and again after a restart", async () => {
  await withObjects(async (start, registration, sent) => {
    const send = async ({ url }: EdgeFunction): Promise<number> => {
      const response = await fetch(`${url}_matrix/app/v1/transactions/1`, {
        method: "PUT",
        headers: { authorization: `Bearer ${registration.hs_token}` },
        body: JSON.stringify({
          events: Array.from({ length: 5 }, (_, i) => ({
            type: "m.room.message",
            event_id: `$event${i}`,
            room_id: "!room:localhost",
            sender: "@alice:localhost",
            origin_server_ts: 1,
            content: { msgtype: "m.text", body: "Hello" },
          })),
        }),
      });
      await response.body?.cancel();
      return response.status;
    };
    const first = await start();
    assertEquals(await Promise.all([send(first), send(first), send(first)]), [200, 200, 200]);
    assertEquals(sent.length, 5);
    assertEquals(await send(first), 200);
    assertEquals(await send(await start()), 200);
    assertEquals(sent.length, 5);
  });
});
