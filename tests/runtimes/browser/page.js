/** A page that uses the library: signs in, sends, uploads a file with progress, shows it, and listens. */
import { ClientAPI, MForbidden } from "@mtx/client";
import { progressFetch } from "./progress_fetch.js";

const $ = (id) => document.getElementById(id);

/** What has happened, for whoever drives the page. */
const facts = { progress: [], progressOnTheWay: [], heard: [] };
globalThis.facts = facts;

async function listen(client, roomId) {
  let since;
  while (true) {
    const answer = await client.sync({ since, timeout: 10_000 });
    for (const event of answer.rooms?.join?.[roomId]?.timeline?.events ?? []) {
      if (event.type !== "m.room.message") continue;
      facts.heard.push(event.content.body);
      const item = document.createElement("li");
      item.textContent = `${event.sender}: ${event.content.body}`;
      $("timeline").append(item);
    }
    since = answer.next_batch;
  }
}

async function go({ homeserver, user, password, file }) {
  const client = new ClientAPI({ baseUrl: homeserver });
  try {
    await client.login({ identifier: user, password: `not ${password}`, retry: { limit: 0 } });
  } catch (error) {
    facts.refused = error instanceof MForbidden;
  }
  await client.login({ identifier: user, password, deviceName: "A page" });
  $("who").textContent = `${client.mxid} is signed in from ${location.origin}, to ${client.api.baseUrl}`;

  const roomId = await client.createRoom({ name: "A page" });
  facts.roomId = roomId;
  await client.sendText(roomId, "Hello from a page");

  // With the browser's own fetch progress is told once, at the end; with another one, on the way.
  await client.uploadMedia(file, { onProgress: (sent, total) => facts.progress.push([sent, total]) });
  const progress = $("progress");
  const uploader = new ClientAPI({
    baseUrl: homeserver,
    token: client.api.token,
    fetch: progressFetch((sent, total) => {
      facts.progressOnTheWay.push([sent, total]);
      progress.max = total;
      progress.value = sent;
    }),
  });
  const mxc = await uploader.uploadMedia(file);
  await client.sendImage(roomId, mxc, {
    fileName: file.name,
    info: { mimetype: file.type, size: file.size },
  });

  // The browser itself would ask without the token, which homeservers refuse.
  const picture = await client.streamMedia(mxc);
  const blob = await new Response(picture.body, { headers: { "content-type": picture.contentType } }).blob();
  $("picture").src = URL.createObjectURL(blob);
  await $("picture").decode();
  Object.assign(facts, { mxc, type: blob.type, size: blob.size });
  $("steps").textContent = `${file.name}: ${file.size} bytes went up, ${blob.size} came down as ${blob.type}`;

  const nothing = new AbortController();
  setTimeout(() => nothing.abort(new Error("enough")), 100);
  const waiting = client.sync({
    since: (await client.sync({ timeout: 0 })).next_batch,
    signal: nothing.signal,
  });
  facts.aborted = await waiting.then(() => "", (error) => error.message);

  facts.ready = true;
  await listen(client, roomId);
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  go(Object.fromEntries(new FormData(event.target))).catch((error) => {
    facts.error = String(error.stack ?? error);
    $("error").textContent = String(error);
  });
});
facts.loaded = true;
