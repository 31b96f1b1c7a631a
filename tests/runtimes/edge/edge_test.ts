/**
 * examples/edge.ts under `deno serve` and workerd, against a homeserver. `deno task test:edge` starts it, with
 * `MATRIX_HOMESERVER`, `EDGE_BUNDLE` and `EDGE_WORKERD` in the environment.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../../scripts/tasks/environment.ts";
import { testFlags } from "../../../scripts/tasks/floor.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "../../integration/support.ts";
import { inFrontOf, until } from "../../integration/programs.ts";
import { type Host, serveOnDeno, serveOnWorkerd, type Settings } from "./hosts.ts";

const FILE = `${ROOT}/examples/edge.ts`;
const SECRET = "the webhook's secret";

const STARTS: Record<string, (settings: Settings) => Promise<Host>> = {
  "deno serve": async (settings) => await serveOnDeno(FILE, settings, await testFlags()),
};
const [workerd, bundle] = [Deno.env.get("EDGE_WORKERD"), Deno.env.get("EDGE_BUNDLE")];
if (workerd && bundle) STARTS.workerd = (settings) => serveOnWorkerd(workerd, bundle, settings);

async function sign(body: string, secret = SECRET): Promise<string> {
  const bytes = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), hmac, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body)));
  return `sha256=${Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Delivers a webhook; status and answer. */
async function deliver(
  host: Host,
  id: string,
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<[status: number, answer: Record<string, string>]> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const response = await fetch(host.url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-delivery": id,
      "x-github-event": "push",
      "x-hub-signature-256": await sign(body),
      ...headers,
    },
    body,
  });
  return [response.status, await response.json()];
}

async function notices(user: TestUser, roomId: string): Promise<unknown[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=100`;
  const { chunk } = await ask<{ chunk: { type: string; content: { body: string } }[] }>(user, "GET", path);
  return chunk.filter(({ type }) => type === "m.room.message").map(({ content }) => content.body);
}

async function withHost(
  name: string,
  baseUrl: string,
  test: (host: Host, user: TestUser, roomId: string) => Promise<void>,
): Promise<void> {
  const user = await newTestUser();
  const roomId = await newRoom(user);
  const host = await STARTS[name]!({
    MATRIX_HOMESERVER: baseUrl,
    MATRIX_TOKEN: user.token,
    MATRIX_ROOM: roomId,
    WEBHOOK_SECRET: SECRET,
  });
  try {
    await test(host, user, roomId);
  } finally {
    await host.stop();
  }
}

/** The homeserver, answering messages late. */
function slowly(baseUrl: string, ms: number): Deno.HttpServer<Deno.NetAddr> {
  return inFrontOf(baseUrl, async (request, pass) => {
    if (request.url.includes("/send/")) await new Promise((resolve) => setTimeout(resolve, ms));
    return await pass();
  });
}

for (const name of Object.keys(STARTS)) {
  online(`examples/edge.ts on ${name} makes one message of a delivery that is repeated`, async (baseUrl) => {
    await withHost(name, baseUrl, async (host, user, roomId) => {
      const payload = {
        commits: [{}, {}],
        repository: { full_name: "deno/matrix" },
        sender: { login: "alice" },
      };
      const [status, first] = await deliver(host, "72d3162e-cc78-11e3-81ab-4c9367dc0958", payload);
      assertEquals(status, 200);
      assertMatch(first.event_id ?? "", /^\$/);
      const again = await Promise.all(
        Array.from({ length: 20 }, () => deliver(host, "72d3162e-cc78-11e3-81ab-4c9367dc0958", payload)),
      );
      for (const answer of again) assertEquals(answer, [200, first]);
      const [, other] = await deliver(host, "another/delivery", { text: "Another" });
      assert(other.event_id !== first.event_id);
      assertEquals(await notices(user, roomId), ["deno/matrix: push (2 commits) by alice", "Another"]);
    });
  });

  online(`examples/edge.ts on ${name} posts nothing for who does not know the secret`, async (baseUrl) => {
    await withHost(name, baseUrl, async (host, user, roomId) => {
      const payload = { text: "Nonsense" };
      const body = JSON.stringify(payload);
      const right = await sign(body);
      for (
        const signature of [
          "",
          "sha256=",
          right.slice(0, -1),
          `${right}0`,
          await sign(body, "another secret"),
          await sign("another body"),
        ]
      ) {
        const [status] = await deliver(host, "1", payload, { "x-hub-signature-256": signature });
        assertEquals(status, 401, signature);
      }
      for (const method of ["GET", "HEAD", "PUT", "OPTIONS"]) {
        const response = await fetch(host.url, { method });
        await response.body?.cancel();
        assertEquals([response.status, response.headers.get("allow")], [405, "POST"], method);
      }
      assertEquals((await deliver(host, "1", "null"))[0], 400);
      assertEquals((await deliver(host, "", payload))[0], 400);
      assertEquals((await deliver(host, "1", "no JSON"))[0], 400);
      assertEquals(await notices(user, roomId), []);
    });
  });

  online(
    `examples/edge.ts on ${name} reads no more than 1 MiB, whatever the headers say`,
    async (baseUrl) => {
      await withHost(name, baseUrl, async (host, user, roomId) => {
        const text = "x".repeat(1024 * 1024);
        assertEquals((await deliver(host, "1", { text }))[0], 413);
        const unsized = new Blob([text, text, text]).stream();
        const { status, body } = await fetch(host.url, { method: "POST", body: unsized });
        await body?.cancel();
        assertEquals(status, 413);
        assertEquals((await deliver(host, "2", { text: text.slice(0, 1_000) }))[0], 200);
        assertEquals((await notices(user, roomId)).length, 1);
      });
    },
  );

  online(`examples/edge.ts on ${name} makes messages of what is too long or odd`, async (baseUrl) => {
    await withHost(name, baseUrl, async (host, user, roomId) => {
      const odd = { text: { a: 1 }, sender: { login: {} }, repository: 7, commits: "all" };
      const payloads = [{ text: "\0".repeat(100_000) }, { text: "\ud800" }, odd, { sender: null }, {
        text: " ",
      }];
      for (const [i, payload] of payloads.entries()) {
        assertEquals((await deliver(host, `${i}`, payload))[0], 200, JSON.stringify(payload).slice(0, 50));
      }
      const right = (await sign('{"text":"Hello"}')).toUpperCase();
      const [status] = await deliver(host, "upper", { text: "Hello" }, { "x-hub-signature-256": right });
      assertEquals(status, 200);
      const said = await notices(user, roomId);
      assertEquals(said[0], `${"\0".repeat(10_000)}…`);
      assertEquals(said.slice(1), ["\ufffd", "Webhook: push", "Webhook: push", "Webhook: push", "Hello"]);
    });
  });

  online(`examples/edge.ts on ${name} says when the homeserver refuses`, async (baseUrl) => {
    await withHost(name, baseUrl, async (host, user, roomId) => {
      await ask(user, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
      assertEquals((await deliver(host, "1", { text: "Hello" }))[0], 502);
      assert(host.output().includes("M_FORBIDDEN"));
      assert(!host.output().includes(user.token), "the token is printed");
    });
  });
}

online(
  "examples/edge.ts answers before its sender gives up, and posts what is repeated once",
  async (baseUrl) => {
    const slow = slowly(baseUrl, 11_000);
    try {
      await withHost("deno serve", `http://127.0.0.1:${slow.addr.port}`, async (host, user, roomId) => {
        const begun = performance.now();
        assertEquals((await deliver(host, "1", { text: "Late" }))[0], 502);
        assert(performance.now() - begun < 10_000, "the sender has given up");
        // What was sent arrives all the same; what is sent again is no second message.
        await until("the message", async () => (await notices(user, roomId)).length > 0);
        assertEquals(await notices(user, roomId), ["Late"]);
      });
    } finally {
      await slow.shutdown();
    }
  },
);

