/**
 * Two users talk over a real homeserver: a Synapse that is started for the occasion, or the one at
 * `MATRIX_HOMESERVER`. Prints what happens as it happens; ends well only when everything arrived.
 */
import { makeEdit, makeReply, type RoomID } from "../mod.ts";
import { makePng } from "../tests/support/png.ts";
import { type Person, signIn } from "./demo/people.ts";
import { type Homeserver, HomeserverUnavailable, startHomeserver, untilInterrupted } from "./homeserver.ts";

let steps = 0;
let limited = 0;

/** Does one step and prints it with what came of it. */
async function step<T>(what: string, act: () => Promise<T>, outcome?: (result: T) => string): Promise<T> {
  const start = performance.now();
  const result = await act();
  const says = outcome === undefined ? "" : ` → ${outcome(result)}`;
  console.log(
    `${String(++steps).padStart(3)}. ${what}${says}  (${Math.round(performance.now() - start)} ms)`,
  );
  return result;
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(`${what} is not as it was sent`);
}

async function meet(alice: Person, bob: Person): Promise<RoomID> {
  const roomId = await step(
    "Alice creates a room and invites Bob",
    () => alice.client.createRoom({ name: "Demo", invitees: [bob.userId] }),
    (id) => id,
  );
  await step("Bob joins", () => bob.client.joinRoom(roomId));
  await step(
    "Alice sees him come in",
    () => alice.inbox.find("Bob's join", (e) => e.type === "m.room.member" && e.sender === bob.userId),
  );
  return roomId;
}

async function talk(alice: Person, bob: Person, roomId: RoomID): Promise<void> {
  const hello = await step(
    "Alice sends a text",
    () => alice.client.sendText(roomId, "Hello, Bob!"),
    (id) => id,
  );
  await step("Bob reads it from his sync", async () => {
    const event = await bob.inbox.find("the text", (e) => e.event_id === hello);
    must(event.content.body === "Hello, Bob!" && event.sender === alice.userId, "The text");
    return event;
  }, (event) => `“${event.content.body}”`);

  const html = await step(
    "Bob answers with a formatted message",
    () => bob.client.sendText(roomId, { html: "<b>Hello</b>, Alice" }),
  );
  await step("Alice reads it", async () => {
    const event = await alice.inbox.find("the formatted message", (e) => e.event_id === html);
    must(
      event.content.formatted_body === "<b>Hello</b>, Alice" && event.content.body === "**Hello**, Alice",
      "It",
    );
    return event;
  }, (event) => `“${event.content.body}”`);

  const reaction = await step("Alice reacts with 👍", () => alice.client.react(roomId, html, "👍"));
  await step("Bob sees the reaction", async () => {
    const event = await bob.inbox.find("the reaction", (e) => e.event_id === reaction);
    const relation = event.content["m.relates_to"] as { key: string; event_id: string };
    must(relation.key === "👍" && relation.event_id === html, "The reaction");
  });

  const edit = await step(
    "Alice edits her text",
    () => alice.client.sendMessage(roomId, makeEdit({ msgtype: "m.text", body: "Hello, dear Bob!" }, hello)),
  );
  await step("Bob sees the edit", async () => {
    const event = await bob.inbox.find("the edit", (e) => e.event_id === edit);
    must((event.content["m.new_content"] as { body: string }).body === "Hello, dear Bob!", "The edit");
  });

  const reply = await step(
    "Bob replies to it",
    () => bob.client.sendMessage(roomId, makeReply({ msgtype: "m.text", body: "How are you?" }, hello)),
  );
  await step("Alice reads the reply", () => alice.inbox.find("the reply", (e) => e.event_id === reply));

  const redaction = await step("Bob redacts his formatted message", () => bob.client.redact(roomId, html));
  await step("Alice sees it gone", async () => {
    await alice.inbox.find("the redaction", (e) => e.event_id === redaction);
    const event = await alice.client.getEvent(roomId, html);
    must(Object.keys(event.content).length === 0, "The redacted message");
  });
}

