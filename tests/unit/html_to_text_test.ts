import { assertEquals, assertLess } from "@std/assert";
import { htmlToText } from "../../client/content/html_to_text.ts";

/** Checks a table of HTML and the text it must give. */
function check(rows: Record<string, string>): void {
  for (const [html, text] of Object.entries(rows)) assertEquals(htmlToText(html), text, html);
}

Deno.test("htmlToText() returns the results of the documented examples", () => {
  check({
    "a<br>b": "a\nb",
    "<p>one</p><p>two</p>": "one\n\ntwo",
    "<h1>t</h1>x": "# t\nx",
    "a<hr>b": "a\n---\nb",
    "<ul><li>a<ul><li>b</li></ul></li></ul>": "● a\n  ○ b",
    '<ol start="9"><li>a</li><li>b<br>c</li></ol>': "9. a\n10. b\n    c",
    "<blockquote>Testing<br>123</blockquote>": "> Testing\n> 123",
    "<pre>a\n b</pre>": "```\na\n b\n```",
    "<div>a</div><div>b</div>": "a\nb",
    "  lead  trail  ": "lead trail",
    "<ul><li>a<br>b</li></ul>": "● a\n  b",
    '<pre><code class="language-js">x</code></pre>': "```js\nx\n```",
    '<a href="https://x"><b>y</b></a>': "[**y**](https://x)",
    "<p>a</p><ul><li>b</li></ul><p>c</p>": "a\n\n● b\nc",
  });
});

Deno.test("htmlToText() makes one space of whitespace and trims", () => {
  check({
    "": "",
    " \n\t ": "",
    "a \n\t b": "a b",
    "a&nbsp;&nbsp;b\u00a0c": "a b c",
    "<div>a</div>  b": "a\nb",
    "<p>a</p>\n\n<p>b</p>\n": "a\n\nb",
    "a<br>\n b": "a\nb",
    "&nbsp;<p> a </p>&nbsp;": "a",
    "*a* `b` _c_ [d](e)": "*a* `b` _c_ [d](e)",
  });
});

Deno.test("htmlToText() marks inline formatting", () => {
  check({
    "<b>x</b><strong>y</strong>": "**x****y**",
    "<i>x</i> <em>y</em>": "_x_ _y_",
    "<s>x</s> <del>y</del> <strike>z</strike>": "~~x~~ ~~y~~ ~~z~~",
    "<u>x</u> <ins>y</ins> x<sup>2</sup>": "x y x2",
    "<B>x</B><BR>y": "**x**\ny",
    "<b>a<i>b</i></b>": "**a_b_**",
    "a<b></b> <i> </i>b": "a b",
    "<b><div>x</div></b>y": "**x**\ny",
    "<b>a<br>b</b>": "**a\nb**",
  });
});

Deno.test("htmlToText() keeps the whitespace at the edges of inline elements", () => {
  check({
    "<code>a</code><b> b </b>": "`a` **b**",
    "<b>a </b>b": "**a** b",
    "a<b> b</b>": "a **b**",
    "a <b> b </b> c": "a **b** c",
    '<a href="https://x"> y </a>z': "[y](https://x) z",
    "<p> <b> a </b> </p>": "**a**",
    '<a href="https://x"><div>y</div></a>z': "[y](https://x)\nz",
  });
});

Deno.test("htmlToText() writes links", () => {
  check({
    '<a href="https://x.org/?a=1&amp;b=2">y</a>': "[y](https://x.org/?a=1&b=2)",
    '<a href="https://x.org/">https://x.org/</a>': "https://x.org/",
    'see <a href="https://x.org/"> https://x.org/ </a>!': "see https://x.org/ !",
    '<a href="https://x.org/"><b>https://x.org/</b></a>': "[**https://x.org/**](https://x.org/)",
    "<a href=https://x.org/>y</a>": "[y](https://x.org/)",
    "<a href='https://x'></a>": "[](https://x)",
    '<a href="mailto:a@b.org">Write</a> me': "a@b.org me",
    '<a href="mailto:a@b.org?subject=Hi"><b>Write</b></a>': "a@b.org",
    "<a>x</a> <a href>y</a> <a name=n>z</a>": "x y z",
    '<a HREF="https://x" title="a > b">y</a>': "[y](https://x)",
    "<a href='https://x/?a=1&copy=2'>y</a>": "[y](https://x/?a=1&copy=2)",
    "<a href='https://x'>a<a href='https://y'>b</a></a>": "[a[b](https://y)](https://x)",
  });
});

