/** Hostile transactions, and the search for tokens. */
import { assert, assertEquals } from "@std/assert";
import { AppService, createRegistration } from "../../../client/appservice/mod.ts";
import { everything } from "../../robustness/faults/secrets.ts";
import { transactionRound } from "../../robustness/fuzz/transactions.ts";
import { broken, FakeHomeserver, json, text } from "../../support/fake_homeserver.ts";

Deno.test("AppService.fetch() responds to hostile transactions with a Matrix error or 200", async () => {
  for (let seed = 1; seed <= 600; seed++) assertEquals(await transactionRound(seed), undefined);
});

Deno.test("AppService shows neither as_token nor hs_token in errors, logs, hooks, responses or itself", async () => {
  const registration = createRegistration({
    id: "irc",
    url: "https://a.example",
    senderLocalpart: "irc",
    users: ["@irc_.*:example\\.org"],
  });
  const secrets = [registration.as_token, registration.hs_token, "token-of-alice"];
  let shown = "";
  const take = (...data: unknown[]) => void (shown += everything(data));
  const server = new FakeHomeserver();
  const service = new AppService({
    baseUrl: "https://matrix.example.org",
    serverName: "example.org",
    registration,
    fetch: server.fetch,
    retry: { limit: 1, minTimeout: 0, maxTimeout: 0 },
    retries: 0,
    log: { debug: take, info: take, warn: take, error: take },
    hooks: { onRequest: take, onResponse: take, onRetry: take },
    onHandlerError: take,
    onUser: () => true,
  });
  const ghost = service.intent("@irc_a:example.org");
  const puppet = service.puppet("@alice:example.org", { token: "token-of-alice" });
  service.on("m.room.message", async (_, context) => {
    const { send, signal } = context;
    take(context);
    // While the homeserver is out of reach, a handler that rejects is retried for an hour.
    await send("Hello", { signal }).catch(take);
    throw new Error("failed");
  });
  const echo = (status: number) => (request: { headers: Headers; url: string; text: string }) => {
    const said = `${[...request.headers].join()} ${request.url} ${request.text}`;
    return json({ errcode: "M_FORBIDDEN", error: said }, status)(request as never);
  };
  const faults = [echo(403), echo(400), echo(500), text("<html>", 502), broken(), json({ event_id: "$x" })];
  let id = 0;
  for (const fault of faults) {
    server.on("*", fault);
    for (const client of [service.bot, ghost, puppet]) {
      await client.sendText("!room:example.org", "Hello").catch(take);
      await client.ensureJoined("!room:example.org").catch(take);
    }
    await service.ping().catch(take);
    for (const token of [registration.hs_token, `${registration.hs_token}x`]) {
      const headers = { authorization: `Bearer ${token}` };
      const event = {
        type: "m.room.message",
        event_id: `$${++id}`,
        room_id: "!room:example.org",
        sender: "@bob:example.org",
        content: { msgtype: "m.text", body: "Hello" },
      };
      const body = JSON.stringify({ events: [event] });
      const url = "https://a.example/_matrix/app/v1";
      const calls = [
        new Request(`${url}/transactions/${id}`, { method: "PUT", headers, body }),
        new Request(`${url}/users/@irc_a:example.org`, { headers }),
        new Request(`${url}/users/@irc_a:example.org?access_token=${token}`),
        new Request(`${url}/nothing?access_token=${token}`),
      ];
      for (const call of calls) take(await (await service.fetch(call)).text());
    }
  }
  take(service, ghost, puppet, service.bot.api);
  assert(shown.length > 10_000);
  for (const secret of secrets) {
    for (const form of [secret, encodeURIComponent(secret), btoa(secret)]) {
      assertEquals(shown.includes(form), false);
    }
  }
});
