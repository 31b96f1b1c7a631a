/** The shape of the package: names at the root, imports between its files, types of its options. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as client from "../../client/mod.ts";
import * as http from "../../http/mod.ts";
import * as clientApi from "../../client/client_api.ts";
import * as root from "../../mod.ts";
import * as types from "../../types/mod.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");
const ENTRY_POINTS = Object.values<string>(JSON.parse(read("deno.json")).exports);

/** Classes, functions and constants that the root exports, except error classes. An addition is a decision. */
const VALUES = words(`
  accountUrl actionLevel answerStages autojoin classifyEvent Client ClientAPI compareVersions
  ensureEventLevel ensureHtml ensureUserLevel eventLevel firstFlowOfType followUpgrades getEdit
  getRelatesTo getReplyTo getThreadParent hasLegacyVersions hasModernVersions hasRelation htmlToText
  HTTPAPI isAccountDataEvent isContentUri isEdit isEphemeralEvent isEventId isMentioned isMessageEvent
  isRedacted isRoomAlias isRoomId isRoomMessage isStateEvent isToDeviceEvent isUserId KvSessionStore
  KvSyncStore latestVersion makeClientSecret makeEdit makeReply matchPushRules matrixToUrl matrixUri
  membershipChange MemorySessionStore MemorySyncStore notificationLevel parseMatrixUri parseMxcUri
  parseVersion path RefreshingTokens registerErrorCode sessionOf setEventLevel setThreadParent
  setUserLevel silentLog supportsAtLeast supportsLoginType supportsVersion trimReplyFallback
  tryParseMatrixUri userLevel WebStorageSessionStore WebStorageSyncStore
`);

/** Types that the root exports. An addition is a decision. */
const TYPES = words(`
  AccountDataEvent AutojoinOptions ClientAPIOptions ClientOptions ContentURI CreateRoomOptions DeviceID
  DownloadMediaOptions EphemeralEvent EventContext EventHandler EventID EventOrigin GetMessagesOptions
  HandledEvent HandledRoomEvent HandlerContext HandlerOptions HTTPAPIOptions HTTPHooks ImageInfo
  JoinedMembers JoinRoomOptions JsonObject JsonValue LoginFlowList LoginOptions LoginResponse MatrixURI
  MediaInfo Membership MembershipChange MemberStateEventContent MessageContentMap MessageEvent
  MessageEventContent MessageType PaginatedMessages PowerLevelStateEventContent PresenceState
  PublicRoomInfo ReactionEvent RedactionEvent RedactOptions RelatesTo RequestOptions RetryPolicy
  RoomAlias RoomDirectoryResponse RoomEvent RoomID RoomMessageEvent RunOptions SendFileOptions
  SendImageOptions SendOptions SendTextContent SendTextOptions Session SessionStore StateContentMap
  StateEvent StreamResponse SyncOptions SyncResponse SyncState SyncStore SyncToken
  TextMessageEventContent ToDeviceEvent UIAAnswer UploadData UploadMediaOptions UploadSource UserID
  VersionsResponse WhoamiResponse
`);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}

/** Names that the export statements of mod.ts list. */
function exported(statement: RegExp): string[] {
  return [...read("mod.ts").matchAll(statement)].flatMap(([, names = ""]) =>
    words(names.replaceAll(",", " "))
  );
}

const isErrorClass = (value: unknown) => typeof value === "function" && value.prototype instanceof Error;

Deno.test("the root exports the classes and functions that programs use", () => {
  const names = Object.entries(root).filter(([, value]) => !isErrorClass(value)).map(([name]) => name);
  assertEquals(names.toSorted(), VALUES.toSorted());
});

Deno.test("the root exports the types in signatures of everyday methods", () => {
  assertEquals(exported(/^export type \{([^}]*)\}/gm).toSorted(), TYPES.toSorted());
});

Deno.test("the root lists its exports by name, about 150 without error classes", () => {
  assertEquals(/^export (type )?\*/m.test(read("mod.ts")), false);
  const names = exported(/^export (?:type )?\{([^}]*)\}/gm);
  assertEquals(names.length, new Set(names).size);
  assertEquals(names.toSorted(), [...TYPES, ...Object.keys(root)].toSorted());
  assert(VALUES.length + TYPES.length <= 160);
});

Deno.test("the root exports every error class", () => {
  const errors = Object.entries({ ...http, ...client }).filter(([, value]) => isErrorClass(value));
  assertEquals(errors.map(([name]) => name).filter((name) => !(name in root)), []);
});

Deno.test("the root exports the same values as the other entry points", () => {
  const others: Record<string, unknown> = { ...http, ...client, ...types };
  assertEquals(Object.entries(root).filter(([name, value]) => others[name] !== value), []);
});

