/** Runs an edge function on a port of this machine, on Deno or workerd, with settings as that platform passes them. */

import { CACHE, output } from "../../../scripts/command.ts";
import { freePort } from "../../../scripts/homeserver.ts";
import { install } from "../../../scripts/npm.ts";

/** Environment variables or bindings of a function. */
export type Settings = Record<string, string>;

/** A running function. */
export interface EdgeFunction {
  url: string;
  /** Returns its output until now. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a command, and waits until it listens. */
export async function start(
  command: string,
  args: string[],
  port: number,
  env: Settings = {},
): Promise<EdgeFunction> {
  const child = new Deno.Command(command, { args, env, stdin: "null", stdout: "piped", stderr: "piped" })
    .spawn();
  let output = "";
  const follow = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) output += decoder.decode(bytes, { stream: true });
  };
  const followed = Promise.all([follow(child.stdout), follow(child.stderr)]);
  let running = true;
  const ended = child.status.then(() => running = false);
  const stop = async () => {
    if (running) child.kill("SIGTERM");
    await ended;
    await followed;
  };
  const url = `http://127.0.0.1:${port}/`;
  for (const end = Date.now() + 30_000; running && Date.now() < end;) {
    try {
      await (await fetch(url)).body?.cancel();
      return { url, stop, output: () => output };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await stop();
  throw new Error(`Cannot start ${command}: ${output}`);
}

/** Runs a function with `deno serve`, whose only permission is the network. */
export function serveOnDeno(file: string, settings: Settings): Promise<EdgeFunction> {
  const port = freePort();
  const bindings = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const args = [
    "serve",
    "--allow-net",
    "--no-prompt",
    "--host=127.0.0.1",
    `--port=${port}`,
    file,
    ...bindings,
  ];
  return start(Deno.execPath(), args, port);
}

/** Durable Objects of a Worker. */
export interface DurableObjectOptions {
  /** Name of the binding. */
  binding: string;
  /** Name of the class, which the Worker exports. */
  className: string;
  /** Folder for their data, which are in it after a restart. */
  folder: string;
}

/** A module of a Worker besides the bundled one. */
export interface WorkerModule {
  /** Name with which it is imported. */
  name: string;
  /** File. */
  path: string;
  /** Kind of the module. */
  kind: "esModule" | "wasm";
}

/** Runs a bundled function with workerd, the runtime of Cloudflare Workers. */
export async function serveOnWorkerd(
  workerd: string,
  file: string,
  settings: Settings,
  compatibilityDate = "2025-05-01",
  port: number = freePort(),
  objects?: DurableObjectOptions,
  modules: WorkerModule[] = [],
): Promise<EdgeFunction> {
  const bindings = Object.entries(settings).map(([name, value]) =>
    `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`
  );
  let disk = "", storage = "";
  if (objects) {
    const { binding, className } = objects;
    bindings.push(`(name = "${binding}", durableObjectNamespace = "${className}")`);
    disk = `(name = "disk", disk = (path = ${JSON.stringify(objects.folder)}, writable = true)),`;
    storage = `durableObjectNamespaces = [(className = "${className}", uniqueKey = "${className}")],
  durableObjectStorage = (localDisk = "disk"),`;
  }
  const folder = await Deno.makeTempDir({ prefix: "mtx_workerd_" });
  await Deno.copyFile(file, `${folder}/edge.js`);
  for (const { name, path } of modules) await Deno.copyFile(path, `${folder}/${name}`);
  const embedded = modules.map(({ name, kind }) => `, (name = "${name}", ${kind} = embed "${name}")`);
  await Deno.writeTextFile(
    `${folder}/config.capnp`,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    ${disk}
    (name = "internet", network = (allow = ["public", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "edge")],
);
const edge :Workerd.Worker = (
  modules = [(name = "edge.js", esModule = embed "edge.js")${embedded.join("")}],
  bindings = [${bindings.join(", ")}],
  compatibilityDate = "${compatibilityDate}",
  ${storage}
);
`,
  );
  const running = await start(workerd, ["serve", `${folder}/config.capnp`], port);
  const stop = async () => {
    await running.stop();
    await Deno.remove(folder, { recursive: true });
  };
  return { ...running, stop };
}

/** Installs workerd and returns the path of its program. */
export async function getWorkerd(): Promise<string | undefined> {
  try {
    const cwd = await install("workerd", { workerd: "1.20261117.1" });
    const path = await output(["node", "--print", "require('workerd').default"], { cwd });
    await output([path, "--version"]);
    return path;
  } catch (error) {
    console.log(`skipped: tests on workerd: it does not run here: ${error}`);
  }
}

/** Bundles a module and returns the path of the bundle. */
export async function bundle(file: string): Promise<string> {
  const path = `${CACHE}/${file.split("/").at(-1)}.js`;
  await output(["deno", "bundle", "--platform=browser", `--output=${path}`, file]);
  return path;
}