async function showMore(alice: Person, bob: Person, roomId: RoomID): Promise<void> {
  await step(
    "Alice sets a topic",
    () => alice.client.sendStateEvent(roomId, "m.room.topic", { topic: "Pictures" }),
  );
  await step(
    "Bob reads the room's state",
    async () => (await bob.client.getStateEvent(roomId, "m.room.topic")).topic,
    (topic) => (must(topic === "Pictures", "The topic"), `“${topic}”`),
  );
  const png = await makePng(320, 240);
  const uri = await step(
    "Alice uploads a picture",
    () => alice.client.uploadMedia(png, { mimeType: "image/png", filename: "gradient.png" }),
    (uri) => `${uri}, ${png.length} bytes`,
  );
  const image = await step("Alice sends it", () =>
    alice.client.sendImage(roomId, uri, {
      fileName: "gradient.png",
      info: { mimetype: "image/png", w: 320, h: 240, size: png.length },
    }));
  const event = await bob.inbox.find("the picture", (e) => e.event_id === image);
  await step("Bob downloads it", async () => {
    const bytes = await bob.client.downloadMedia(event.content.url as typeof uri);
    must(bytes.length === png.length && bytes.every((byte, i) => byte === png[i]), "The picture");
  });
  await step(
    "Bob downloads its thumbnail",
    () => bob.client.downloadThumbnail(uri, { width: 32, height: 32, resizeMethod: "scale" }),
    (bytes) => `${bytes.length} bytes`,
  );
}

async function sendMany(alice: Person, bob: Person, roomId: RoomID, count: number): Promise<void> {
  const before = limited;
  const sent = await step(
    `Alice sends ${count} messages in a row`,
    async () => {
      const ids: string[] = [];
      for (let i = 1; i <= count; i++) ids.push(await alice.client.sendText(roomId, `Message ${i}`));
      return ids;
    },
    () => `429 came ${limited - before} times`,
  );
  await step("Bob has each of them once, in order", async () => {
    await bob.inbox.find("the last message", (e) => e.event_id === sent.at(-1));
    const got = bob.inbox.all((e) => e.room_id === roomId && String(e.content.body).startsWith("Message "));
    must(got.length === count && got.every((e, i) => e.event_id === sent[i]), "The order of the messages");
  });
}

/** Brings two users together on a homeserver and hands them on. */
async function withPeople(
  url: string,
  given: boolean,
  act: (alice: Person, bob: Person, roomId: RoomID) => Promise<void>,
): Promise<void> {
  const env = (name: string) => given ? Deno.env.get(name) || undefined : undefined;
  const onLimit = () => void limited++;
  const people: Person[] = [];
  try {
    for (const [name, suffix] of [["Alice", ""], ["Bob", "_2"]] as const) {
      const account = {
        token: env(`MATRIX_TOKEN${suffix}`),
        user: env(`MATRIX_USER${suffix}`),
        password: env(`MATRIX_PASSWORD${suffix}`),
      };
      people.push(await step(`${name} signs in`, () => signIn(name, url, account, onLimit), (p) => p.userId));
    }
    const [alice, bob] = people as [Person, Person];
    // From here on each sync brings what is new.
    await Promise.all(people.map((person) => person.inbox.poll(0)));
    await act(alice, bob, await meet(alice, bob));
  } finally {
    for (const person of people) await person.leave();
  }
}

async function main(): Promise<number> {
  const own = Deno.env.get("MATRIX_HOMESERVER");
  const started: Homeserver[] = [];
  const start = async (strict: boolean) => {
    const homeserver = await step(
      strict ? "A Synapse with strict rate limits starts" : "A Synapse starts",
      () => startHomeserver({ strict, say: console.log }),
      ({ url }) => url,
    );
    started.push(homeserver);
    return homeserver.url;
  };
  const work = async (): Promise<number> => {
    const begin = performance.now();
    if (own) console.log(`Using the homeserver at ${own}`);
    await withPeople(own ?? await start(false), own !== undefined, async (alice, bob, roomId) => {
      await talk(alice, bob, roomId);
      await showMore(alice, bob, roomId);
      if (own) await sendMany(alice, bob, roomId, 30);
    });
    if (!own) {
      await withPeople(await start(true), false, (alice, bob, roomId) => sendMany(alice, bob, roomId, 30));
      if (limited === 0) throw new Error("The rate limiter never answered 429");
    }
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    console.log(
      `\nDone: ${steps} steps in ${seconds} s, everything arrived; ${limited} waits for the rate limiter.`,
    );
    return 0;
  };
  try {
    return await untilInterrupted(work(), async () => {
      for (const homeserver of started) await homeserver.stop();
    }) as number;
  } catch (error) {
    console.error(
      `\nFailed: ${error instanceof HomeserverUnavailable ? error.message : Deno.inspect(error)}`,
    );
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