Deno.test("client_api.ts exports every class that ClientAPI extends", () => {
  const themes: unknown[] = [];
  for (
    let type: unknown = root.ClientAPI;
    type !== client.BaseClientAPI;
    type = Object.getPrototypeOf(type)
  ) {
    themes.push(type);
  }
  const exported: unknown[] = Object.values(clientApi);
  assertEquals(themes.filter((theme) => !exported.includes(theme)), []);
});

/** URLs of the modules that an entry point exports with `export *`, those of nested index modules included. */
function starExports(url: URL): URL[] {
  const text = readFileSync(url, "utf8");
  const targets = [...text.matchAll(/^export \* from "([^"]+)"/gm)].map(([, path = ""]) =>
    new URL(path, url)
  );
  return targets.flatMap((target) => [target, ...starExports(target)]);
}

Deno.test("entry points export modules without values with export type *", async () => {
  const urls = new Set(ENTRY_POINTS.flatMap((path) => starExports(new URL(path, ROOT)).map(String)));
  assert(urls.size > 5);
  const found: string[] = [];
  for (const url of urls) if (Object.keys(await import(url)).length === 0) found.push(url);
  assertEquals(found, []);
});

/** Returns whether this runtime has Deno's tools; prints the reason if not. */
function hasDenoTools(): boolean {
  // `deno doc --json` of Deno 2.5 has another format.
  const yes = typeof Deno.Command === "function" && !Deno.version.deno.startsWith("2.5.");
  if (!yes) console.log("Skipped: needs the deno command of a current version");
  return yes;
}

/** Runs a Deno subcommand and returns its standard output. */
async function deno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Calls a function with the path of a temporary folder, which is removed afterwards. */
async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "package-"));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A file as `deno info --json` describes it. A type-only import has `type` in place of `code`. */
interface Module {
  specifier: string;
  dependencies?: { specifier: string; code?: { specifier?: string }; type?: { specifier?: string } }[];
}

/** The local files that an entry point consists of, types included. */
async function localFiles(entryPoint: string): Promise<Module[]> {
  const { modules }: { modules: Module[] } = JSON.parse(
    await deno("info", "--config", "deno.json", "--json", entryPoint),
  );
  return modules.filter(({ specifier }) => specifier.startsWith("file:"));
}

/** URLs of files, each with the URLs that it imports. */
function importGraph(files: Module[]): Map<string, string[]> {
  return new Map(files.map(({ specifier, dependencies = [] }) => [
    specifier,
    dependencies.flatMap(({ code, type }) => [code?.specifier ?? "", type?.specifier ?? ""]),
  ]));
}

/** URLs of the files that an entry point loads. */
async function loadedFiles(entryPoint: string): Promise<string[]> {
  const files = await localFiles(entryPoint);
  const graph = new Map(files.map(({ specifier, dependencies = [] }) => [
    specifier,
    dependencies.flatMap(({ code }) => code?.specifier ?? []),
  ]));
  const loaded = new Set([new URL(entryPoint, ROOT).href]);
  for (const file of loaded) graph.get(file)?.forEach((other) => loaded.add(other));
  return [...loaded];
}

/** Files that import themselves by way of other files. */
function circles(graph: Map<string, string[]>): string[] {
  const reached = (from: string, seen: Set<string>): Set<string> => {
    for (const file of graph.get(from) ?? []) if (!seen.has(file)) reached(file, seen.add(file));
    return seen;
  };
  const files = [...graph.keys()].filter((file) => reached(file, new Set()).has(file));
  return files.map((url) => url.slice(ROOT.href.length)).toSorted();
}

Deno.test("circles() returns files that import each other", () => {
  const file = (name: string) => new URL(name, ROOT).href;
  const graph = new Map([[file("a.ts"), [file("b.ts")]], [file("b.ts"), [file("c.ts")]], [file("c.ts"), []]]);
  assertEquals(circles(graph), []);
  graph.set(file("c.ts"), [file("b.ts")]);
  assertEquals(circles(graph), ["b.ts", "c.ts"]);
});

Deno.test("files do not import each other in circles, types included", async () => {
  if (!hasDenoTools()) return;
  const folders = ["bench", "client", "examples", "http", "scripts", "tests", "types"];
  const paths = folders.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, ROOT), { encoding: "utf8", recursive: true })
      .filter((path) => path.endsWith(".ts") && !path.includes("node_modules"))
      .map((path) => `${folder}/${path.replaceAll("\\", "/")}`)
  );
  const files = await inTemporaryFolder(async (folder) => {
    const all = join(folder, "all.ts");
    await writeFile(
      all,
      paths.map((path) => `import ${JSON.stringify(new URL(path, ROOT).href)};\n`).join(""),
    );
    return await localFiles(all);
  });
  assert(files.length > 250);
  assertEquals(circles(importGraph(files)), []);
});

Deno.test("a program loads no module of client/crypto/ unless it imports @mtx/client/crypto", async () => {
  if (!hasDenoTools()) return;
  const isCrypto = (url: string) => url.includes("/client/crypto/");
  for (const entryPoint of ENTRY_POINTS) {
    const loaded = await loadedFiles(entryPoint);
    assert(loaded.length > 2);
    assertEquals(loaded.some(isCrypto), isCrypto(`/${entryPoint.slice(2)}`), entryPoint);
  }
});

