/** Draws the output of a program as it appears in a terminal. */

const FONT = { size: 14, width: 8.43, height: 20 };
const PALETTE: Record<string, string> = { 32: "#7ee787", 33: "#e3b341", 35: "#d2a8ff", 36: "#79c0ff" };

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Converts the colours of a line into SVG. */
function drawLine(line: string, y: number): string {
  let style = "";
  // deno-lint-ignore no-control-regex
  const spans = line.split(/(\x1b\[[\d;]*m)/).map((part) => {
    // deno-lint-ignore no-control-regex
    const codes = /^\x1b\[([\d;]*)m$/.exec(part)?.[1]?.split(";");
    if (!codes) return part && `<tspan${style}>${escape(part)}</tspan>`;
    const color = codes.map((code) => PALETTE[code]).find(Boolean) ??
      (codes.includes("2") ? "#8b949e" : undefined);
    style = (color ? ` fill="${color}"` : "") + (codes.includes("1") ? ' font-weight="bold"' : "");
    return "";
  });
  return `<text x="20" y="${y}" xml:space="preserve">${spans.join("")}</text>`;
}

/** Draws lines with ANSI colours as an SVG. */
export function drawTerminal(title: string, lines: string[]): string {
  const rows = lines.join("\n").split("\n");
  // deno-lint-ignore no-control-regex
  const columns = Math.max(...rows.map((row) => row.replaceAll(/\x1b\[[\d;]*m/g, "").length));
  const [width, height] = [Math.ceil(columns * FONT.width) + 40, rows.length * FONT.height + 64];
  const buttons = ["#ff5f56", "#ffbd2e", "#27c93f"].map((color, i) => {
    return `<circle cx="${22 + 20 * i}" cy="20" r="6" fill="${color}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>
${buttons.join("")}
<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="${FONT.size}" fill="#e6edf3">
<text x="${width / 2}" y="25" text-anchor="middle" fill="#8b949e">${escape(title)}</text>
${rows.map((row, i) => drawLine(row, 58 + i * FONT.height)).join("\n")}
</g>
</svg>
`;
}