Deno.test("htmlToText() leaves only the text of a link to a user", () => {
  check({
    '<a href="https://matrix.to/#/@a:b.org">Alice</a>: hi': "Alice: hi",
    '<a href="https://matrix.to/#/%40a%3Ab.org">Alice</a>': "Alice",
    '<a href="https://matrix.to/#/@a:b.org?action=chat">Alice</a>': "Alice",
    '<a href="matrix:u/a:b.org">Alice</a>': "Alice",
    '<a href="https://matrix.to/#/#r:b.org">Room</a>': "[Room](https://matrix.to/#/#r:b.org)",
    '<a href="https://matrix.to/#/#r:b.org?action=join">Room</a>':
      "[Room](https://matrix.to/#/#r:b.org?action=join)",
    '<a href="https://matrix.to/#/!r:b.org/$e">Event</a>': "[Event](https://matrix.to/#/!r:b.org/$e)",
    '<a href="matrix:r/r:b.org">Room</a>': "[Room](matrix:r/r:b.org)",
  });
});

Deno.test("htmlToText() keeps whitespace in code", () => {
  check({
    "<code>x</code>": "`x`",
    "a <code> x  y </code> b": "a ` x  y ` b",
    "<pre>  a\n\n\tb </pre>": "```\n  a\n\n\tb \n```",
    "<pre>a\r\nb</pre>": "```\na\nb\n```",
    "<pre>a<br>b</pre>": "```\na\nb\n```",
    "<pre><code>a\n</code></pre>": "```\na\n\n```",
    '<pre><code class="hljs language-c++">x</code></pre>': "```c++\nx\n```",
    '<pre><code class="other">x</code></pre>': "```\nx\n```",
    "a<pre>b</pre>c": "a\n```\nb\n```\nc",
    "<pre>a&lt;b&gt;&nbsp;c</pre>": "```\na<b>\u00a0c\n```",
    '<pre><code class="language-js"><span>let</span> <span>a</span></code></pre>': "```js\nlet a\n```",
  });
});

Deno.test("htmlToText() prefixes every line of a quote", () => {
  check({
    "<blockquote><p>a</p><p>b</p></blockquote>c": "> a\n> \n> b\nc",
    "<p>x</p><blockquote>a</blockquote>": "x\n\n> a",
    "<blockquote>\n<p>a</p>\n</blockquote>\n<p>b</p>": "> a\nb",
    "<blockquote>a<blockquote>b</blockquote>c</blockquote>": "> a\n> > b\n> c",
    "<blockquote><pre>a\n\nb</pre></blockquote>": "> ```\n> a\n> \n> b\n> ```",
    "<blockquote><ul><li>a<br>b</li></ul></blockquote>": "> ● a\n>   b",
    "<blockquote>a</blockquote><blockquote>b</blockquote>": "> a\n> b",
    "x<blockquote></blockquote>y": "x\ny",
  });
});

Deno.test("htmlToText() writes headings", () => {
  check({
    "<h1>a</h1><h2>b</h2><h3>c</h3>": "# a\n## b\n### c",
    "<h4>a</h4><h5>b</h5><h6>c</h6><h7>d</h7>": "#### a\n##### b\n###### c\nd",
    "x<h2> a </h2>y": "x\n## a\ny",
    "<h1><b>a</b></h1>": "# **a**",
  });
});

