/** The library in a page, in headless Chromium, against a homeserver of another origin. */
import { makePng } from "../../tests/support/png.ts";
import { makeProject, NPM } from "./consumer.ts";
import { CACHE, ROOT } from "./environment.ts";
import { bundle } from "./esbuild.ts";
import { nodeMissing, npmModules } from "./npm.ts";
import { run } from "./process.ts";
import { plainResult, type Result, skip } from "./result.ts";
import { withHomeserver } from "./with_homeserver.ts";

const PLAYWRIGHT = "playwright-core@1.65.1";
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const FILES = `${ROOT}/tests/runtimes/browser`;
const HOW = "install Chromium (Debian: apt-get install chromium), or set CHROMIUM to where it is";

async function onPath(): Promise<string | undefined> {
  const given = Deno.env.get("CHROMIUM");
  if (given) return given;
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  for (const name of NAMES) {
    for (const folder of folders) {
      const path = `${folder}/${name}`;
      if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) return path;
    }
  }
}

/** Chromium from PATH; on Debian, and as root, installed if need be. */
async function findChromium(): Promise<string | undefined> {
  const found = await onPath();
  if (found || Deno.build.os !== "linux" || Deno.uid() !== 0) return found;
  console.log("Installing Chromium (once)");
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  for (const args of [["update"], ["install", "--yes", "--no-install-recommends", "chromium"]]) {
    const { code, output } = await run("apt-get", ["--quiet", ...args], { env, quiet: true });
    if (code !== 0) console.log(output.slice(-2_000));
  }
  return await onPath();
}

/** Serves the page, and nothing else. */
function servePage(script: string): Deno.HttpServer<Deno.NetAddr> {
  const files: Record<string, [path: string, type: string]> = {
    "/": [`${FILES}/index.html`, "text/html; charset=utf-8"],
    "/page.js": [script, "text/javascript"],
  };
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const [path, type] = files[new URL(request.url).pathname] ?? [];
    if (!path || !type) return new Response("not found", { status: 404 });
    return new Response(await Deno.readFile(path), { headers: { "content-type": type } });
  });
}

/** Loads the bundled library in a page, which signs in, sends, uploads, shows and listens; keeps a screenshot. */
export async function testBrowser(): Promise<Result> {
  const chromium = await findChromium();
  if (!chromium) return skip("the library in a page", HOW);
  const modules = await npmModules("playwright", [PLAYWRIGHT]);
  if (!modules) return skip("the library in a page", await nodeMissing() ?? `npm gives no ${PLAYWRIGHT}`);
  return await withHomeserver("the library in a page", async ({ url, registerUser }) => {
    const project = await makeProject("browser", NPM);
    if (typeof project !== "string") return plainResult(project);
    const script = `${project}/page.bundle.js`;
    await bundle({ file: `${FILES}/page.js`, modules: `${project}/node_modules`, output: script });
    // What comes after a PNG's end is not looked at: enough of it to see how far the upload is.
    const picture = new Blob([await makePng(640, 400), new Uint8Array(8 * 1024 * 1024)]);
    await Deno.writeFile(`${project}/picture.png`, picture.stream());
    await Deno.mkdir(`${CACHE}/artefacts`, { recursive: true });
    const server = servePage(script);
    try {
      const { username, password, token } = await registerUser();
      return plainResult(
        await run("node", [`${FILES}/drive.mjs`], {
          cwd: ROOT,
          env: {
            MODULES: modules,
            CHROMIUM: chromium,
            PAGE: `http://127.0.0.1:${server.addr.port}/`,
            MATRIX_HOMESERVER: url,
            MATRIX_USER: username,
            MATRIX_PASSWORD: password,
            MATRIX_TOKEN: token,
            PICTURE: `${project}/picture.png`,
            SCREENSHOT: `${CACHE}/artefacts/browser.png`,
          },
        }),
      );
    } finally {
      await server.shutdown();
    }
  });
}
