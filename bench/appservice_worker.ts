/** A process that handles transactions and prints the number of events a second (appservice.ts). */

import process from "node:process";
import { AppService, createRegistration, KvTransactionStore } from "../client/appservice/mod.ts";

const ROOMS = 10;
/** Milliseconds of the measurement, and before it, while code is compiled. */
const TIME = 2_000;
const WARM = 1_000;

const [kind = "memory", size = "100"] = process.argv.slice(2);
const folder = kind === "kv" ? await Deno.makeTempDir() : undefined;
const kv = folder === undefined ? undefined : await Deno.openKv(`${folder}/kv.sqlite`);
const registration = createRegistration({ id: "bench", url: "http://127.0.0.1", senderLocalpart: "bot" });
const service = new AppService({
  baseUrl: "http://127.0.0.1",
  serverName: "localhost",
  registration,
  store: kv && new KvTransactionStore(kv, ["bench"]),
});
let handled = 0;
service.on("m.room.message", () => void handled++);

let sent = 0;

/** Sends a transaction, and waits for the response. */
async function send(): Promise<void> {
  const events = Array.from({ length: Number(size) }, (_, i) => ({
    type: "m.room.message",
    event_id: `$${++sent}_pQ9VbqSgG0JAHVYNNbYoYt0sFMmXzKkP3bb`,
    room_id: `!room${i % ROOMS}:localhost`,
    sender: `@user${i % 20}:localhost`,
    origin_server_ts: 1_700_000_000_000,
    content: { msgtype: "m.text", body: `Message ${i}, as long as a sentence mostly is.` },
    unsigned: { age: 1_234 },
  }));
  const body = JSON.stringify({ events });
  const request = new Request(`http://127.0.0.1/_matrix/app/v1/transactions/${sent}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${registration.hs_token}` },
    body,
  });
  const begun = performance.now();
  const response = await service.fetch(request);
  time += performance.now() - begun;
  if (response.status !== 200) throw new Error(await response.text());
}

let time = 0;
while (time < WARM) await send();
[time, handled] = [0, 0];
while (time < TIME) await send();
console.log((handled / time) * 1_000);
kv?.close();
if (folder !== undefined) await Deno.remove(folder, { recursive: true });
process.exit(0);
