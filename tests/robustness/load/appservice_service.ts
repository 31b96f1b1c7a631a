/**
 * The service under load: responds to each text of a ghost with a notice that contains the event's ID. Appends the IDs of
 * events to two files: when a transaction arrives (`received`) and when a handler has ended (`handled`). It is killed with
 * SIGKILL.
 */
import { AppService, KvTransactionStore } from "../../../client/appservice/mod.ts";

const [settings = "{}"] = Deno.args;
const { baseUrl, serverName, registration, port, folder, deviceId, store, acknowledge } = JSON.parse(
  settings,
);

const append = (file: string, line: string) =>
  Deno.writeTextFileSync(`${folder}/${file}`, `${line}\n`, { append: true });

const service = new AppService({
  baseUrl,
  serverName,
  registration,
  deviceId,
  acknowledge,
  own: true,
  store: store === "memory"
    ? undefined
    : new KvTransactionStore(await Deno.openKv(`${folder}/kv.sqlite`), ["load"]),
});
service.on("m.room.message", async (event, { bot, roomId, signal }) => {
  if (event.content.msgtype !== "m.text") return;
  await bot.sendNotice(roomId, { text: event.event_id, txnId: event.event_id, signal });
  append("handled", event.event_id);
});

/** Notes which events arrive, before any is handled. */
async function receive(request: Request): Promise<Response> {
  if (request.method === "PUT") {
    const { events } = await request.clone().json();
    for (const { event_id, content } of events) {
      if (content?.msgtype === "m.text") append("received", event_id);
    }
  }
  if (request.url.endsWith("/requestRetry")) {
    service.requestRetry();
    return new Response();
  }
  return await service.fetch(request);
}

Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, receive);
// Ends the wait of the homeserver, which may be minutes long after some failures.
await service.ping().catch(() => {});
