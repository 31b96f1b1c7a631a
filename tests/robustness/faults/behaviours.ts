/** What servers do, well and badly. */
import type { Behaviour, Exchange } from "./server.ts";
import { ANSWER, type Fields } from "./secrets.ts";

/** Makes the bytes of an answer. */
export function message(
  status: number | string,
  body: string | Uint8Array = "",
  headers: Record<string, string> = {},
): Uint8Array {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all: Record<string, string> = {
    "content-type": "application/json",
    "content-length": String(bytes.length),
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const head = new TextEncoder().encode(`HTTP/1.1 ${status}${" -".repeat(Number(status) > 0 ? 1 : 0)}\r\n`);
  const rest = new TextEncoder().encode(`${lines.join("")}\r\n`);
  const result = new Uint8Array(head.length + rest.length + bytes.length);
  result.set(head);
  result.set(rest, head.length);
  result.set(bytes, head.length + rest.length);
  return result;
}

/** Answers a request as it should be. */
export const answer: Behaviour = (x) => x.write(message(200, ANSWER));

/** Answers with any body. */
export function reply(
  status: number,
  body: string | Uint8Array = ANSWER,
  headers: Record<string, string> = {},
): Behaviour {
  return (x) => x.write(message(status, body, headers));
}

/** Says no in the words of a homeserver. */
export function refuse(
  status: number,
  errcode: string,
  fields: Fields = {},
  headers: Record<string, string> = {},
): Behaviour {
  return reply(status, JSON.stringify({ errcode, error: "No", ...fields }), headers);
}

/** Says no as a proxy does. */
export function page(status: number, headers: Record<string, string> = {}): Behaviour {
  const html = `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>\r\n`;
  return reply(status, html, { "content-type": "text/html", ...headers });
}

/** Sends text as it stands, and leaves the connection open. */
export function raw(text: string): Behaviour {
  return (x) => x.write(text);
}

/** Closes in good order. */
export const close: Behaviour = (x) => x.end();

/** Breaks off. */
export const reset: Behaviour = (x) => x.reset();

/** Says nothing more. */
export const silence: Behaviour = (x) => x.closed();

/** Cancels the call. */
export const abort: Behaviour = (x) => x.abort();

/** Waits. */
export function wait(milliseconds: number): Behaviour {
  return (x) => x.wait(milliseconds);
}

/** Does one thing after another. */
export function sequence(...behaviours: Behaviour[]): Behaviour {
  return async (x) => {
    for (const behaviour of behaviours) await behaviour(x);
  };
}

/** Acts as soon as the head is there. */
export function early(behaviour: Behaviour): Behaviour {
  return Object.assign((x: Exchange) => behaviour(x), { early: true });
}

/** Sends a part again and again, until the other side has had enough. */
export function endless(part: string | Uint8Array, milliseconds = 0): Behaviour {
  return async (x) => {
    while (await x.write(part)) if (milliseconds > 0) await x.wait(milliseconds);
    await x.closed();
  };
}

/** Compresses. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