Deno.test("htmlToText() writes bulleted lists", () => {
  const deep = "<ul><li>".repeat(5) + "x" + "</li></ul>".repeat(5);
  check({
    "<ul>\n<li>a</li>\n<li>b</li>\n</ul>c": "● a\n● b\nc",
    "<ul><li>a<ul><li>b<ul><li>c<ul><li>d<ul><li>e</li></ul></li></ul></li></ul></li></ul></li></ul>":
      "● a\n  ○ b\n    ■ c\n      ‣ d\n        ● e",
    [deep]: "● ○ ■ ‣ ● x",
    "<ul><li><p>a</p><p>b</p></li><li>c</li></ul>": "● a\n  \n  b\n● c",
    "<ul><li><blockquote>a<br>b</blockquote></li></ul>": "● > a\n  > b",
    "<ul><li></li><li>b</li></ul>": "● \n● b",
    "<ul><li><br>a<br></li></ul>": "● a",
    "x<ul><li>a</li></ul>y": "x\n● a\ny",
    "<li>a</li><li>b</li>": "a\nb",
  });
});

Deno.test("htmlToText() counts ordered lists", () => {
  const items = (count: number): string => "<li>a<br>b</li>\n".repeat(count);
  check({
    "<ol><li>a</li><li>b</li></ol>": "1. a\n2. b",
    "<ol start=0><li>a</li></ol>": "0. a",
    "<ol start=-1><li>a</li><li>b</li></ol>": "-1. a\n0. b",
    "<ol start=x><li>a</li></ol>": "1. a",
    "<ol start='2.5'><li>a</li></ol>": "1. a",
    "<ol start><li>a</li></ol>": "1. a",
    "<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>": "1. a\n   ● b\n2. c",
    "<ol><li>a<ol><li>b<br>c</li></ol></li></ol>": "1. a\n   1. b\n      c",
    "<ul><li>a<ol><li>b</li></ol></li></ul>": "● a\n  1. b",
  });
  // The width follows from the number of items, not from the whitespace between them.
  assertEquals(htmlToText(`<ol>\n${items(9)}</ol>`).slice(0, 9), "1. a\n   b");
  assertEquals(htmlToText(`<ol>\n${items(10)}</ol>`).slice(0, 10), "1. a\n    b");
});

Deno.test("htmlToText() separates blocks", () => {
  check({
    "<p>a</p>text<p>b</p>": "a\n\ntext\nb",
    "a<p>b</p>c": "a\nb\n\nc",
    "a<div>b</div>c": "a\nb\nc",
    "<div><div>a</div></div><div></div><div>b</div>": "a\nb",
    "<div>a</div><div><br></div><div>b</div>": "a\n\nb",
    "a<br><br>b": "a\n\nb",
    "<p>a<br></p><p>b</p>": "a\n\nb",
    "<div><p>a</p></div><p>b</p>": "a\nb",
    "<hr>a<hr/>": "---\na\n---",
    "<details><summary>a</summary>b</details>c": "a\nb\nc",
  });
});

Deno.test("htmlToText() separates cells and rows of tables", () => {
  check({
    "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>": "a\tb\nc\td",
    "x<table>\n<thead>\n<tr>\n<th>a</th>\n<th>b</th>\n</tr></thead><tbody><tr><td>c</td> <td> d </td></tr></tbody></table>y":
      "x\na\tb\nc\td\ny",
    "<table><caption>t</caption><tr><td><p>a</p></td><td><p>b</p></td></tr></table>": "t\na\tb",
    "<table><tr><td>a<td>b": "a\tb",
  });
});

Deno.test("htmlToText() writes images, spoilers and nothing for colours", () => {
  check({
    'a <img src="mxc://x/y" alt="cat" title="Cat"> b': "a cat b",
    '<img title="Cat"/><img>': "Cat",
    "<span data-mx-spoiler>x</span> <font data-mx-spoiler='why'>y</font>": "||x|| ||why|y||",
    "<span data-mx-color='#f00'>x</span><font color=red>y</font>": "xy",
  });
});

Deno.test("htmlToText() drops replies, comments, scripts and styles", () => {
  check({
    "<mx-reply><blockquote>a<br>b</blockquote></mx-reply>c": "c",
    "<mx-reply>a": "",
    "a<!-- <b>x</b> > -->b": "ab",
    "a<!-->b<!--->c": "abc",
    "a<!-- b": "a",
    "<!DOCTYPE html>a<?xml version='1.0'?>b": "ab",
    "a<script>if (1 < 2) alert('<b>')</script>b": "ab",
    "a<STYLE type='text/css'>p > b { color: red }</STYLE >b": "ab",
    "a<script>b": "a",
    "a<![CDATA[b]]>c": "ac",
  });
});

