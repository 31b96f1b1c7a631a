/** Where a line of the text stands: inside of which quotes and list items. */
interface Margin {
  up: Margin | undefined;
  depth: number;
  /** What the first line begins with. */
  mark: string;
  /** What every further line begins with; of a list item it is as wide as the marks of its list. */
  rest(): string;
  /** The beginnings of all margins around and this one, for a further line; known after the first line. */
  full?: string;
}

/** A list and the number of its next item (`NaN` for bullets). */
interface List {
  next: number;
  bullet: string;
}

/** An open element. What is not said anew holds for everything inside. */
interface Frame {
  tag: string;
  /** Marks written around the content, if there is any. */
  open: string;
  close: string;
  /** Line feeds that must follow; `-1` for inline elements. */
  after: number;
  /** Length of the output where the element begins. */
  start: number;
  href: string;
  /** Length of the output where the innermost quote, list item or table cell begins. */
  base: number;
  margin: Margin | undefined;
  list: List | undefined;
  bullets: number;
  /** Whether whitespace is kept. */
  keep: boolean;
  /** Whether content is dropped. */
  skip: boolean;
}

// Quotes and lists write something on each of their lines, so that the text of hostile HTML could grow with the
// square of its size. Deeper ones than this are rendered without their marks.
const MAX_DEPTH = 32;
const VOID = /^(area|base|br|col|command|embed|hr|img|input|link|meta|param|source|track|wbr)$/;
const BLOCK =
  /^(p|pre|blockquote|[ou]l|li|h[1-6r]|div|table|tr|caption|t(head|body|foot)|details|summary|d[ltd]|section|article|header|footer|main|figure|figcaption)$/;
