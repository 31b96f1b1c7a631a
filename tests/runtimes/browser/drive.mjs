/** Drives the page in Chromium, and checks what came of it. Node runs it; the environment says where things are. */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import process from "node:process";

const {
  MODULES,
  CHROMIUM,
  PAGE,
  MATRIX_HOMESERVER,
  MATRIX_USER,
  MATRIX_PASSWORD,
  MATRIX_TOKEN,
  PICTURE,
  SCREENSHOT,
} = process.env;
const { chromium } = createRequire(`${MODULES}/`)("playwright-core");

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
try {
  console.log(`Chromium ${browser.version()}`);
  const page = await browser.newPage({ viewport: { width: 800, height: 900 } });
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // The one wrong password is reported by the browser itself.
    if (message.type() === "error" && !message.text().includes("403")) complaints.push(message.text());
  });
  const facts = () => page.evaluate(() => globalThis.facts);
  const until = async (what, holds) => {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const now = await facts();
      assert.equal(now?.error, undefined);
      if (now && holds(now)) return console.log(what);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Not: ${what}; ${JSON.stringify(await facts())} ${complaints.join("; ")}`);
  };

  // Loopback is too fast to see progress on.
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 16 * 1024 * 1024,
  });

  await page.goto(PAGE);
  await until(`the library is loaded from ${new URL(PAGE).origin}`, (now) => now.loaded);
  await page.fill("[name=homeserver]", MATRIX_HOMESERVER);
  await page.fill("[name=user]", MATRIX_USER);
  await page.fill("[name=password]", MATRIX_PASSWORD);
  await page.setInputFiles("[name=file]", PICTURE);
  await page.click("button");
  await until("signed in, sent, uploaded and downloaded", (now) => now.ready);

  const { roomId, progress, progressOnTheWay, refused, aborted, size, type } = await facts();
  assert.ok(refused, "a wrong password is MForbidden");
  assert.equal(aborted, "enough", "a signal ends sync() with its own reason");
  assert.deepEqual(progress, [[size, size]]);
  assert.deepEqual(progressOnTheWay.at(-1), [size, size]);
  assert.ok(progressOnTheWay.length > 2, "progress is told on the way");
  assert.equal(type, "image/png");
  console.log(`progress: ${progressOnTheWay.map(([sent]) => sent).join(", ")} of ${size} bytes`);
  const [width, height] = await page.evaluate(() => {
    const { naturalWidth, naturalHeight } = document.getElementById("picture");
    return [naturalWidth, naturalHeight];
  });
  assert.deepEqual([width, height], [640, 400]);
  console.log(`the picture is shown, ${width} × ${height}`);

  await until("the page hears itself by sync", (now) => now.heard.includes("Hello from a page"));
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/from-outside`;
  const sent = await fetch(MATRIX_HOMESERVER + path, {
    method: "PUT",
    headers: { authorization: `Bearer ${MATRIX_TOKEN}` },
    body: JSON.stringify({ msgtype: "m.text", body: "Hello from outside" }),
  });
  assert.ok(sent.ok);
  await until("and what comes while it waits", (now) => now.heard.includes("Hello from outside"));

  await page.screenshot({ path: SCREENSHOT, fullPage: true });
  console.log(`screenshot: ${SCREENSHOT}`);
  assert.deepEqual(complaints, []);
} finally {
  await browser.close();
}
