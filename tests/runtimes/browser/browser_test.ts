// deno-lint-ignore-file no-import-prefix
/**
 * The library in a page of headless Chromium, against the homeserver at `MATRIX_HOMESERVER`, which has another origin.
 * `deno task test:browser` runs this file.
 */
import { assert, assertEquals } from "@std/assert";
import { type Browser, chromium, type Page } from "npm:playwright-core@1.65.1";
import { CACHE, output } from "../../../scripts/command.ts";
import { ask, newTestUser, type TestUser } from "../../integration/support.ts";
import { makePng } from "../../support/png.ts";

/** Results that page.js records. */
interface Facts {
  error?: string;
  loaded?: boolean;
  ready?: boolean;
  refused: boolean;
  aborted: string;
  roomId: string;
  progress: [sent: number, total: number][];
  steps: [sent: number, total: number][];
  heard: string[];
  size: number;
  type: string;
}

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

async function findChromium(): Promise<string | undefined> {
  for (const name of [Deno.env.get("CHROMIUM"), ...NAMES]) {
    const version = name && await output([name, "--version"]).catch(() => undefined);
    if (name && version) return name.includes("/") ? name : await output(["which", name]);
  }
}

/** Finds Chromium. On Debian and as root, installs it if necessary. */
async function getChromium(): Promise<string | undefined> {
  const found = await findChromium();
  if (found || Deno.build.os !== "linux" || Deno.uid() !== 0) return found;
  console.log("Installing Chromium (once)");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const packages = ["--yes", "--no-install-recommends", "chromium"];
  try {
    await output(["apt-get", "--quiet", "update"], { env });
    await output(["apt-get", "--quiet", "install", ...packages], { env });
  } catch (error) {
    console.log(String(error).slice(-2_000));
  }
  return await findChromium();
}

/** Serves the page and the bundled script. */
async function servePage(): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const script = `${CACHE}/page.js`;
  const page = `${import.meta.dirname}/page.js`;
  await output(["deno", "bundle", "--platform=browser", `--output=${script}`, page]);
  const files: Record<string, [path: string, type: string]> = {
    "/": [`${import.meta.dirname}/index.html`, "text/html; charset=utf-8"],
    "/page.js": [script, "text/javascript"],
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const [path, type] = files[new URL(request.url).pathname] ?? [];
    if (!path || !type) return new Response("not found", { status: 404 });
    return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
  });
}

async function visit(browser: Browser, url: string, user: TestUser): Promise<void> {
  const page: Page = await browser.newPage({ viewport: { width: 800, height: 900 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    // Chromium itself logs the 403 of the wrong password.
    if (message.type() === "error" && !message.text().includes("403")) errors.push(message.text());
  });
  const facts = () => page.evaluate<Facts>("globalThis.facts");
  const until = async (what: string, holds: (facts: Facts) => unknown) => {
    for (const end = Date.now() + 30_000; Date.now() < end;) {
      const now = await facts();
      assertEquals(now?.error, undefined);
      if (now && holds(now)) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Not within 30 s: ${what}; ${JSON.stringify(await facts())} ${errors.join("; ")}`);
  };

  // Without a limit, an upload on loopback ends before the first progress event.
  const session = await page.context().newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 16 * 1024 * 1024,
  });
  // Bytes after the end of a PNG are ignored. They make the upload long enough to have progress.
  const picture = `${CACHE}/picture.png`;
  await Deno.writeFile(
    picture,
    new Blob([await makePng(640, 400), new Uint8Array(8 * 1024 * 1024)]).stream(),
  );

  await page.goto(url);
  await until("the library is loaded", ({ loaded }) => loaded);
  await page.fill("[name=homeserver]", user.baseUrl);
  await page.fill("[name=user]", user.localpart);
  await page.fill("[name=password]", user.password);
  await page.setInputFiles("[name=file]", picture);
  await page.click("button");
  await until("signed in, sent, uploaded and downloaded", ({ ready }) => ready);

  const { roomId, progress, steps, refused, aborted, size, type } = await facts();
  assert(refused, "a wrong password is MForbidden");
  assertEquals(aborted, "enough", "sync() rejects with the reason of its signal");
  assertEquals(progress, [[size, size]]);
  assertEquals(steps.at(-1), [size, size]);
  assert(steps.length > 2, "onProgress is called during the upload");
  assertEquals(type, "image/png");
  const width = await page.evaluate<number>("document.getElementById('picture').naturalWidth");
  assertEquals(width, 640);

  await until(
    "the page receives its own message by sync",
    ({ heard }) => heard.includes("Hello from a page"),
  );
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/from-outside`;
  await ask(user, "PUT", path, { msgtype: "m.text", body: "Hello from outside" });
  await until("and one from outside", ({ heard }) => heard.includes("Hello from outside"));
  await Deno.mkdir(`${CACHE}/artefacts`, { recursive: true });
  await page.screenshot({ path: `${CACHE}/artefacts/browser.png`, fullPage: true });
  assertEquals(errors, []);
}

Deno.test({
  name: "ClientAPI signs in, sends, uploads, downloads and syncs in a page",
  // Playwright keeps its connection to the browser for a moment after close().
  sanitizeOps: false,
  sanitizeResources: false,
  fn: async () => {
    const executablePath = await getChromium();
    if (!executablePath) {
      const how = "install Chromium (Debian: apt-get install chromium) or set CHROMIUM to its path";
      return console.log(`skipped: the library in a page: Chromium is missing: ${how}`);
    }
    const user = await newTestUser();
    const server = await servePage();
    const off = ["gpu", "quic", "background-networking", "component-update", "sync"];
    const args = ["--no-sandbox", "--no-first-run", ...off.map((name) => `--disable-${name}`)];
    const browser = await chromium.launch({ executablePath, args });
    try {
      await visit(browser, `http://127.0.0.1:${server.addr.port}/`, user);
    } finally {
      await browser.close();
      await server.shutdown();
    }
  },
});
