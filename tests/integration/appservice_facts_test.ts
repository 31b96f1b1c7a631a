/**
 * Checks how Synapse sends transactions, as far as the library relies on it. A failure after an update of Synapse shows which
 * part of the library to look at. Starts a homeserver of its own, and takes about two minutes, so it runs only with
 * `MTX_FULL=1` in the environment.
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { AppService, IntentAPI } from "../../client/appservice/mod.ts";
import { startPushingHomeserver } from "../../scripts/pushing_homeserver.ts";
import { until } from "./programs.ts";
import { homeserver } from "./support.ts";

/** A transaction that Synapse has sent. */
interface Sent {
  txnId: string;
  /** The texts of its messages. */
  texts: unknown[];
  /** The types of its ephemeral events. */
  ephemeral: string[];
  /** The time of arrival in milliseconds. */
  time: number;
}

/** The transaction that contains a message. */
const has = (text: string) => ({ texts }: Sent) => texts.includes(text);

Deno.test("Synapse sends transactions as the library expects", async (t) => {
  if (Deno.env.get("MTX_FULL") !== "1") return console.log("skipped: takes two minutes, set MTX_FULL=1");
  if (!homeserver() || Deno.env.get("EXAMPLES_ON_BUN")) return;
  const server = await startPushingHomeserver();
  const { url: baseUrl, serverName, registration, port } = server;
  const sent: Sent[] = [];
  /** Returns the status of the response to a transaction. */
  let respond = (_: Sent): number | Promise<number> => 200;
  const http = Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, async (request) => {
    if (request.method !== "PUT") return Response.json({});
    const { events, ephemeral = [] } = await request.json();
    const one: Sent = {
      txnId: new URL(request.url).pathname.split("/").at(-1)!,
      texts: events.map(({ content }: { content: { body?: string } }) => content.body),
      ephemeral: ephemeral.map(({ type }: { type: string }) => type),
      time: performance.now(),
    };
    sent.push(one);
    return Response.json({}, { status: await respond(one) });
  });
  const service = new AppService({
    baseUrl,
    serverName,
    registration,
    retry: { limit: 20, maxTimeout: 1_000 },
  });
  const bot = service.bot;
  const ghost = service.intent("@_push_ghost:localhost");
  const roomId = await bot.createRoom({ preset: "public_chat" });
  const arrived = async (text: string, times = 1): Promise<Sent[]> => {
    await until(`${text} arrives`, () => sent.filter(has(text)).length >= times, 90);
    return sent.filter(has(text));
  };

  try {
    await t.step("events of the service's own ghosts are sent to the service", async () => {
      await ghost.sendText(roomId, "of a ghost");
      await arrived("of a ghost");
    });

    await t.step(
      "after a restart, transaction IDs begin at 1, and users without a device send again",
      async () => {
        const { as_token: token } = registration;
        const mxid = "@_push_device:localhost";
        const device = new IntentAPI({ baseUrl, token, bot, deviceId: "BRIDGE", mxid });
        const send = async () => [
          await ghost.sendText(roomId, "repeated", { txnId: "1" }),
          await device.sendText(roomId, "repeated by a device", { txnId: "1" }),
        ];
        const before = await send();
        await arrived("repeated by a device");
        assert(Number(sent.at(-1)!.txnId) > 1);
        const count = sent.length;
        await server.restart();
        const after = await send();
        assertNotEquals(after[0], before[0]);
        assertEquals(after[1], before[1]);
        await until("a transaction arrives", () => sent.length > count);
        assertEquals(sent[count]!.txnId, "1");
      },
    );

    await t.step(
      "a transaction that was refused comes again after 2 s, without ephemeral events",
      async () => {
        respond = ({ ephemeral }) => ephemeral.includes("m.typing") ? 503 : 200;
        const later = sent.length;
        await ghost.setTyping(roomId, { timeout: 10_000 });
        const typing = () => sent.slice(later).find(({ ephemeral }) => ephemeral.includes("m.typing"));
        const refused = await until("typing arrives", typing);
        const repeated = () => sent.slice(later).filter(({ txnId }) => txnId === refused.txnId)[1];
        const again = await until("the transaction comes again", repeated);
        assertEquals(again.ephemeral, []);
        assert(again.time - refused.time > 1_500 && again.time - refused.time < 10_000);
        respond = () => 200;
      },
    );

    await t.step("a ping ends the wait for the service", async () => {
      respond = (one) => has("waits")(one) ? 503 : 200;
      await ghost.sendText(roomId, "waits");
      await arrived("waits", 3);
      respond = () => 200;
      const begun = performance.now();
      await service.ping();
      const again = (await arrived("waits", 4)).at(-1)!;
      // Without the ping it would come 8 s after the third one.
      assert(again.time - begun < 4_000, `${again.time - begun}`);
    });

    await t.step("a transaction comes again after 60 s while it is being handled", async () => {
      respond = async (one) => {
        if (has("slow")(one)) {
          await until("it comes again", () => sent.filter(has("slow")).length > 1, 90);
        }
        return 200;
      };
      await ghost.sendText(roomId, "slow");
      const [first, second] = await arrived("slow", 2);
      assertEquals(second!.txnId, first!.txnId);
      assert(second!.time - first!.time > 58_000 && second!.time - first!.time < 75_000);
      respond = () => 200;
    });

    await t.step(
      "after SIGKILL, the transaction in flight comes after the next failure, and what waited is lost",
      async () => {
        let crashed = false;
        respond = async (one) => {
          if (has("in flight")(one)) await until("the crash", () => crashed, 90);
          return 200;
        };
        await ghost.sendText(roomId, "in flight");
        await arrived("in flight");
        await ghost.sendText(roomId, "behind it");
        await server.crash();
        crashed = true;
        await ghost.sendText(roomId, "after the crash");
        await arrived("after the crash");
        assertEquals(sent.filter(has("in flight")).length, 1);
        // AppService.requestRetry() makes this response.
        let refusals = 1;
        respond = (one) => has("refused once")(one) && refusals-- > 0 ? 503 : 200;
        await ghost.sendText(roomId, "refused once");
        await arrived("in flight", 2);
        await arrived("refused once", 2);
        const order = sent.map(({ texts }) => texts[0]).slice(-2);
        assertEquals(order, ["in flight", "refused once"]);
        assertEquals(sent.filter(has("behind it")), []);
      },
    );
  } finally {
    await http.shutdown();
    await server.stop();
  }
});
