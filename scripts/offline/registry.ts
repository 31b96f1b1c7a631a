/** Registries with the `@std` modules that deno.json imports, made from an npm package that holds the same modules. */

const SOURCE = "deno-std";
const VERSION = "1.4.0";

interface Module {
  /** Path inside the package, such as `posix/join.js`. */
  file: string;
  /** Name that programs import, such as `./posix/join`. */
  exported: string;
}

async function listModules(folder: string, inside = ""): Promise<Module[]> {
  const modules: Module[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${inside}`)) {
    const file = inside + name;
    if (name.startsWith("_")) continue;
    if (isDirectory) modules.push(...await listModules(folder, `${file}/`));
    else modules.push({ file, exported: `./${file}`.replace(/(\/mod)?\.js$/, "").replaceAll("_", "-") });
  }
  return modules;
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdout: "null" }).output();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}

async function write(path: string, content: string | object): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, typeof content === "string" ? content : JSON.stringify(content));
}

async function checksum(text: string): Promise<{ size: number; checksum: string }> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { size: bytes.length, checksum: `sha256-${hash.toHex()}` };
}

/** Declares a module's exports as `any`, except for assertions, whose types narrow the tests' variables. */
async function declare(folder: string, name: string, file: string): Promise<string> {
  if (name === "assert" && file === "mod.js") {
    return await Deno.readTextFile(`${import.meta.dirname}/assert.d.ts`);
  }
  const types = name === "http" && file === "status.js" ? ["RedirectStatus", "StatusCode"] : [];
  const values = Object.entries(await import(`file://${folder}/source/${name}/${file}`));
  return [
    ...types.map((exported) => `export type ${exported} = any;`),
    ...values.map(([exported, value]) =>
      (value as { prototype?: unknown }).prototype instanceof Error
        ? `export class ${exported} extends Error {}`
        : `export const ${exported}: any;`
    ),
  ].join("\n");
}

/** Writes one package twice: as JSR serves it, and as the tarball that JSR's npm endpoint serves. */
async function addPackage(folder: string, name: string, version: string): Promise<void> {
  const manifest: Record<string, unknown> = {};
  const exports: Record<string, string> = {};
  const [jsr, npm] = [`${folder}/jsr/@std/${name}`, `${folder}/npm/std__${name}/package`];
  const add = async (file: string, text: string) => {
    await write(`${jsr}/${version}/${file}`, text);
    manifest[`/${file}`] = await checksum(text);
  };
  for (const { file, exported } of await listModules(`${folder}/source/${name}`)) {
    // A few modules import packages that the npm package lacks.
    const declarations = await declare(folder, name, file).catch(() => undefined);
    if (declarations === undefined) continue;
    exports[exported] = `./${file}`;
    const types = file.replace(/js$/, "d.ts");
    const stub = `/* @ts-self-types="./${types.split("/").at(-1)}" */\n`;
    await add(types, declarations);
    const up = "../".repeat(file.split("/").length + 3);
    await add(file, `${stub}export * from "${up}source/${name}/${file}";\n`);
    await write(`${npm}/${file}`, `export * from "${SOURCE}/${name}/${file}";\n`);
  }
  await write(`${jsr}/meta.json`, { scope: "std", name, latest: version, versions: { [version]: {} } });
  await write(`${jsr}/${version}_meta.json`, { manifest, exports });
  const dependencies = { [SOURCE]: VERSION };
  const description = { name: `@jsr/std__${name}`, version, type: "module", exports, dependencies };
  await write(`${npm}/package.json`, description);
  await run("tar", "-czf", `${folder}/npm/std__${name}.tgz`, "-C", `${folder}/npm/std__${name}`, "package");
}

let built: Promise<string> | undefined;

/** Builds the registries once, in Deno's cache, and returns their folder. */
export function buildRegistries(): Promise<string> {
  return built ??= build();
}

async function build(): Promise<string> {
  const { imports } = JSON.parse(await Deno.readTextFile(`${import.meta.dirname}/../../deno.json`));
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  const version = (await checksum(JSON.stringify([VERSION, imports]))).checksum.slice(-8);
  const folder = `${denoDir.replaceAll("\\", "/")}/mtx_client_std/${version}`;
  if (await Deno.stat(folder).catch(() => undefined)) return folder;
  const made = `${folder}-${Deno.pid}`;
  const npm = Deno.build.os === "windows" ? "npm.cmd" : "npm";
  await write(`${made}/package.json`, { private: true });
  await run(npm, "install", "--no-audit", "--prefix", made, `${SOURCE}@${VERSION}`);
  await Deno.rename(`${made}/node_modules/${SOURCE}`, `${made}/source`);
  for (const target of Object.values<string>(imports)) {
    const [, name, version] = /^jsr:@std\/([\w-]+)@\^?([\d.]+)$/.exec(target) ?? [];
    if (name && version) await addPackage(made, name, version);
  }
  // Another task may have built the same registries meanwhile.
  await Deno.rename(made, folder).catch(() => Deno.remove(made, { recursive: true }));
  return folder;
}

/** Serves the packages as JSR's npm endpoint does, and returns the address. */
export function serveNpm(): string {
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, async ({ url }) => {
    const [, name] = /(std__[\w-]+)/.exec(url) ?? [];
    const folder = `${await buildRegistries()}/npm/${name}`;
    if (url.endsWith(".tgz")) return new Response(await Deno.readFile(`${folder}.tgz`));
    const text = await Deno.readTextFile(`${folder}/package/package.json`).catch(() => undefined);
    if (!text) return new Response("not found", { status: 404 });
    const description = JSON.parse(text);
    description.dist = { tarball: `${address}/${name}.tgz` };
    const { version } = description;
    return Response.json({
      name: description.name,
      "dist-tags": { latest: version },
      versions: { [version]: description },
    });
  });
  const address = `http://127.0.0.1:${server.addr.port}`;
  return address;
}