Deno.test("the root loads at most 48 files, because each delays the start of a program", async () => {
  if (!hasDenoTools()) return;
  const loaded = (await loadedFiles("./mod.ts")).filter((url) => url.startsWith(ROOT.href));
  assert(loaded.length > 2 && loaded.length <= 48, `${loaded.length} files`);
});

Deno.test("published files import each other by relative path, and @std by narrow path", async () => {
  if (!hasDenoTools()) return;
  const found = new Set<string>();
  for (const entryPoint of ENTRY_POINTS) {
    for (const { specifier, dependencies = [] } of await localFiles(entryPoint)) {
      const other = dependencies.filter((to) => !/^\.\.?\/|^@std\/\w+\/\w/.test(to.specifier));
      for (const to of other) found.add(`${specifier}: ${to.specifier}`);
    }
  }
  assertEquals([...found], []);
});

/** An exported symbol as `deno doc --json` describes it. */
interface DocSymbol {
  name: string;
  declarations: { kind: string }[];
}

/** The symbols that an entry point exports, types included. */
async function docSymbols(entryPoint: string): Promise<DocSymbol[]> {
  const { nodes }: { nodes: Record<string, { symbols: DocSymbol[] }> } = JSON.parse(
    await deno("doc", "--json", entryPoint),
  );
  return Object.values(nodes).flatMap(({ symbols }) => symbols);
}

/** Names of symbols, members, parameters and fields in a part of the documentation. */
function docNames(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  const own = "name" in part && typeof part.name === "string" ? [part.name] : [];
  return [...own, ...Object.values(part).flatMap(docNames)];
}

Deno.test("functions, methods, parameters and options are named in camelCase words", async () => {
  if (!hasDenoTools()) return;
  // `sdpMLineIndex` is a field of the specification, `toJSON` one of JavaScript. "OAuth" is a word.
  const allowed = ["getSSOLoginUrl", "getUIAFallbackUrl", "registrationYAML", "sdpMLineIndex", "toJSON"];
  const found = new Set<string>();
  for (const entryPoint of ENTRY_POINTS) {
    for (const name of docNames(await docSymbols(entryPoint))) {
      if (/^[a-z]\w*[A-Z]{2}/.test(name.replace("OAuth", "Oauth")) && !allowed.includes(name)) {
        found.add(name);
      }
    }
  }
  assertEquals([...found], []);
});

/** Names of the interfaces that an entry point exports for the caller to fill in. */
async function optionNames(entryPoint: string): Promise<string[]> {
  const symbols = await docSymbols(entryPoint);
  const interfaces = symbols.filter(({ declarations }) =>
    declarations.some(({ kind }) => kind === "interface")
  );
  return interfaces.map(({ name }) => name).filter((name) =>
    /(Options|Policy|Identity|Bounds|Init)$|^(Backoff|SendTextContent|MatrixURI)$/.test(name)
  );
}

/** Type-checks a module with `exactOptionalPropertyTypes`; returns the messages about the module itself. */
async function exactTypeErrors(module: string): Promise<string[]> {
  return await inTemporaryFolder(async (folder) => {
    const { imports } = JSON.parse(read("deno.json"));
    const config = { imports, compilerOptions: { exactOptionalPropertyTypes: true } };
    await writeFile(join(folder, "deno.json"), JSON.stringify(config));
    await writeFile(join(folder, "module.ts"), module);
    const { stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-lock", "module.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    // The library's own code is not written for this compiler option, only its types are.
    return new TextDecoder().decode(stderr).split("\n\n").filter((message) =>
      message.includes("/module.ts:")
    );
  });
}

/** `ExactFields` are the optional fields of a type that may not be `undefined`. */
const HELPERS = `type ExactFields<T> = {
  [K in keyof T]-?: {} extends Pick<T, K> ? undefined extends Required<T>[K] ? never : K : never;
}[keyof T];
type None<T extends never> = T;
`;

Deno.test("optional fields of options may be undefined", async () => {
  if (!hasDenoTools()) return;
  let module = `${HELPERS}
interface Sample { a?: string | undefined; b?: string; c: string }
export type Control = None<ExactFields<Sample>>;
`;
  let count = 0;
  for (const [n, entryPoint] of ENTRY_POINTS.entries()) {
    module += `import type * as _${n} from ${JSON.stringify(new URL(entryPoint, ROOT).href)};\n`;
    for (const name of await optionNames(entryPoint)) {
      module += `export type _${n}${name} = None<ExactFields<_${n}.${name}>>;\n`;
      count++;
    }
  }
  assert(count > 50);
  const [control = "", ...errors] = await exactTypeErrors(module);
  assertStringIncludes(control, `Type '"b"' does not satisfy`);
  assertEquals(errors, []);
});
