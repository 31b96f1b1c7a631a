import { assert, assertEquals, assertRejects } from "@std/assert";
import { MatrixRequestError } from "../../http/mod.ts";
import { newRoom, newTestUser, online } from "./support.ts";

online("ClientAPI.getRelations() returns related events by relation and type, newest first", async () => {
  const { client, ...alice } = await newTestUser();
  const roomId = await newRoom({ client, ...alice });
  const root = await client.sendText(roomId, "Tea?");
  const relatesTo = { rel_type: "m.thread", event_id: root } as const;
  const replies = [];
  for (const text of ["1", "2", "3"]) replies.unshift(await client.sendText(roomId, text, { relatesTo }));
  const reaction = await client.react(roomId, root, "👍");

  const ids = (page: { chunk: { event_id: string }[] }) => page.chunk.map(({ event_id }) => event_id);
  assertEquals(ids(await client.getRelations(roomId, root)), [reaction, ...replies]);
  assertEquals(ids(await client.getRelations(roomId, root, { relType: "m.thread" })), replies);
  const typed = { relType: "m.annotation", eventType: "m.reaction" };
  assertEquals(ids(await client.getRelations(roomId, root, typed)), [reaction]);
  const forwards = { relType: "m.thread", direction: "f", limit: 1 } as const;
  assertEquals(ids(await client.getRelations(roomId, root, forwards)), [replies.at(-1)!]);
  const pages = await Array.fromAsync(
    client.iterateRelations(roomId, root, { relType: "m.thread", limit: 2 }),
  );
  assertEquals(pages.map(ids), [replies.slice(0, 2), replies.slice(2)]);

  // The specification has M_NOT_FOUND for this.
  const error = await assertRejects(() => client.getRelations(roomId, "$missing"), MatrixRequestError);
  assertEquals([error.status, error.errcode], [404, "M_UNKNOWN"]);
});

online("ClientAPI.iterateThreads() yields the threads of a room, the latest first", async () => {
  const [alice, bob] = [await newTestUser(), await newTestUser()];
  const roomId = await newRoom(alice, bob);
  const roots: string[] = [];
  for (const text of ["a", "b", "c"]) {
    const root = await alice.client.sendText(roomId, text);
    const by = text === "b" ? bob : alice;
    await by.client.sendText(roomId, "reply", { relatesTo: { rel_type: "m.thread", event_id: root } });
    roots.unshift(root);
  }
  const pages = await Array.fromAsync(alice.client.iterateThreads(roomId, { limit: 2 }));
  assertEquals(pages.flatMap(({ chunk }) => chunk.map(({ event_id }) => event_id)), roots);
  assert(pages.length >= 2);
  const own = await bob.client.getThreads(roomId, { include: "participated" });
  assertEquals(own.chunk.map(({ event_id }) => event_id), [roots[1]!]);
});
