/**
 * examples/edge.ts under `deno serve` and workerd, with the homeserver at `MATRIX_HOMESERVER`. `deno task test:edge` runs
 * this file.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../../scripts/command.ts";
import { ask, newRoom, newTestUser, online, type TestUser } from "../../integration/support.ts";
import { startProxy, until } from "../../integration/programs.ts";
import {
  bundle,
  type EdgeFunction,
  getWorkerd,
  serveOnDeno,
  serveOnWorkerd,
  type Settings,
} from "./serve.ts";

const FILE = `${ROOT}/examples/edge.ts`;
const SECRET = "the webhook's secret";

const workerd = await getWorkerd();
const STARTS: Record<string, (settings: Settings) => Promise<EdgeFunction>> = {
  "deno serve": (settings) => serveOnDeno(FILE, settings),
};
if (workerd) {
  const bundled = await bundle(FILE);
  STARTS.workerd = (settings) => serveOnWorkerd(workerd, bundled, settings);
}

async function sign(body: string, secret = SECRET): Promise<string> {
  const bytes = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes.encode(secret), hmac, false, ["sign"]);
  const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes.encode(body)));
  return `sha256=${Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Delivers a webhook. Returns the status and the body of the response. */
async function deliver(
  server: EdgeFunction,
  id: string,
  payload: unknown,
  headers: Record<string, string> = {},
): Promise<[status: number, body: Record<string, string>]> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const response = await fetch(server.url, {
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

async function withFunction(
  name: string,
  baseUrl: string,
  test: (server: EdgeFunction, user: TestUser, roomId: string) => Promise<void>,
): Promise<void> {
  const user = await newTestUser();
  const roomId = await newRoom(user);
  const server = await STARTS[name]!({
    MATRIX_HOMESERVER: baseUrl,
    MATRIX_TOKEN: user.token,
    MATRIX_ROOM: roomId,
    WEBHOOK_SECRET: SECRET,
  });
  try {
    await test(server, user, roomId);
  } finally {
    await server.stop();
  }
}

/** A proxy that delays sent messages. */
function slowly(baseUrl: string, ms: number): Deno.HttpServer<Deno.NetAddr> {
  return startProxy(baseUrl, async (request, pass) => {
    if (request.url.includes("/send/")) await new Promise((resolve) => setTimeout(resolve, ms));
    return await pass();
  });
}

for (const name of Object.keys(STARTS)) {
  online(`examples/edge.ts on ${name} sends one message for a repeated delivery`, async (baseUrl) => {
    await withFunction(name, baseUrl, async (server, user, roomId) => {
      const payload = {
        commits: [{}, {}],
        repository: { full_name: "deno/matrix" },
        sender: { login: "alice" },
      };
      const [status, first] = await deliver(server, "72d3162e-cc78-11e3-81ab-4c9367dc0958", payload);
      assertEquals(status, 200);
      assertMatch(first.event_id ?? "", /^\$/);
      const again = await Promise.all(
        Array.from({ length: 20 }, () => deliver(server, "72d3162e-cc78-11e3-81ab-4c9367dc0958", payload)),
      );
      for (const response of again) assertEquals(response, [200, first]);
      const [, other] = await deliver(server, "another/delivery", { text: "Another" });
      assert(other.event_id !== first.event_id);
      assertEquals(await notices(user, roomId), ["deno/matrix: push (2 commits) by alice", "Another"]);
    });
  });

  online(`examples/edge.ts on ${name} rejects deliveries without a valid signature`, async (baseUrl) => {
    await withFunction(name, baseUrl, async (server, user, roomId) => {
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
        const [status] = await deliver(server, "1", payload, { "x-hub-signature-256": signature });
        assertEquals(status, 401, signature);
      }
      for (const method of ["GET", "HEAD", "PUT", "OPTIONS"]) {
        const response = await fetch(server.url, { method });
        await response.body?.cancel();
        assertEquals([response.status, response.headers.get("allow")], [405, "POST"], method);
      }
      assertEquals((await deliver(server, "1", "null"))[0], 400);
      assertEquals((await deliver(server, "", payload))[0], 400);
      assertEquals((await deliver(server, "1", "no JSON"))[0], 400);
      assertEquals(await notices(user, roomId), []);
    });
  });

  online(
    `examples/edge.ts on ${name} reads at most 1 MiB, also without Content-Length`,
    async (baseUrl) => {
      await withFunction(name, baseUrl, async (server, user, roomId) => {
        const text = "x".repeat(1024 * 1024);
        assertEquals((await deliver(server, "1", { text }))[0], 413);
        const unsized = new Blob([text, text, text]).stream();
        const { status, body } = await fetch(server.url, { method: "POST", body: unsized });
        await body?.cancel();
        assertEquals(status, 413);
        assertEquals((await deliver(server, "2", { text: text.slice(0, 1_000) }))[0], 200);
        assertEquals((await notices(user, roomId)).length, 1);
      });
    },
  );

  online(`examples/edge.ts on ${name} sends messages for long and unusual payloads`, async (baseUrl) => {
    await withFunction(name, baseUrl, async (server, user, roomId) => {
      const odd = { text: { a: 1 }, sender: { login: {} }, repository: 7, commits: "all" };
      const payloads = [{ text: "\0".repeat(100_000) }, { text: "\ud800" }, odd, { sender: null }, {
        text: " ",
      }];
      for (const [i, payload] of payloads.entries()) {
        assertEquals((await deliver(server, `${i}`, payload))[0], 200, JSON.stringify(payload).slice(0, 50));
      }
      const right = (await sign('{"text":"Hello"}')).toUpperCase();
      const [status] = await deliver(server, "upper", { text: "Hello" }, { "x-hub-signature-256": right });
      assertEquals(status, 200);
      const bodies = await notices(user, roomId);
      assertEquals(bodies[0], `${"\0".repeat(10_000)}…`);
      assertEquals(bodies.slice(1), ["\ufffd", "Webhook: push", "Webhook: push", "Webhook: push", "Hello"]);
    });
  });

  online(`examples/edge.ts on ${name} reports an error of the homeserver`, async (baseUrl) => {
    await withFunction(name, baseUrl, async (server, user, roomId) => {
      await ask(user, "POST", `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
      assertEquals((await deliver(server, "1", { text: "Hello" }))[0], 502);
      assert(server.output().includes("M_FORBIDDEN"));
      assert(!server.output().includes(user.token), "the token is printed");
    });
  });
}

online(
  "examples/edge.ts responds within 10 s, and sends one message for repeated deliveries",
  async (baseUrl) => {
    const slow = slowly(baseUrl, 11_000);
    try {
      await withFunction("deno serve", `http://127.0.0.1:${slow.addr.port}`, async (server, user, roomId) => {
        const begun = performance.now();
        assertEquals((await deliver(server, "1", { text: "Late" }))[0], 502);
        assert(performance.now() - begun < 10_000, "the sender has closed the connection");
        // The message arrives in spite of the 502, and the repeated delivery does not duplicate it.
        await until("the message arrives", async () => (await notices(user, roomId)).length > 0);
        assertEquals(await notices(user, roomId), ["Late"]);
      });
    } finally {
      await slow.shutdown();
    }
  },
);

online(
  "examples/edge.ts on workerd responds with 202 and finishes in waitUntil()",
  async (baseUrl) => {
    if (!STARTS.workerd) return console.log("skipped: waitUntil() on workerd: it does not run here");
    const slow = slowly(baseUrl, 6_000);
    try {
      await withFunction("workerd", `http://127.0.0.1:${slow.addr.port}`, async (server, user, roomId) => {
        const begun = performance.now();
        assertEquals((await deliver(server, "1", { text: "Late" }))[0], 202);
        assert(performance.now() - begun < 5_500, "the response is late");
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

online("ClientAPI runs on workerd", async (baseUrl) => {
  if (!workerd) return console.log("skipped: ClientAPI on workerd: it does not run here");
  const worker = await bundle(`${ROOT}/tests/runtimes/consumer/worker.ts`);
  const { localpart, password } = await newTestUser();
  const server = await serveOnWorkerd(workerd, worker, {});
  try {
    const body = JSON.stringify({ homeserver: baseUrl, user: localpart, password });
    const response = await fetch(server.url, { method: "POST", body });
    const text = await response.text();
    assertEquals(response.status, 200, text);
    assertMatch(text, /\ndone$/);
  } finally {
    await server.stop();
  }
});

Deno.test("examples/edge.ts requests no permission when it is imported", async () => {
  // A timer would keep the program running.
  const args = ["run", "--no-prompt", FILE];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});

Deno.test("examples/edge.ts responds with 500 if a setting is missing", async () => {
  const server = await serveOnDeno(FILE, {});
  try {
    assertEquals((await deliver(server, "1", { text: "Hello" }))[0], 500);
    assertMatch(server.output(), /MATRIX_HOMESERVER is not set/);
  } finally {
    await server.stop();
  }
});
