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

const SPACE = "\\s+";
/** The words to write and a pattern for those that they replace. */
const PATTERNS = (await Deno.readTextFile(`${import.meta.dirname}/words.txt`)).split("\n")
  .map((line) => line.split(" <- "))
  .flatMap(([write = "", not]) =>
    not ? [[write, new RegExp(not.replaceAll(" ", SPACE), "gi")] as const] : []
  );

/** The first sentence of a documentation comment has a verb whose subject is the symbol. */
const NOUN_CLAUSE = /^\s*(What|Where|Who|Whose|How|That)\b/;

/** Prescribed texts and real meanings, by file: nothing is found in them. */
const ALLOWED: [file: RegExp, text: RegExp][] = [
  // User-interactive authentication asks the user for something.
  [/user_interactive_auth|client\/authentication/, /\banswer(s|ed|ing)?\b/],
  [/./, /\banswers? the (homeserver's|server's) questions\b|\bdoes not answer it\b/],
  // Voice calls have SDP offers and responses to them.
  [/\bcalls?(_test)?\.ts$/, /\b(SDP|call) answer(s|ed|ing)?\b/],
  [/./, /\bafter which to give up\b/],
];

interface Finding {
  line: number;
  text: string;
  write: string;
}

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