online(
  "examples/edge.ts answers a patient sender in time, and hands the rest to waitUntil",
  async (baseUrl) => {
    if (!STARTS.workerd) return console.log("skipped: waitUntil: there is no workerd");
    const slow = slowly(baseUrl, 6_000);
    try {
      await withHost("workerd", `http://127.0.0.1:${slow.addr.port}`, async (host, user, roomId) => {
        const begun = performance.now();
        assertEquals((await deliver(host, "1", { text: "Late" }))[0], 202);
        assert(performance.now() - begun < 5_500, "the answer is late");
        assertEquals(await notices(user, roomId), []);
        for (let i = 0; i < 50 && (await notices(user, roomId)).length === 0; i++) {
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
        assertEquals(await notices(user, roomId), ["Late"]);
      });
    } finally {
      await slow.shutdown();
    }
  },
);

online("ClientAPI does on workerd what it does elsewhere", async (baseUrl) => {
  const worker = Deno.env.get("EDGE_WORKER_BUNDLE");
  if (!workerd || !worker) return console.log("skipped: ClientAPI on workerd: there is no workerd");
  const { localpart, password } = await newTestUser();
  const host = await serveOnWorkerd(workerd, worker, {});
  try {
    const body = JSON.stringify({ homeserver: baseUrl, user: localpart, password });
    const response = await fetch(host.url, { method: "POST", body });
    const said = await response.text();
    assertEquals(response.status, 200, said);
    assertMatch(said, /\ndone$/);
  } finally {
    await host.stop();
  }
});

Deno.test("examples/edge.ts asks for nothing when it is imported", async () => {
  // No permission at all, and no timer that would keep the program going.
  const args = ["run", "--no-prompt", ...await testFlags(), FILE];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("examples/edge.ts answers 500 while it is not set up", async () => {
  const host = await serveOnDeno(FILE, {}, await testFlags());
  try {
    assertEquals((await deliver(host, "1", { text: "Hello" }))[0], 500);
    assertMatch(host.output(), /MATRIX_HOMESERVER is not set/);
  } finally {
    await host.stop();
  }
});
