/** Runs every program in examples/ as examples/README.md describes. tests/runtimes/edge tests examples/edge.ts. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../../scripts/command.ts";
import type { RoomEvent, RoomID } from "../../types/mod.ts";
import { makePng } from "../support/png.ts";
import { call, CuttableProxy, start, startProxy, until } from "./programs.ts";
import { ask, newRoom, newTestUser, online, syncUntil, type TestUser } from "./support.ts";

function settings(user: TestUser): Record<string, string> {
  return { MATRIX_HOMESERVER: user.baseUrl, MATRIX_TOKEN: user.token };
}

async function messages(user: TestUser, roomId: string): Promise<RoomEvent[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=f&limit=500`;
  const { chunk } = await ask<{ chunk: RoomEvent[] }>(user, "GET", path);
  return chunk.filter(({ type }) => type === "m.room.message");
}

const DEVICES = "/_matrix/client/v3/devices";

const bodies = (events: RoomEvent[]) => events.map(({ content }) => content.body);

/** Sends a message without using the library. */
async function say(user: TestUser, roomId: string, content: object): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${
    encodeURIComponent(roomId)
  }/send/m.room.message/${crypto.randomUUID()}`;
  return (await ask<{ event_id: string }>(user, "PUT", path, content)).event_id;
}

const sayText = (user: TestUser, roomId: string, body: string) =>
  say(user, roomId, { msgtype: "m.text", body });

async function joined(user: TestUser, roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/joined_members`;
  return Object.keys((await ask<{ joined: object }>(user, "GET", path)).joined);
}

