/** A page that uses the library: signs in, sends, uploads a file with progress, shows it and syncs. */
import { ClientAPI, MForbidden } from "@mtx/client";
import { progressFetch } from "./progress_fetch.js";

const $ = (id) => document.getElementById(id);

/** Results for browser_test.ts. */
const facts = { progress: [], steps: [], heard: [] };
globalThis.facts = facts;

async function listen(client, roomId) {
  let since;
  while (true) {
    const response = await client.sync({ since, timeout: 10_000 });
    for (const event of response.rooms?.join?.[roomId]?.timeline?.events ?? []) {
      if (event.type !== "m.room.message") continue;
      facts.heard.push(event.content.body);
      const item = document.createElement("li");
      item.textContent = `${event.sender}: ${event.content.body}`;
      $("timeline").append(item);
    }
    since = response.next_batch;
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

  // The browser's own fetch reports progress once, at the end. Another implementation can report it during the upload.
  await client.uploadMedia(file, { onProgress: (sent, total) => facts.progress.push([sent, total]) });
  const progress = $("progress");
  const uploader = new ClientAPI({
    baseUrl: homeserver,
    token: client.api.token,
    fetch: progressFetch((sent, total) => {
      facts.steps.push([sent, total]);
      progress.max = total;
      progress.value = sent;
    }),
  });
  const mxc = await uploader.uploadMedia(file);
  await client.sendImage(roomId, mxc, {
    fileName: file.name,
    info: { mimetype: file.type, size: file.size },
  });

  // An <img> with the media's URL would send no token, which homeservers require.
  const picture = await client.streamMedia(mxc);
  const blob = await new Response(picture.body, { headers: { "content-type": picture.contentType } }).blob();
  $("picture").src = URL.createObjectURL(blob);
  await $("picture").decode();
  Object.assign(facts, { mxc, type: blob.type, size: blob.size });
  $("steps").textContent =
    `${file.name}: ${file.size} bytes uploaded, ${blob.size} downloaded as ${blob.type}`;

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
