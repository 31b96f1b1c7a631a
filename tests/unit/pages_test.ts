/** Rules for pages and for the text of published files. */
import { assertEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** Files in a folder and its subfolders whose names have an ending. */
function files(folder: string, end: string): string[] {
  return readdirSync(new URL(`${folder}/`, ROOT), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? files(path, end) : path.endsWith(end) ? [path] : [];
  });
}

const { include: PUBLISHED, exclude: UNPUBLISHED }: Record<"include" | "exclude", string[]> =
  JSON.parse(read("deno.json")).publish;
const PAGES = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...["docs", "examples", "http", "client", "types", "tests"].flatMap((folder) => files(folder, ".md")),
];
const CODE = ["client", "http", "types"];

function isPublished(path: string): boolean {
  const isIn = (part: string) => path === part || path.startsWith(`${part}/`);
  return PUBLISHED.some(isIn) && !UNPUBLISHED.some(isIn);
}

/** A page without its code. */
const prose = (text: string) => text.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "`");

/** Anchors of the page's headings, as GitHub generates them. */
function anchors(page: string): string[] {
  const text = read(page).replaceAll(/^```[^]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(" ", "-")
  );
}

/** The relative links of a page, as paths from the root. */
function links(page: string): { path: string; anchor: string }[] {
  const targets = [...prose(read(page)).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$/gm)].map(
    ([, inline, below]) => inline ?? below!,
  );
  // GitHub resolves ../../actions/ from a page at the root to the repository's workflows.
  return targets.filter((target) => !/^[a-z]+:|^\.\.\/\.\.\/actions\//.test(target)).map((target) => {
    const { pathname, hash } = new URL(target, `file:///${page}`);
    return { path: pathname.slice(1), anchor: hash.slice(1) };
  });
}

Deno.test("pages link to files and headings that exist", () => {
  const dead = PAGES.flatMap((page) =>
    links(page).filter(({ path, anchor }) => {
      const there = existsSync(new URL(path, ROOT));
      return !there || (anchor !== "" && !anchors(path).includes(anchor));
    }).map(({ path, anchor }) => `${page}: ${path}#${anchor}`)
  );
  assertEquals(dead, []);
});

Deno.test("published pages other than the README link to published files only", () => {
  // JSR resolves the README's links against the repository. Other pages are also read in the package.
  const pages = PAGES.filter((page) => isPublished(page) && page !== "README.md");
  const outside = pages.flatMap((page) =>
    links(page).filter(({ path }) => !isPublished(path)).map(({ path }) => `${page}: ${path}`)
  );
  assertEquals(pages.length > 10, true);
  assertEquals(outside, []);
});

Deno.test("deno.json publishes and excludes paths that exist", () => {
  assertEquals([...PUBLISHED, ...UNPUBLISHED].filter((path) => !existsSync(new URL(path, ROOT))), []);
});

Deno.test("entry points have a @module comment with an example", () => {
  for (const path of Object.values<string>(JSON.parse(read("deno.json")).exports)) {
    const [comment = ""] = /^\/\*\*[^]*?\*\//.exec(read(path)) ?? [];
    assertEquals([path, /^ \* @module$/m.test(comment)], [path, true]);
    assertEquals([path, /^ \* @example \S.*\n \* ```ts$/m.test(comment)], [path, true]);
  }
});

Deno.test("examples in published files and CONTRIBUTING.md are tested TypeScript or shell commands", () => {
  const paths = [...PAGES, "mod.ts", ...CODE.flatMap((folder) => files(folder, ".ts"))];
  const other = paths.filter((path) => isPublished(path) || path === "CONTRIBUTING.md").flatMap((path) =>
    // Every other fence ends a block. CONTRIBUTING's tree of folders has no language.
    [...read(path).matchAll(/^(?: *\*)? *```(.*)$/gm)].filter((_, n) => n % 2 === 0)
      .filter(([, language = ""]) => !["ts", "sh"].includes(language))
      .map(([, language]) => `${path}: ${language}`)
  );
  assertEquals(other, ["CONTRIBUTING.md: "]);
});

/** A file's code without comments, which may name runtimes. */
const code = (path: string) => read(path).replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");

Deno.test("code in client/, http/ and types/ uses no API of one runtime", () => {
  const apis = /\b(Deno|Bun|process|Buffer)\s*[.[]|\brequire\(|"(npm|node|bun|jsr):/;
  // WebCrypto has no incremental hash, so encrypted attachments use node:crypto if the runtime provides it.
  const allowed = 'client/crypto/sha256.ts: const node = builtins?.getBuiltinModule?.("node:crypto");';
  const found = CODE.flatMap((folder) => files(folder, ".ts")).flatMap((path) =>
    code(path).split("\n").filter((line) => apis.test(line)).map((line) => `${path}: ${line.trim()}`)
  );
  assertEquals(found.filter((line) => line !== allowed), []);
});

Deno.test("code in client/, http/ and types/ imports nothing of @std/encoding that Node 20 cannot run", () => {
  // They call ArrayBuffer.prototype.transfer(). See client/encoding.ts.
  const imports = /"@std\/encoding(\/(base32|base64|base64url|hex))?"/;
  const found = CODE.flatMap((folder) => files(folder, ".ts")).filter((path) => imports.test(code(path)));
  assertEquals(found, []);
});