online("examples/echo_bot.ts resumes after a connection failure, and stops on Ctrl-C", async (baseUrl) => {
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const proxy = new CuttableProxy(baseUrl);
  const program = await start("echo_bot.ts", [alice.userId], {
    ...settings(bot),
    MATRIX_HOMESERVER: proxy.url,
  });
  try {
    await until("the bot listens", () => program.output().includes("Listening"));
    const roomId = await newRoom(alice);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/invite`;
    await ask(alice, "POST", path, { user_id: bot.userId });
    await until("the bot joins", async () => (await joined(alice, roomId)).includes(bot.userId));
    await sayText(alice, roomId, "Before");
    const echoed = (text: string) => async () =>
      (await messages(alice, roomId)).some(({ sender, content }) =>
        sender === bot.userId && content.body === text
      );
    await until("an echo", echoed("Before"));
    const edited = await sayText(alice, roomId, "To be corrected");
    const relation = { rel_type: "m.replace", event_id: edited };
    await say(alice, roomId, { msgtype: "m.text", body: "* Corrected", "m.relates_to": relation });
    for (const msgtype of ["m.notice", "m.emote"]) await say(alice, roomId, { msgtype, body: "No echo" });
    await until("another echo", echoed("To be corrected"));
    const silent = await ask<{ room_id: string }>(alice, "POST", "/_matrix/client/v3/createRoom", {
      invite: [bot.userId],
      power_level_content_override: { events_default: 50 },
    });
    await until("the bot joins", async () => (await joined(alice, silent.room_id)).includes(bot.userId));
    await sayText(alice, silent.room_id, "No echo");
    await until(
      "the bot reports that it may not send",
      () => /^Cannot echo \$.*403/m.test(program.output()),
    );
    proxy.cut();
    await until(
      "the bot reports the connection failure",
      () => program.output().includes("Lost the homeserver"),
    );
    await sayText(alice, roomId, "Meanwhile");
    proxy.restore();
    await until("an echo of the message sent meanwhile", echoed("Meanwhile"));
    await sayText(alice, roomId, "After");
    await until("another echo", echoed("After"));
    assert(program.output().includes("The homeserver is back"), program.output());
    const echoes = (await messages(alice, roomId)).filter(({ sender }) => sender === bot.userId);
    assertEquals(echoes.map(({ content }) => [content.msgtype, content.body]), [
      ["m.notice", "Before"],
      ["m.notice", "To be corrected"],
      ["m.notice", "Meanwhile"],
      ["m.notice", "After"],
    ]);
    program.process.kill("SIGINT");
    const { code, errors } = await program.ended;
    assertEquals(code, 0, errors);
    assertMatch(errors, /Stopped\n$/);
  } finally {
    proxy.cut();
    await program.end();
  }
});

/** Uploads and sends an image without using the library. */
async function post(
  user: TestUser,
  roomId: string,
  name: string,
  data: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const response = await fetch(
    `${user.baseUrl}/_matrix/media/v3/upload?filename=${encodeURIComponent(name)}`,
    {
      method: "POST",
      headers: { authorization: `Bearer ${user.token}`, "content-type": "image/png" },
      body: data,
    },
  );
  const { content_uri: url } = await response.json();
  const path = `/_matrix/client/v3/rooms/${
    encodeURIComponent(roomId)
  }/send/m.room.message/${crypto.randomUUID()}`;
  await ask(user, "PUT", path, { msgtype: "m.image", body: name, url, info: { mimetype: "image/png" } });
  return url;
}

online("examples/media_mirror.ts copies media to a folder and to a room, once", async () => {
  const alice = await newTestUser();
  const [from, to] = await Promise.all([newRoom(alice), newRoom(alice)]);
  const [small, large] = await Promise.all([makePng(20, 10), makePng(400, 300)]);
  const url = await post(alice, from, "../../small.PNG", small);
  const other = await post(alice, from, "large.png", large);
  await sayText(alice, from, "Only text");
  const folder = await Deno.makeTempDir();
  try {
    const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const first = await call("media_mirror.ts", [from, folder], settings(alice), { flags });
    assertEquals([first.code, first.output], [0, "2 copied, 0 skipped\n"], first.errors);
    const nameOf = (url: string) => `${url.slice("mxc://".length).replace(/[^\w.-]/g, "_")}.png`;
    assertEquals(
      Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(),
      [nameOf(url), nameOf(other)].sort(),
    );
    assertEquals(await Deno.readFile(`${folder}/${nameOf(url)}`), small);
    assertEquals(await Deno.readFile(`${folder}/${nameOf(other)}`), large);
    const second = await call("media_mirror.ts", [from, folder], settings(alice), { flags });
    assertEquals(second.output, "0 copied, 2 skipped\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }

  // Another session does not share transaction IDs with the first one.
  const password = { MATRIX_USER: alice.localpart, MATRIX_PASSWORD: alice.password };
  for (
    const [env, expected] of [
      [settings(alice), "1 copied, 1 skipped\n"],
      [settings(alice), "0 copied, 2 skipped\n"],
      [{ MATRIX_HOMESERVER: alice.baseUrl, ...password }, "0 copied, 2 skipped\n"],
    ] as const
  ) {
    const { code, output, errors } = await call("media_mirror.ts", [from, to, "--max-size=5000"], env);
    assertEquals([code, output], [0, expected], errors);
    assertMatch(errors, /large\.png .* skipped: .*5000/);
  }
  const copies = await messages(alice, to);
  assertEquals(bodies(copies), ["../../small.PNG"]);
  const copy = String(copies[0]?.content.url);
  assert(copy !== url);
  const path = `/_matrix/client/v1/media/download/${copy.slice("mxc://".length)}`;
  const download = await fetch(alice.baseUrl + path, { headers: { authorization: `Bearer ${alice.token}` } });
  assertEquals(download.headers.get("content-type"), "image/png");
  assertEquals(await download.bytes(), small);
});

online(
  "examples/media_mirror.ts skips deleted media, and fails if media may be copied later",
  async (baseUrl) => {
    const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
    const from = await newRoom(alice, bob);
    const url = await post(alice, from, "odd\x1b[31m\u202e.png", await makePng(400, 300));
    await say(alice, from, { msgtype: "m.file", body: "gone.txt", url: "mxc://localhost/gone" });
    await say(alice, from, { msgtype: "m.file", body: "wrong.txt", url: "mxc://localhost/../.." });
    const folder = await Deno.makeTempDir();
    const media = `${folder}/media`;
    const flags = [`--allow-read=${media}`, `--allow-write=${media}`];
    const short = startProxy(baseUrl, async (request, pass) => {
      const response = await pass();
      if (!new URL(request.url).pathname.endsWith(url.slice("mxc://".length))) return response;
      const bytes = await response.bytes();
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(bytes.subarray(0, 100));
          controller.close();
        },
      });
      return new Response(body, { headers: { "content-length": `${bytes.length}` } });
    });
    try {
      const env = { ...settings(alice), MATRIX_HOMESERVER: `http://127.0.0.1:${short.addr.port}` };
      const cut = await call("media_mirror.ts", [from, media], env, { flags });
      assertEquals([cut.code, cut.output], [1, "0 copied, 1 skipped, 1 failed\n"], cut.errors);
      assertEquals(Array.from(Deno.readDirSync(media)), []);
      const whole = await call("media_mirror.ts", [from, media], settings(alice), { flags });
      assertEquals([whole.code, whole.output], [0, "1 copied, 1 skipped\n"], whole.errors);
      assertMatch(whole.errors, /^odd\ufffd\[31m\ufffd\.png \(mxc:/m);
      const silent = await ask<{ room_id: string }>(alice, "POST", "/_matrix/client/v3/createRoom", {
        preset: "public_chat",
        power_level_content_override: { events_default: 50 },
      });
      await ask(bob, "POST", `/_matrix/client/v3/join/${encodeURIComponent(silent.room_id)}`, {});
      const refused = await call("media_mirror.ts", [from, silent.room_id], settings(bob));
      assertEquals(refused.code, 1, refused.output);
      assertMatch(refused.errors, /M_(?:FORBIDDEN|INSUFFICIENT_POWER) 403/);
    } finally {
      await short.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

online("examples/moderate.ts kicks, bans, unbans and redacts", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const roomId = await newRoom(alice, bob);
  const membership = async () => {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${bob.userId}`;
    const { membership, reason } = await ask(alice, "GET", path);
    return [membership, reason];
  };
  const moderate = (...args: string[]) => call("moderate.ts", [roomId, ...args], settings(alice));
  const said = await sayText(bob, roomId, "One");
  await sayText(bob, roomId, "Two");
  await sayText(alice, roomId, "Three");
  await sayText(bob, roomId, "Four");

  assertEquals((await moderate("redact", said, "--reason=Spam")).output, "1 redacted\n");
  const read = async () => bodies(await messages(alice, roomId));
  assertEquals(await read(), [undefined, "Two", "Three", "Four"]);
  assertEquals((await moderate("redact", bob.userId)).output, "2 redacted\n");
  assertEquals(await read(), [undefined, undefined, "Three", undefined]);

  assertEquals((await moderate("kick", bob.userId, "--reason=Enough")).code, 0);
  assertEquals(await membership(), ["leave", "Enough"]);
  assertEquals((await moderate("ban", bob.userId)).output, `ban: ${bob.userId}\n`);
  assertEquals((await membership())[0], "ban");
  assertEquals((await moderate("unban", bob.userId)).code, 0);
  assertEquals((await membership())[0], "leave");

  const refused = await call("moderate.ts", [roomId, "ban", alice.userId], settings(bob));
  assertEquals(refused.code, 1);
  assertMatch(refused.errors, /^Cannot .*M_NOT_JOINED 403.*\n$/);
  const noPower = await call("moderate.ts", [roomId, "redact", said], settings(bob));
  assertEquals([noPower.code, noPower.output], [1, "0 redacted\n"]);
  const wrong = await moderate("hug", "nobody");
  assertEquals(wrong.code, 2);
  assertMatch(wrong.errors, /^hug is not kick, ban, unban or redact\n\nUsage: moderate\.ts ROOM/);
});

online("examples/room_directory.ts lists the public rooms page by page, and joins one", async () => {
  const [alice, bob] = await Promise.all([newTestUser(), newTestUser()]);
  const word = `word${crypto.randomUUID().slice(0, 8)}`;
  for (const name of ["First", "Second", "Third"]) {
    await ask(alice, "POST", "/_matrix/client/v3/createRoom", {
      preset: "public_chat",
      visibility: "public",
      name: `${name} ${word}`,
      topic: "All\nabout it",
    });
  }
  const input = "\n3\n9\nq\n";
  const { code, output, errors } = await call("room_directory.ts", [word, "--limit=2"], settings(bob), {
    input,
  });
  assertEquals(code, 0, errors);
  const names = [
    ...output.matchAll(new RegExp(`^ *\\d\\. (\\w+) ${word} \\(1\\)\\n     All about it$`, "gm")),
  ]
    .map(([, name]) => name);
  assertEquals(names.toSorted(), ["First", "Second", "Third"], output);
  const roomId = /^Joined (\S+)$/m.exec(output)?.[1];
  const { joined_rooms } = await ask<{ joined_rooms: string[] }>(
    bob,
    "GET",
    "/_matrix/client/v3/joined_rooms",
  );
  assertEquals(joined_rooms, [roomId]);
  const none = await call("room_directory.ts", [`${word}x`], settings(bob), { input: "" });
  assertEquals([none.code, none.output, none.errors], [0, "", "No rooms found\n"]);

  const closedRoom = await ask<{ room_id: string }>(alice, "POST", "/_matrix/client/v3/createRoom", {
    preset: "public_chat",
    visibility: "public",
    name: `\x1b[2J Closed${word}`,
  });
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(closedRoom.room_id)}/ban`;
  await ask(alice, "POST", path, { user_id: bob.userId });
  const closed = await call("room_directory.ts", [`Closed${word}`], settings(bob), { input: "1\nq\n" });
  assertEquals(closed.code, 1);
  assertMatch(closed.output, /^ *1\. \ufffd\[2J Closed/);
  assertMatch(closed.errors, /403/);
});

online("examples/notify.ts reports the result of a job, once", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const github = {
    ...settings(alice),
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "deno/matrix",
    GITHUB_WORKFLOW: "CI <main>",
    GITHUB_REF_NAME: "main",
    GITHUB_RUN_ID: "17",
    GITHUB_RUN_ATTEMPT: "1",
    GITHUB_JOB: "test",
  };
  const [first, again] = [
    await call("notify.ts", [roomId, "failure"], github),
    await call("notify.ts", [roomId, "failure"], github),
  ];
  assertEquals([first.code, first.output], [0, again.output], first.errors);
  await call("notify.ts", [roomId, "success", "--name=Build", "--url=https://example.org/"], settings(alice));
  const said = await messages(alice, roomId);
  const url = "https://github.com/deno/matrix/actions/runs/17";
  assertEquals(said.map(({ content }) => [content.msgtype, content.body, content.formatted_body]), [
    [
      "m.notice",
      `❌ deno/matrix: CI <main>, main: failure ${url}`,
      `<a href="${url}">❌ deno/matrix: CI &lt;main>, main: failure</a>`,
    ],
    [
      "m.notice",
      "✅ Build: success https://example.org/",
      '<a href="https://example.org/">✅ Build: success</a>',
    ],
  ]);
  const elsewhere = "!nowhere:example.org";
  assertEquals((await call("notify.ts", [elsewhere, "success"], github)).code, 1);
  assertEquals((await call("notify.ts", [elsewhere, "success", "--lenient"], github)).code, 0);
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nowhere = `http://127.0.0.1:${closed.addr.port}`;
  closed.close();
  const away = { ...github, MATRIX_HOMESERVER: nowhere };
  const unreached = await call("notify.ts", [roomId, "success", "--lenient"], away);
  assertEquals([unreached.code, unreached.output], [0, ""]);
  assertMatch(unreached.errors, /^Cannot GET .*: no response from 127\.0\.0\.1.*\n$/);
  assertEquals((await call("notify.ts", [roomId, ""], github)).code, 2);
  assertEquals((await call("notify.ts", [roomId, "constructor"], github)).code, 0);
  assertMatch(String(bodies(await messages(alice, roomId)).at(-1)), /^ℹ️ .*: constructor /);
  const unnamed = await call("notify.ts", [roomId, "success"], settings(alice));
  assertEquals(unnamed.code, 2);
});

/** Starts a server that forwards requests, and rejects those for history after this many pages. */
function failing(baseUrl: string, pages: number): Deno.HttpServer<Deno.NetAddr> {
  return startProxy(baseUrl, async (request, pass) => {
    if (new URL(request.url).pathname.endsWith("/messages") && pages-- === 0) {
      return Response.json({ errcode: "M_FORBIDDEN", error: "Enough" }, { status: 403 });
    }
    return await pass();
  });
}

online("examples/export_history.ts exports a room back to its creation", async () => {
  const alice = await newTestUser();
  const roomId: RoomID = await newRoom(alice);
  for (let i = 0; i < 30; i++) await sayText(alice, roomId, `Message ${i}`);
  const folder = await Deno.makeTempDir();
  const path = `${folder}/history.jsonl`;
  const flags = [`--allow-read=${folder}`, `--allow-write=${folder}`];
  const history = (...args: string[]) =>
    call("export_history.ts", [roomId, path, ...args], settings(alice), { flags });
  const check = async () => {
    const lines = (await Deno.readTextFile(path)).trimEnd().split("\n");
    const events = lines.map((line) => JSON.parse(line) as RoomEvent);
    assertEquals(events.at(-1)?.type, "m.room.create");
    assertEquals(new Set(events.map((event) => event.event_id)).size, events.length);
    const texts = events.filter(({ type }) => type === "m.room.message").reverse();
    assertEquals(bodies(texts), Array.from({ length: 30 }, (_, i) => `Message ${i}`));
    return events.length;
  };
  try {
    const { code, errors } = await history("--page=7");
    assertEquals(code, 0, errors);
    assertEquals(errors.split("\n").at(-2), `${await check()} events, back to the creation of the room`);
    const again = await history();
    assertEquals(again.code, 2);
    assertMatch(again.errors, /exists already/);
    assertEquals((await history("--force")).code, 0);
    const count = await check();

    const missing = "!nowhere:example.org";
    for (const args of [[missing, path, "--force"], [roomId, path, "--force", "--page=x"]]) {
      const { code } = await call("export_history.ts", args, settings(alice), { flags });
      assert(code > 0);
      assertEquals(await check(), count, "the existing file was overwritten");
    }
    const other = `${folder}/other.jsonl`;
    for (const args of [[missing, other], [roomId, other, "--from=nonsense"]]) {
      const failed = await call("export_history.ts", args, settings(alice), { flags });
      assertEquals(failed.code, 1);
      assertMatch(failed.errors, /^Cannot GET .*\n$/);
    }
    assertEquals(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["history.jsonl"]);
    const outside = await call("export_history.ts", [roomId, `${folder}/no/where`], settings(alice), {
      flags,
    });
    assertEquals(outside.code, 1);
    assertEquals(outside.errors.trimEnd().split("\n").length, 1, outside.errors);

    const server = failing(alice.baseUrl, 2);
    const env = { ...settings(alice), MATRIX_HOMESERVER: `http://127.0.0.1:${server.addr.port}` };
    const part = await call("export_history.ts", [roomId, path, "--page=7", "--force"], env, { flags });
    await server.shutdown();
    assertEquals(part.code, 1, part.errors);
    const token = /^14 events, back to \S+; resume with (--from=\S+)$/m.exec(part.errors)?.[1] ?? part.errors;
    assertEquals((await history("--page=7", token)).code, 0);
    assertEquals(await check(), count);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

online("examples/command.ts logs in with a password, and logs out at the end", async () => {
  const alice = await newTestUser();
  const roomId = await newRoom(alice);
  const { code, errors } = await call("notify.ts", [roomId, "success", "--name=It"], {
    MATRIX_HOMESERVER: alice.baseUrl,
    MATRIX_USER: alice.localpart,
    MATRIX_PASSWORD: alice.password,
  });
  assertEquals(code, 0, errors);
  const { devices } = await ask<{ devices: unknown[] }>(alice, "GET", DEVICES);
  assertEquals(devices.length, 1);
  await syncUntil(alice, ({ rooms }) => rooms?.join?.[roomId]);
});

online(
  "examples/command.ts ends at once on Ctrl-C while the homeserver does not respond",
  async (baseUrl) => {
    const [alice, silence] = [await newTestUser(), Promise.withResolvers<void>()];
    const server = startProxy(baseUrl, async (request, pass) => {
      if (/login|whoami/.test(new URL(request.url).pathname)) return await pass();
      await silence.promise;
      return new Response(null, { status: 503 });
    });
    const env = {
      MATRIX_HOMESERVER: `http://127.0.0.1:${server.addr.port}`,
      MATRIX_USER: alice.localpart,
      MATRIX_PASSWORD: alice.password,
    };
    const devices = async () => (await ask<{ devices: unknown[] }>(alice, "GET", DEVICES)).devices.length;
    const program = await start("notify.ts", ["!room:example.org", "success", "--name=It"], env);
    try {
      await until("the program is logged in", async () => await devices() === 2);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const begun = performance.now();
      program.process.kill("SIGINT");
      const { code, errors } = await program.ended;
      assert(performance.now() - begun < 2_000, "ended too late");
      assertEquals(code, 130);
      assertMatch(errors, /^Cannot log out: .*\nInterrupted\n$/);
    } finally {
      await program.end();
      silence.resolve();
      await server.shutdown();
    }
  },
);

Deno.test("examples/command.ts prints usage for --help and for invalid arguments", async () => {
  for (const name of ["echo_bot", "export_history", "media_mirror", "moderate", "notify", "room_directory"]) {
    const help = await call(`${name}.ts`, ["--help"], {});
    assertEquals([help.code, help.errors], [0, ""]);
    assertMatch(help.output, new RegExp(`^Usage: ${name}\\.ts`));
    const unset = await call(
      `${name}.ts`,
      ["one", "two", "three"].slice(0, name === "room_directory" ? 1 : 3),
      {},
    );
    assertEquals(unset.code, 2, unset.errors);
    assertMatch(unset.errors, /^(MATRIX_HOMESERVER is not set|Unexpected argument: three)\n\nUsage: /);
    assertEquals((await call(`${name}.ts`, ["--wrong"], {})).code, 2);
  }
  assertMatch((await call("echo_bot.ts", ["--help"], {})).output, /, 0 interrupted\.\n$/);
  assertMatch((await call("notify.ts", ["--help"], {})).output, /, 130 interrupted\.\n$/);
  const args = ["!room:example.org", "success", "--name=It"];
  const env = { MATRIX_HOMESERVER: "matrix.example.org", MATRIX_TOKEN: "token" };
  const wrong = await call("notify.ts", args, env);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.errors, /^MATRIX_HOMESERVER or MATRIX_TOKEN: .*\n\nUsage: /);
});

Deno.test("examples/README.md lists every program", async () => {
  const folder = new URL("../../examples/", import.meta.url);
  const readme = await Deno.readTextFile(new URL("README.md", folder));
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".ts")) assert(readme.includes(`[${name}](${name})`), `${name} is missing`);
  }
});

online("README.md's bot replies to !ping once, and ignores edits and redacted messages", async (baseUrl) => {
  if (Deno.env.get("EXAMPLES_ON_BUN")) {
    return console.log("skipped under Bun: README.md is not in the project");
  }
  const [bot, alice] = await Promise.all([newTestUser(), newTestUser()]);
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  const code = /^```ts\n([^]*?)^```/m.exec(readme)?.[1] ?? "";
  await Deno.mkdir(`${ROOT}/.cache`, { recursive: true });
  const file = await Deno.makeTempFile({ dir: `${ROOT}/.cache`, prefix: "readme_bot_", suffix: ".ts" });
  await Deno.writeTextFile(
    file,
    code.replace("https://matrix.example.org", baseUrl).replace("syt_bot_token", bot.token),
  );
  const program = await start(`../.cache/${file.split(/[\\/]/).at(-1)}`, [], {});
  try {
    const roomId = await newRoom(alice);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
    await ask(alice, "POST", `${path}/invite`, { user_id: bot.userId });
    await until("the bot joins", async () => (await joined(alice, roomId)).includes(bot.userId));
    const typo = await sayText(alice, roomId, "!pong");
    const relation = { rel_type: "m.replace", event_id: typo };
    await say(alice, roomId, { msgtype: "m.text", body: "!ping", "m.relates_to": relation });
    const redacted = await sayText(alice, roomId, "!pang");
    await ask(alice, "PUT", `${path}/redact/${encodeURIComponent(redacted)}/1`, {});
    const ping = await sayText(alice, roomId, "!ping");
    const replies = async () => (await messages(alice, roomId)).filter(({ sender }) => sender === bot.userId);
    await until("a reply", async () => (await replies()).length > 0);
    const found = await replies();
    assertEquals(bodies(found), ["Pong"], program.output());
    assertEquals(found[0]?.content["m.relates_to"], { "m.in_reply_to": { event_id: ping } });
    assertEquals(program.output(), "");
  } finally {
    await program.end();
    await Deno.remove(file);
  }
});
