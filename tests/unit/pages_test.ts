/** What holds for the pages and for the text of all that is published. */
import { assertEquals } from "@std/assert";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), "utf8");

/** All files below a folder whose names end so. */
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

/** A page without the code in it. */
const prose = (text: string) => text.replaceAll(/^```[^]*?^```$/gm, "").replaceAll(/`[^`\n]*`/g, "`");

/** Where the page's headings can be linked to, as GitHub names them. */
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

Deno.test("pages link to files and headings that are there", () => {
  const dead = PAGES.flatMap((page) =>
    links(page).filter(({ path, anchor }) => {
      const there = existsSync(new URL(path, ROOT));
      return !there || (anchor !== "" && !anchors(path).includes(anchor));
    }).map(({ path, anchor }) => `${page}: ${path}#${anchor}`)
  );
  assertEquals(dead, []);
});

Deno.test("published pages but the README link to what is published", () => {
  // JSR takes the README's links to the repository; other pages are read in the package, too.
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

Deno.test("all entry points have a @module comment with an example", () => {
  for (const path of Object.values<string>(JSON.parse(read("deno.json")).exports)) {
    const [comment = ""] = /^\/\*\*[^]*?\*\//.exec(read(path)) ?? [];
    assertEquals([path, /^ \* @module$/m.test(comment)], [path, true]);
    assertEquals([path, /^ \* @example \S.*\n \* ```ts$/m.test(comment)], [path, true]);
  }
});

Deno.test("examples in published files and CONTRIBUTING.md are TypeScript that the tests run, or commands", () => {
  const paths = [...PAGES, "mod.ts", ...CODE.flatMap((folder) => files(folder, ".ts"))];
  const other = paths.filter((path) => isPublished(path) || path === "CONTRIBUTING.md").flatMap((path) =>
    // Every other fence ends a block; the one without a language is CONTRIBUTING's picture of the folders.
    [...read(path).matchAll(/^(?: *\*)? *```(.*)$/gm)].filter((_, n) => n % 2 === 0)
      .filter(([, language = ""]) => !["ts", "sh"].includes(language))
      .map(([, language]) => `${path}: ${language}`)
  );
  assertEquals(other, ["CONTRIBUTING.md: "]);
});

Deno.test("nothing in client/, http/ and types/ mentions a runtime", () => {
  const names =
    /\b(deno|bun|node(\.?js)?|browsers?|(web |service )?workers?|workerd|cloudflare|chrom(e|ium)|firefox|safari|v8)\b|\bnpm:|\bprocess\./i;
  const found = CODE.flatMap((folder) =>
    ["ts", "md"].flatMap((end) => files(folder, `.${end}`)).flatMap((path) =>
      read(path).split("\n").flatMap((line, n) => names.test(line) ? [`${path}:${n + 1}: ${line}`] : [])
    )
  );
  assertEquals(found, []);
});

Deno.test("files in client/, http/ and types/ stay under 400 lines", () => {
  const long = CODE.flatMap((folder) => files(folder, ".ts")).filter((path) =>
    read(path).trimEnd().split("\n").length >= 400
  );
  assertEquals(long, []);
});

Deno.test("options that need not be given may be undefined, for compilers that are exact about it", () => {
  const declaration =
    /^export interface (\w+(?:Options|Policy|Identity|Bounds|Init)|Backoff|SendTextContent|MatrixURI)\b[^{]*\{([^]*?)^\}/gm;
  const options = CODE.flatMap((folder) => files(folder, ".ts")).flatMap((path) =>
    [...read(path).matchAll(declaration)].flatMap(([, name, fields = ""]) =>
      [...fields.matchAll(/^ {2}(?:readonly )?(\w+)\?: ?([^]*?);$/gm)].map(([, field, type = ""]) => ({
        field: `${name}.${field}`,
        exact: !/\| undefined$|^unknown$/.test(type),
      }))
    )
  );
  assertEquals(options.length > 100, true);
  assertEquals(options.filter(({ exact }) => exact).map(({ field }) => field), []);
});