Deno.test("htmlToText() omits the marks of elements that plain text excludes", () => {
  check({
    "<b data-mautrix-exclude-plaintext>x</b>": "x",
    "<em data-mautrix-exclude-plaintext=''>x</em><del data-mautrix-exclude-plaintext>y</del>": "xy",
    "<a data-mautrix-exclude-plaintext href='https://y'>x</a>": "x",
    "<a data-mautrix-exclude-plaintext href='mailto:a@b'>x</a>": "x",
  });
});

Deno.test("htmlToText() decodes character references and keeps unknown ones", () => {
  check({
    "&lt;b&gt; &amp;amp; &quot;&apos;": "<b> &amp; \"'",
    "&#x41;&#X42;&#67;&#x1F600;&#x44": "ABC😀D",
    "&unknown; &constructor; &; & &#; &#x;": "&unknown; &constructor; &; & &#; &#x;",
    "AT&T &amp a&ampb": "AT&T & a&ampb",
    "&#0; &#xd800; &#x110000; &#99999999999;": "� � � �",
    "&copy;&reg;&trade;&hellip;&mdash;&ndash;": "©®™…—–",
    "&lsquo;&rsquo;&ldquo;&rdquo;&laquo;&raquo;": "‘’“”«»",
    "&bull;&middot;&euro;&pound;&yen;&cent;&sect;&para;": "•·€£¥¢§¶",
    "&deg;&plusmn;&times;&divide;&larr;&uarr;&rarr;&darr;&hearts;": "°±×÷←↑→↓♥",
    "&Auml;&ouml;&szlig;&eacute;&ntilde;&ccedil;&Aring;&oslash;&AElig;": "ÄößéñçÅøÆ",
    "<img alt='&quot;a&quot;'>": '"a"',
  });
});

Deno.test("htmlToText() makes the best of malformed HTML", () => {
  check({
    "<b>x": "**x**",
    "<p>a<p>b": "a\nb",
    "</b>x</p>": "x",
    "<b>a<i>b</b>c": "**a_bc_**",
    "<ul><li>a<li>b</ul>": "● a\n  b",
    "a < b > c <3": "a < b > c <3",
    "a <b": "a <b",
    "a <b c": "a <b c",
    'a <b title="x>y</b>': "a **y**",
    "<b a='>' b=\">\" c>x</b>": "**x**",
    "<b/>x": "x",
    "<custom-tag>x</custom-tag>": "x",
    "<b\n>x</b\n>": "**x**",
    "<": "<",
    "\ud800<b>\udc00</b>": "\ud800**\udc00**",
  });
});

Deno.test("htmlToText() limits the length of its result to a multiple of hostile HTML", () => {
  const times = (part: string, size = 4e4): string => part.repeat(size / part.length);
  const inputs = [
    times("<b>"),
    times("<b>x"),
    times("<blockquote>x"),
    times("<blockquote>", 2e4) + times("x<br>", 2e4),
    times("<ol start=999999999><li>", 2e4) + times("x<br>", 2e4),
    times("<ul><li>"),
    times("<"),
    times("<a "),
    times('<a "'),
    times('<a b="'),
    "<a " + times("=") + ">",
    times("<!--"),
    times("<script>"),
    times("&"),
    times("&amp;"),
    times(" x"),
    times("<a href=x>y"),
    times("<a href=x>x</a>"),
    times("<b>", 2e4) + times("<pre><code></code></pre>", 2e4),
    times("<p>x</p>"),
  ];
  for (const html of inputs) {
    // Marks of nested elements on each line would make the result quadratic.
    assertLess(htmlToText(html).length, 100 * html.length, html.slice(0, 30));
  }
});

Deno.test("htmlToText() renders deep nesting without its marks beyond a limit", () => {
  const text = htmlToText("<blockquote>".repeat(8000) + "x<br>y");
  assertEquals(text, "> ".repeat(32) + "x\n" + "> ".repeat(32) + "y");
});
