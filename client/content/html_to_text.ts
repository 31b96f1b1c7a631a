/** The quote or list item that a line is in. */
interface Margin {
  up: Margin | undefined;
  /** The start of the first line. */
  mark: string;
  /** The list of a list item. The other lines of the item are indented to the width of the list's marks. */
  list: List | undefined;
  /** The start of all other lines, including outer margins. Set when the first line is written. */
  full?: string;
}

/** A list: its bullet, or the number of its next item. */
interface List {
  bullet: string;
  next: number;
}

/** An open element. Its descendants inherit the optional fields. */
interface Frame {
  tag: string;
  /** The mark before the content. Elements without content have none. */
  open: string;
  close: string;
  href: string;
  /** The number of line feeds after the element; `-1` for inline elements. */
  after: number;
  /** The length of the output before the content. */
  start: number;
  /** The length of the output before the content of the innermost quote, list item or table cell. */
  base?: number;
  margin?: Margin;
  /** The number of margins. */
  depth?: number;
  list?: List | undefined;
  /** The number of bulleted lists. */
  bullets?: number;
  /** Whether whitespace is kept. */
  keep?: boolean;
  /** Whether the content is omitted. */
  skip?: boolean;
}

// Each nested quote or list adds a mark to every line, so the output could grow with the square of the input. Levels
// beyond this one are rendered without marks.
const MAX_DEPTH = 32;
const VOID = /^(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
const BLOCK =
  /^(p|pre|blockquote|[ou]l|li|h[1-6r]|div|table|tr|caption|t(head|body|foot)|details|summary|d[ltd]|section|article)$/;
const USER = /^(https:\/\/matrix\.to\/#\/(@|%40)|matrix:u\/)/i;

// Names of character references, each followed by its character, and names of accents. A table of all 2231 names of HTML
// would be larger than the rest of the library.
const NAMES =
  "amp& lt< gt> quot\" apos' nbsp\xa0 hellip… mdash— ndash– lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ laquo« raquo» bull• " +
  "middot· copy© reg® trade™ euro€ pound£ yen¥ cent¢ sect§ para¶ deg° plusmn± times× divide÷ ne≠ le≤ ge≥ larr← uarr↑ " +
  "rarr→ darr↓ hearts♥ iexcl¡ iquest¿ szligß AEligÆ aeligæ OslashØ oslashø";
const ACCENTS = "grave\u0300 acute\u0301 circ\u0302 tilde\u0303 uml\u0308 ring\u030a cedil\u0327";

/** Returns a function that decodes character references. */
function decoder(): (text: string) => string {
  const names = new Map<string, string>();
  const add = (list: string, letter = ""): void => {
    for (const entry of list.split(" ")) {
      names.set(letter + entry.slice(0, -1), (letter + entry.slice(-1)).normalize());
    }
  };
  return (text) =>
    text.replace(
      // A name without a semicolon must not be followed by `=` or a letter, so `?a=1&copy=2` in a link is kept.
      /&(?:#(x[\da-f]+|\d+);?|([a-z]+)(?:;|(?![a-z\d=])))/gi,
      (whole, number?: string, name?: string) => {
        if (number) {
          const code = Number(/^\d/.test(number) ? number : "0" + number);
          return code && code < 0x110000 && code >> 11 !== 0x1b ? String.fromCodePoint(code) : "\ufffd";
        }
        if (!names.size) {
          add(NAMES);
          for (const letter of "AEIOUYNCaeiouync") add(ACCENTS, letter);
        }
        return names.get(name!) ?? whole;
      },
    );
}

/** Returns the start of the next line in a quote or list item. */
function lineStart(margin: Margin | undefined): string {
  if (!margin) return "";
  const { up, mark, list, full } = margin;
  if (full) return full;
  const before = lineStart(up);
  // The indent of an ordered list depends on its last number, so lines are built after the whole input was read.
  const rest = list ? " ".repeat(list.bullet ? 2 : `${list.next - 1}. `.length) : mark;
  margin.full = (up?.full ?? "") + rest;
  return before + mark;
}

/**
 * Converts HTML to plain text that resembles Markdown, such as a `formatted_body` to the `body` of a message.
 *
 * The text is not escaped, so it cannot be converted back to HTML. Comments, scripts, styles and `mx-reply` are omitted.
 * Numeric character references and common names (punctuation, currencies, arrows, Latin-1 letters) are decoded, others
 * are kept. The running time is proportional to the length of the input.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 * @param html The HTML, which may be malformed.
 * @returns The text, without leading and trailing whitespace.
 */
export function htmlToText(html: string): string {
  const decode = decoder();
  // Text and, at the start of each line, its margin (`undefined` outside quotes and lists).
  const out: (string | Margin | undefined)[] = [];
  const stack: Frame[] = [];
  const inline = { open: "", close: "", href: "", after: -1 };
  let top: Frame = { tag: "", start: 0, base: 0, ...inline };
  // Written before the next text: line feeds or whitespace, then opening marks. This keeps whitespace outside of marks, and
  // writes no marks for elements without content.
  let lines = 1;
  let gap = "";
  let opening: Frame[] = [];

  function flush(): void {
    if (lines) gap = "";
    for (; lines; lines--) out.push(top.margin);
    if (gap) out.push(gap);
    gap = "";
    for (const frame of opening) {
      out.push(frame.open);
      if (frame.tag === "pre") out.push(top.margin);
      frame.start = out.length;
    }
    opening = [];
  }

  function write(text: string): void {
    if (top.skip || !text) return;
    if (top.keep) {
      flush();
      text.split(/\r?\n/).forEach((line, index) => {
        if (index) out.push(top.margin);
        if (line) out.push(line);
      });
      return;
    }
    const words = text.replace(/\s+/g, " ").trim();
    if (/^\s/.test(text)) gap ||= " ";
    if (!words) return;
    flush();
    out.push(words);
    if (/\s$/.test(text)) gap = " ";
  }

  function start(tag: string, attributes: Map<string, string>): void {
    const get = (name: string): string => attributes.get(name) ?? "";
    const outer = top;
    const frame: Frame = { ...outer, ...inline, tag, start: out.length };
    const mark = (open: string, close = open): void => {
      frame.open = open;
      frame.close = close;
      opening.push(frame);
    };
    const indent = (mark: string, list?: List): void => {
      // Blank lines before the element belong to the outer margin.
      for (; lines > 1; lines--) out.push(outer.margin);
      lines = 1;
      frame.base = frame.start = out.length;
      frame.list = undefined;
      frame.depth = (outer.depth ?? 0) + 1;
      if (frame.depth <= MAX_DEPTH) frame.margin = { up: outer.margin, mark, list };
    };
    const { list } = outer;
    const plain = attributes.has("data-mautrix-exclude-plaintext");
    stack.push(outer);
    top = frame;
    if (outer.skip) return;
    if (BLOCK.test(tag)) {
      // A block at the start of a quote or list item needs no new line.
      if (out.length > outer.base!) lines ||= 1;
      frame.after = tag === "p" ? 2 : 1;
    }
    switch (tag) {
      case "mx-reply":
        frame.skip = true;
        break;
      case "b":
      case "strong":
        if (!plain) mark("**");
        break;
      case "i":
      case "em":
        if (!plain) mark("_");
        break;
      case "s":
      case "del":
      case "strike":
        if (!plain) mark("~~");
        break;
      case "a": {
        const href = get("href");
        if (plain || !href || USER.test(href)) break;
        if (/^mailto:/i.test(href)) {
          write(href.slice(7).replace(/\?.*/, ""));
          frame.skip = true;
        } else {
          frame.href = href;
          mark("[", `](${href})`);
        }
        break;
      }
      case "span":
      case "font":
        if (attributes.has("data-mx-spoiler")) {
          const reason = get("data-mx-spoiler");
          mark(`||${reason && reason + "|"}`, "||");
        }
        break;
      case "img":
        write(get("alt") || get("title"));
        break;
      case "hr":
        write("---");
        break;
      case "br":
        if (frame.keep) write("\n");
        else if (out.length > frame.base!) lines++;
        break;
      case "pre":
        mark("```");
        frame.keep = true;
        break;
      case "code":
        if (outer.tag !== "pre") mark("`");
        else if (opening.at(-1) === outer) {
          outer.open += /(?:^| )language-(\S+)/.exec(get("class"))?.[1] ?? "";
        }
        frame.keep = true;
        break;
      case "blockquote":
        indent("> ");
        break;
      case "ul":
        frame.bullets = (outer.bullets ?? 0) + 1;
        frame.list = { bullet: "‣●○■"[frame.bullets % 4] + " ", next: 0 };
        break;
      case "ol":
        frame.list = { bullet: "", next: /^[+-]?\d{1,9}$/.test(get("start")) ? Number(get("start")) : 1 };
        break;
      case "li":
        if (list) indent(list.bullet || `${list.next++}. `, list);
        break;
      case "td":
      case "th":
        gap = "\t";
        frame.base = out.length;
        frame.after = 0;
        break;
      default:
        if (/^h[1-6]$/.test(tag)) mark("#".repeat(Number(tag[1])) + " ", "");
    }
  }

  function end(): void {
    const frame = top;
    const { tag, href, after, margin } = frame;
    let { close } = frame;
    // List items and links have marks even without content.
    if (tag === "li" ? frame.base === out.length : href && opening.at(-1) === frame) flush();
    top = stack.pop()!;
    if (opening.at(-1) === frame) {
      opening.pop();
      close = "";
    }
    if (href) {
      let text = "";
      for (let i = frame.start; i < out.length && text.length <= href.length; i++) text += out[i] ?? "\n";
      if (text === href) close = out[frame.start - 1] = "";
    }
    if (close && tag === "pre") out.push(margin);
    if (close) out.push(close);
    if (after < 0) return;
    if (out.length > frame.start) lines = after;
    else lines ||= after && 1;
  }

  const token = /<(?:!--|([!?])|(\/?)([a-z][^\s/>]*))/gi;
  const attribute = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y;
  let position = 0;
  for (let match; (match = token.exec(html));) {
    const [, bogus, slash, name] = match;
    const attributes = new Map<string, string>();
    let next = token.lastIndex;
    if (name) {
      attribute.lastIndex = next;
      for (let part; (part = attribute.exec(html));) {
        next = attribute.lastIndex;
        const value = decode(part[2] ?? part[3] ?? part[4] ?? "");
        attributes.set(part[1]!.toLowerCase(), value.replace(/\s+/g, " ").trim());
      }
    }
    const close = name || bogus ? ">" : "-->";
    // `<!-->` is a complete comment.
    const found = html.indexOf(close, name || bogus ? next : next - 2);
    // A tag without an end is text that was not escaped.
    if (found < 0 && name) break;
    write(decode(html.slice(position, match.index)));
    position = found < 0 ? html.length : found + close.length;
    const tag = name?.toLowerCase();
    if (slash) {
      if (tag === top.tag) end();
    } else if (tag === "script" || tag === "style") {
      const rest = new RegExp(`</${tag}`, "gi");
      rest.lastIndex = position;
      position = rest.exec(html)?.index ?? html.length;
    } else if (tag) {
      start(tag, attributes);
      // The slash of `<a href=https://example.org/>` belongs to the attribute.
      if (VOID.test(tag) || (found > next && html[found - 1] === "/")) end();
    }
    token.lastIndex = position;
  }
  write(decode(html.slice(position)));
  while (stack.length) end();

  let text = "";
  for (const part of out) text += typeof part === "string" ? part : "\n" + lineStart(part);
  return text.trim();
}
