/**
 * What npm.jsr.io would be after a release: an npm registry for the scope `@jsr` with our package in it. `@std` comes
 * from npm.jsr.io itself, or where that cannot be reached, from this machine.
 */
import { CACHE } from "./environment.ts";
import { type Package, packFolder } from "./package.ts";
import { npmJsrReachable, stdModules } from "./std.ts";

/** A running registry. */
export interface Registry {
  /** Its address, for `@jsr:registry=` in .npmrc. */
  url: string;
  stop(): Promise<void>;
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", bytes));
  return `sha512-${btoa(String.fromCharCode(...hash))}`;
}

/** A package of the machine's own, found by its name. */
async function packLocal(name: string): Promise<Package | undefined> {
  const modules = await stdModules();
  const folder = `${modules}/${name}`;
  const text = await Deno.readTextFile(`${folder}/package.json`).catch(() => undefined);
  if (text === undefined) return undefined;
  const description = JSON.parse(text);
  const destination = `${CACHE}/package`;
  return { name, version: description.version, path: await packFolder(folder, destination), description };
}

/** Starts a registry with our package. */
export function startRegistry(own: Package): Registry {
  const packages = new Map<string, Promise<Package | undefined>>([[own.name, Promise.resolve(own)]]);

  async function describe(name: string): Promise<Response> {
    if (name !== own.name && await npmJsrReachable()) return await fetch(`https://npm.jsr.io/${name}`);
    const found = packages.get(name) ?? packLocal(name);
    packages.set(name, found);
    const it = await found;
    if (!it) return new Response("not found", { status: 404 });
    const integrity = await digest(await Deno.readFile(it.path));
    const tarball = `${url}/tarball/${encodeURIComponent(name)}`;
    return Response.json({
      name,
      "dist-tags": { latest: it.version },
      versions: { [it.version]: { ...it.description, dist: { tarball, integrity } } },
    });
  }

  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    if (!path.startsWith("tarball/")) return await describe(path);
    const it = await packages.get(decodeURIComponent(path.slice("tarball/".length)));
    return it ? new Response(await Deno.readFile(it.path)) : new Response("not found", { status: 404 });
  });
  const url = `http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`;
  return { url, stop: () => server.shutdown() };
}
