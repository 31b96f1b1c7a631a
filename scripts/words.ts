// deno-lint-ignore-file no-import-prefix
/**
 * Finds words that the project does not use, in comments, test names, error messages and Markdown pages.
 *
 * ```sh
 * deno task lint:words              # every finding, then a count per file
 * deno task lint:words http docs    # in these files and folders only
 * deno task lint:words --count      # the counts only
 * ```
 *
 * Code is not prose: text in backticks, code blocks (except their comments) and URLs are ignored.
 */
import { parse } from "npm:@babel/parser@^7.29.0";
import { marked, type Token } from "npm:marked@^18.2.0";

/** Words to write, and a pattern for each group of words that they replace. A space matches a line break, too. */
const WORDS: [write: string, not: RegExp][] = [
  ["response, respond", /(?<!\bquestions and )\banswer(s|ed|ing|able)?\b/],
  ["runtime, or its name", /\b(some|other|most|many|all|both|these|those|which|what|few|our|real) hosts\b/],
  [
    "runtime, or its name",
    /\bhosts (that|which|who|read|end|fail|forget|stop|attach|note|call|begin|do|have)\b/,
  ],
  ["runtime, or its name", /\b(on|in|by|from) (hosts|this host|a host|some host|every host|each host)\b/],
  ["notify, report, return, indicate", /\b(tell|tells|telling|told)\b/],
  ["notify, report, receive", /\b(hear|hears|heard|hearing) (of|from)\b|\b(say|says|said|saying) of\b/],
  [
    "must be, is not a",
    /(?<!\bthere )\b(is|are|was|were|be|being) no\b(?! (longer|more|less|fewer|later|earlier|older)\b)/,
  ],
  ["is not, are not", /(?<!\bthere )\b(is|are|was|were|be) none\b/],
  ["if, the caller, a value that", /\b(whoever|whomever|whatever)\b/],
  ["a value that, the response", /\bwhat (comes|came|goes|went|remains|stands|stood|holds|held)\b/],
  [
    "pass, deliver, dispatch, register",
    /\bhand(s|ed|ing)? (it |them |this |that )?(over|on|out|back|down)\b/,
  ],
  ["release, cancel, abort, stop, ignore", /\blet(s|ting)? (it |them |this |that )?go\b/],
  ["release, cancel, abort, stop, ignore", /\b(give|gives|gave|given|giving) up\b/],
  ["ignore", /\b(no|an) ears?\b/],
  [
    "retry, attempt",
    /\b(try|tries|tried|trying)( \w+)? again\b|\b(first|last|next|each|every|another|one|more|many) tr(y|ies)\b/,
  ],
  ["for example, such as", /[,(:;]\s+for one[,;.:)]|[,(]\s*say[,;:)]/],
  ["and similar methods, or their names", /\band (its |their )?(kin|the like)\b/],
  ["again, from the start", /\banew\b/],
  ["unchanged from the server", /\bas (it|they) (stood|stands|stand|came)\b/],
  [
    "is, appears, replaces",
    /\b(stand|stands|stood|standing) (in for|in|where|there|here|beside|before|behind)\b/,
  ],
  [
    "resume, continue",
    /\b(go|goes|going|went|gone) on\b(?! (strike|sale)\b)|\bkeep(s|ing)? (its|their) place\b/,
  ],
  ["initial sync", /\bfirst sync( ever)?\b/],
  ["omit, skip; a gap", /\b(leave|leaves|leaving|left) (it |them |this |that )?out\b/],
  ["at least once", /\bnever not at all\b/],
  ["event loop turn, microtask", /\b(this|same|next|one|each|every|later) turns?\b/],
  ["invalid, malformed", /\b(that|which) (cannot|can not|can't) be used\b|\bthat (is|are) none\b/],
  ["caller, user, another program", /\b(somebody|someone) else('s)?\b/],
  ["trust, accept", /\b(believe|believes|believed|believing)\b|\bat its word\b/],
  ["rejects, reports", /\b(find|finds|found) fault with\b/],
  ["later, afterwards", /\b(henceforth|hitherto|thereof|therein|whereupon|thereby|wherein|whence|thence)\b/],
];

/** The first sentence of a documentation comment has a verb whose subject is the symbol. */
const NOUN_CLAUSE = /^\s*(What|Where|Who|Whose|How|That)\b/;

/** Prescribed texts and real meanings, by file: nothing is found in them. */
const ALLOWED: [file: RegExp, text: RegExp][] = [
  [/./, /\binteractive answers?\b/],
  [/\bcalls?(_test)?\.ts$/, /\b(SDP|call) answer(s|ed|ing)?\b/],
  [/^scripts\/words\.ts$/, /[^]*/],
];

interface Finding {
  line: number;
  text: string;
  write: string;
}

const PATTERNS = WORDS.map(([write, { source }]) =>
  [write, new RegExp(source.replaceAll(" ", "\\s+"), "gi")] as const
);

const blank = (text: string): string => text.replaceAll(/[^\n]/g, " ");

/** Blanks everything that is not prose; lines stay where they are. */
function prose(token: Token): string {
  let text = token.raw;
  marked.walkTokens([token], (inner) => {
    if (inner.type === "code") {
      const comments = inner.raw.replaceAll(/^.*?(?=\/\/ |$)/gm, blank);
      text = text.replace(inner.raw, () => comments);
    } else if (inner.type === "codespan" || inner.type === "html") {
      text = text.replace(inner.raw, blank);
    } else if (inner.type === "link" || inner.type === "image") {
      text = text.replace(`](${inner.href}`, blank);
    }
  });
  return text.replaceAll(/https?:\/\/\S+|\{@\w+ [^}]*\}|@(param|template) \S+/g, blank);
}

/** Finds words in Markdown, which is also the language of documentation comments. */
function findWords(file: string, markdown: string, line: number): Finding[] {
  const found: Finding[] = [];
  for (const token of marked.lexer(markdown)) {
    let text = prose(token);
    for (const [path, allowed] of ALLOWED) {
      if (path.test(file)) text = text.replaceAll(new RegExp(allowed, "gi"), blank);
    }
    for (const [write, pattern] of PATTERNS) {
      for (const match of text.matchAll(pattern)) {
        const before = text.slice(0, match.index).split("\n").length - 1;
        found.push({ line: line + before, text: match[0].replaceAll(/\s+/g, " ").trim(), write });
      }
    }
    line += token.raw.split("\n").length - 1;
  }
  return found;
}

/** Finds words in comments, test names and error messages. */
function findInCode(file: string, code: string): Finding[] {
  const { comments, tokens } = parse(code, {
    sourceType: "module",
    plugins: file.endsWith(".ts") ? ["typescript"] : [],
    tokens: true,
    errorRecovery: true,
  });
  const found: Finding[] = [];
  const blocks: { text: string; first: number; last: number; line: boolean }[] = [];
  for (const { type, value, loc } of comments ?? []) {
    const line = type === "CommentLine";
    const before = blocks.at(-1);
    if (line && before?.line && before.last + 1 === loc!.start.line) {
      before.text += `\n${value}`;
      before.last++;
    } else {
      blocks.push({ text: value, first: loc!.start.line, last: loc!.end.line, line });
    }
  }
  for (const { text, first, line } of blocks) {
    const documents = !line && text.startsWith("*");
    const plain = text.replaceAll(line ? /^ /gm : /^\s*\* ?/gm, "");
    found.push(...findWords(file, plain, first));
    const clause = documents ? NOUN_CLAUSE.exec(plain) : null;
    if (clause) {
      found.push({ line: first, text: `${clause[1]} …`, write: "a verb: Returns, Sends, Registers" });
    }
  }
  const words = (tokens ?? []).filter(({ type }) => type !== "CommentBlock" && type !== "CommentLine");
  for (const [i, { value, loc }] of words.entries()) {
    const called = /^(test|online)$|Error$/.test(String(words[i - 2]?.value)) &&
      words[i - 1]?.type.label === "(";
    if (called && typeof value === "string") found.push(...findWords(file, value, loc.start.line));
  }
  return found.sort((a, b) => a.line - b.line);
}

async function listFiles(paths: string[]): Promise<string[]> {
  const { stdout } = await new Deno.Command("git", {
    args: ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...paths],
  }).output();
  const names = new TextDecoder().decode(stdout).split("\n");
  return names.filter((name) => /\.(ts|m?js|md)$/.test(name));
}

const countOnly = Deno.args.includes("--count");
const counts: [file: string, count: number][] = [];
for (const file of await listFiles(Deno.args.filter((arg) => !arg.startsWith("-")))) {
  const text = await Deno.readTextFile(file).catch(() => "");
  const found = file.endsWith(".md") ? findWords(file, text, 1) : findInCode(file, text);
  if (found.length > 0) counts.push([file, found.length]);
  if (countOnly) continue;
  for (const { line, text, write } of found) console.log(`${file}:${line}: “${text}”: write ${write}`);
}
for (const [file, count] of counts.sort(([, a], [, b]) => b - a)) {
  console.log(`${String(count).padStart(5)}  ${file}`);
}
const total = counts.reduce((sum, [, count]) => sum + count, 0);
console.log(`${total} words to replace in ${counts.length} files`);
if (total > 0) Deno.exit(1);
