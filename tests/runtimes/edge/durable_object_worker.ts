/**
 * A Worker with the store of examples/durable_object_store.ts. A POST to `/store` calls a method of the store. Everything
 * else is for an application service, whose handler sends a request to `MATRIX_HOMESERVER` for each event.
 */
import { AppService } from "../../../client/appservice/mod.ts";
import { type DurableObjects, durableObjectStore } from "../../../examples/durable_object_store.ts";

export { TransactionObject } from "../../../examples/durable_object_store.ts";

interface Env {
  MATRIX_HOMESERVER: string;
  REGISTRATION: string;
  TRANSACTIONS: DurableObjects;
}

let service: AppService | undefined;

function start({ MATRIX_HOMESERVER: baseUrl, REGISTRATION, TRANSACTIONS }: Env): AppService {
  const registration = JSON.parse(REGISTRATION);
  const store = durableObjectStore(TRANSACTIONS);
  const started = new AppService({ baseUrl, serverName: "localhost", registration, store });
  started.on("m.room.message", async (_, { send }) => void await send("Handled"));
  return started;
}

export default {
  async fetch(request: Request, env: Env, context: unknown): Promise<Response> {
    if (new URL(request.url).pathname === "/store") {
      const { method, args } = await request.json() as { method: "claim"; args: ["key", "owner", 0] };
      return Response.json(await durableObjectStore(env.TRANSACTIONS)[method](...args) ?? null);
    }
    service ??= start(env);
    return await service.fetch(request, env, context);
  },
};
