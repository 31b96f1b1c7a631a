/**
 * An encrypted bot on workerd, the runtime of Cloudflare Workers, whose crypto engine is instantiated from a compiled
 * module. `deno task test:crypto` runs this file.
 */
import * as sdk from "npm:@matrix-org/matrix-sdk-crypto-wasm@18.9.0";
import { assert, assertEquals } from "@std/assert";
import { CACHE, ROOT } from "../../../scripts/command.ts";
import { install } from "../../../scripts/npm.ts";
import { online } from "../../integration/support.ts";
import { bundle, getWorkerd, serveOnWorkerd, type WorkerModule } from "../edge/serve.ts";
import type { WorkerBot } from "./worker.ts";
import { World } from "./world.ts";

const FILES = `${ROOT}/tests/runtimes/crypto`;
const OLM = "@matrix-org/matrix-sdk-crypto-wasm";
const BINDINGS = "matrix_sdk_crypto_wasm_bg";
/** The module that a program bundles together with its Worker. */
const MAIN = `
import * as bindings from "./${BINDINGS}.js";
import module from "./${BINDINGS}.wasm";
import { createWorker } from "./worker.js";

export default createWorker(bindings, module);
`;

online("Client.runOnce() replies in an encrypted room on workerd", async (baseUrl) => {
  const workerd = await getWorkerd();
  if (workerd === undefined) return;
  const folder = await install("olm", { [OLM]: "18.9.0" });
  const main = `${CACHE}/encrypted_worker.js`;
  await Deno.writeTextFile(main, MAIN);
  const modules: WorkerModule[] = [
    { name: "worker.js", path: await bundle(`${FILES}/worker.ts`), kind: "esModule" },
    { name: `${BINDINGS}.js`, path: `${folder}/node_modules/${OLM}/pkg/${BINDINGS}.js`, kind: "esModule" },
    { name: `${BINDINGS}.wasm`, path: `${folder}/node_modules/${OLM}/pkg/${BINDINGS}.wasm`, kind: "wasm" },
  ];
  const world = new World(sdk, baseUrl);
  const server = await serveOnWorkerd(
    workerd,
    main,
    {},
    undefined,
    undefined,
    undefined,
    modules,
  );
  try {
    const alice = await world.open(await world.register("alice"));
    const { token, userId, deviceId } = await world.register("bot");
    const roomId = await world.room(alice.user, { token, userId, deviceId, password: "" });
    const times: number[] = [];
    const post = async (keep: boolean): Promise<unknown> => {
      const bot: WorkerBot = { baseUrl, token, userId, deviceId, keep };
      const start = performance.now();
      const response = await fetch(server.url, { method: "POST", body: JSON.stringify(bot) });
      const text = await response.text();
      times.push(performance.now() - start);
      assertEquals(response.status, 200, text + server.output());
      return JSON.parse(text);
    };
    assertEquals(await post(false), []);
    await alice.client.runOnce();
    // The first requests open the store again, and the last ones use the client of the request before.
    for (const [n, keep] of [false, true, true].entries()) {
      await alice.client.sendText(roomId, `message ${n}`);
      assertEquals(await post(keep), [`message ${n}`]);
    }
    await alice.client.runOnce();
    assertEquals(alice.texts, ["re message 0", "re message 1", "re message 2"]);
    assertEquals(alice.undecryptable, []);
    const events = await world.events(alice.user, roomId);
    assert(events.every(({ type }) => type !== "m.room.message"));
    console.log(`requests took ${times.map((time) => Math.round(time)).join(", ")} ms`);
  } finally {
    await world.closeAll();
    await server.stop();
  }
});