const USER = /^(https:\/\/matrix\.to\/#\/(@|%40)|matrix:u\/)/i;

// Names with the character they stand for, then the names of U+00A0 to U+00FF. All of HTML's 2231 names would take
// more room than the rest of the library together.
const NAMES =
  "amp& lt< gt> quot\" apos' hellip… mdash— ndash– lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ lsaquo‹ rsaquo› bull• " +
  "dagger† Dagger‡ permil‰ prime′ Prime″ euro€ trade™ OElig\u0152 oelig\u0153 Scaron\u0160 scaron\u0161 larr← uarr↑ rarr→ darr↓ " +
  "harr↔ minus− infin∞ ne≠ le≤ ge≥ asymp≈ radic√ sum∑ spades♠ clubs♣ hearts♥ diams♦ zwj\u200d zwnj\u200c";
const LATIN =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro " +
  "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil " +
  "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave " +
  "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml " +
  "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute " +
  "thorn yuml";

/** Makes the function that replaces character references. */
function decoder(): (text: string) => string {
  const names = new Map<string, string>();
  return (text) =>
    text.replace(
      // Without a semicolon a name ends where HTML says, so that `?a=1&copy=2` in a link stays as it is.
      /&(?:#(?:x([\da-f]+)|(\d+));?|([a-z][a-z\d]*)(?:;|(?![a-z\d=])))/gi,
      (whole, hex?: string, decimal?: string, name?: string) => {
        if (name) {
          if (!names.size) {
            for (const entry of NAMES.split(" ")) names.set(entry.slice(0, -1), entry.slice(-1));
            LATIN.split(" ").forEach((entry, index) => names.set(entry, String.fromCharCode(160 + index)));
          }
          return names.get(name) ?? whole;
        }
        const code = hex ? parseInt(hex, 16) : Number(decimal);
        // HTML reads these control characters as Windows does.
        if (code >> 5 === 4) return new TextDecoder("windows-1252").decode(Uint8Array.of(code));
        return code && code < 0x110000 && code >> 11 !== 0x1b ? String.fromCodePoint(code) : "\ufffd";
      },
    );
}

/** The beginning of the next line at a margin. */
function lineStart(margin: Margin | undefined): string {
  if (!margin) return "";
  if (margin.full !== undefined) return margin.full;
  const before = lineStart(margin.up);
  margin.full = (margin.up?.full ?? "") + margin.rest();
  return before + margin.mark;
}

/**
 * Renders HTML as plain text in the manner of Markdown: what the `body` of a message holds beside its
 * `formatted_body`.
 *
 * Nothing in the text is escaped, so the result is for people to read, not for turning back into HTML. Comments,
 * scripts, styles and `mx-reply` are left out. Character references are decoded if they are numeric or among the
 * well-known names (punctuation, currencies, arrows, Latin-1 letters); others stay as they are. Text of any length
 * and nesting takes time in proportion to its length.
 *
 * @see https://spec.matrix.org/v1.19/client-server-api/#mroommessage-msgtypes
 * @param html The HTML; it need not be well-formed.
 * @returns The text, without whitespace around it.
 */
export function htmlToText(html: string): string {
  const decode = decoder();
  // Text, and a margin (`undefined` outside of all) where a line begins.
  const out: (string | Margin | undefined)[] = [];
  const stack: Frame[] = [];
  let top: Frame = {
    tag: "",
    open: "",
    close: "",
    after: -1,
    start: 0,
    href: "",
    base: 0,
    margin: undefined,
    list: undefined,
    bullets: 0,
    keep: false,
    skip: false,
  };
  // What is due before the next text: line feeds or else whitespace, then marks. So whitespace comes to stand outside
  // of marks, and elements without content leave none.
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

  /** Goes to a new line, unless nothing stands on this one but the mark of a quote or a list item. */
  function block(): void {
    if (out.length > top.base) lines ||= 1;
  }

  /** Goes to a new line inside of a quote or a list item. */
  function indent(frame: Frame, mark: string, rest: () => string): void {
    // Blank lines before belong to what is around.
    for (; lines > 1; lines--) out.push(top.margin);
    lines = 1;
    frame.base = frame.start = out.length;
    const depth = (top.margin?.depth ?? 0) + 1;
    if (depth <= MAX_DEPTH) frame.margin = { up: top.margin, depth, mark, rest };
  }

  function link(frame: Frame, href: string): void {
    if (/^mailto:/i.test(href)) {
      write(href.slice(7).replace(/\?.*/, ""));
      frame.skip = true;
    } else if (href && !USER.test(href)) {
      frame.open = "[";
      frame.close = `](${href})`;
      frame.href = href;
    }
  }

  function start(tag: string, attributes: Map<string, string>): Frame {
    const get = (name: string): string => attributes.get(name) ?? "";
    const frame: Frame = { ...top, tag, open: "", close: "", after: -1, start: out.length, href: "" };
    if (tag === "mx-reply") frame.skip = true;
    if (frame.skip) return frame;
    if (BLOCK.test(tag)) {
      block();
      frame.after = tag === "p" ? 2 : 1;
    }
    const mark = /^(b|strong)$/.test(tag)
      ? "**"
      : /^(i|em)$/.test(tag)
      ? "_"
      : /^(s|del|strike)$/.test(tag)
      ? "~~"
      : "";
    if (attributes.has("data-mautrix-exclude-plaintext") && (mark || tag === "a")) return frame;
    frame.open = frame.close = mark;
    if (tag === "a") link(frame, get("href"));
    else if (tag === "br") {
      if (top.keep) write("\n");
      else if (out.length > top.base) lines++;
    } else if (tag === "hr" || tag === "img") write(tag === "hr" ? "---" : get("alt") || get("title"));
    else if (tag === "blockquote") indent(frame, "> ", () => "> ");
    else if (tag === "ul") {
      frame.list = { next: NaN, bullet: "●○■‣"[frame.bullets++ % 4] + " " };
    } else if (tag === "ol") {
      const first = get("start");
      frame.list = { next: /^[+-]?\d{1,9}$/.test(first) ? Number(first) : 1, bullet: "" };
    } else if (tag === "li" && top.list) {
      const list = top.list;
      const mark = list.bullet || `${list.next++}. `;
      // An ordered list is as wide as its last number, which is known when all of it has been read.
      indent(frame, mark, () => " ".repeat(list.bullet ? 2 : String(list.next - 1).length + 2));
      frame.list = undefined;
    } else if (tag === "td" || tag === "th") {
      frame.base = out.length;
      frame.after = 0;
    } else if (tag === "code" && top.tag === "pre") {
      const language = /(?:^| )language-(\S+)/.exec(get("class"));
      if (language && opening.includes(top)) top.open += language[1];
    } else if (tag === "code") {
      frame.open = frame.close = "`";
      frame.keep = true;
    } else if (tag === "pre") {
      frame.open = frame.close = "```";
      frame.keep = true;
    } else if (/^h\d/.test(tag)) frame.open = "#".repeat(Number(tag[1])) + " ";
    else if (/^(span|font)$/.test(tag) && attributes.has("data-mx-spoiler")) {
      const reason = get("data-mx-spoiler");
      frame.open = `||${reason && reason + "|"}`;
      frame.close = "||";
    }
    if (frame.open) opening.push(frame);
    return frame;
  }

  function end(frame: Frame): void {
    const { tag, href, after } = frame;
    if (top.skip) return;
    if (tag === "li" && out.length === frame.start && frame.margin !== top.margin) {
      // An empty item has its mark all the same.
      const around = top;
      top = frame;
      flush();
      top = around;
    }
    let close = frame.close;
    if (frame.open && opening.at(-1) === frame) {
      if (href) flush();
      else {
        opening.pop();
        close = "";
      }
    } else if (href) {
      let text = "";
      for (let i = frame.start; i < out.length && text.length <= href.length; i++) text += out[i] ?? "\n";
      if (text === href) close = out[frame.start - 1] = "";
    }
    if (close && tag === "pre") out.push(frame.margin);
    if (close) out.push(close);
    if (after >= 0) {
      if (out.length > frame.start) lines = after;
      else lines ||= Math.min(after, 1);
      if (!after) gap = "\t";
    }
  }

  function pop(): void {
    const frame = top;
    top = stack.pop()!;
    end(frame);
  }

  const token = /<(?:!--|([!?])|(\/?)([a-z][^\s/>]*))/gi;
  const attribute = /[\s/]*([^\s/>][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y;
  let position = 0;
  for (let match; (match = token.exec(html));) {
    const [, bogus, slash, name] = match;
    let next = token.lastIndex;
    const attributes = new Map<string, string>();
    if (name) {
      attribute.lastIndex = next;
      for (let part; (part = attribute.exec(html));) {
        next = attribute.lastIndex;
        const value = part[2] ?? part[3] ?? part[4] ?? "";
        attributes.set(part[1]!.toLowerCase(), decode(value).replace(/\s+/g, " ").trim());
      }
    }
    const close = name || bogus ? ">" : "-->";
    // `<!-->` is a whole comment.
    const found = html.indexOf(close, name || bogus ? next : next - 2);
    // A tag without an end is text: somebody forgot to escape it.
    if (found < 0 && name) break;
    write(decode(html.slice(position, match.index)));
    position = token.lastIndex = found < 0 ? html.length : found + close.length;
    const tag = name?.toLowerCase();
    if (!tag) continue;
    if (slash) {
      if (tag === top.tag) pop();
    } else if (/^(script|style)$/.test(tag)) {
      const content = tag === "script" ? /<\/script/gi : /<\/style/gi;
      content.lastIndex = position;
      position = token.lastIndex = content.exec(html)?.index ?? html.length;
    } else {
      stack.push(top);
      top = start(tag, attributes);
      // The slash of `<a href=https://example.org/>` belongs to the link.
      if (VOID.test(tag) || (found > next && html[found - 1] === "/")) pop();
    }
  }
  write(decode(html.slice(position)));
  while (stack.length) pop();

  let text = "";
  for (const part of out) text += typeof part === "string" ? part : "\n" + lineStart(part);
  return text.trim();
}
