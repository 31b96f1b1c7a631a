/** Behaviours of the server. */
import type { Behaviour, Exchange } from "./server.ts";
import { type Fields, RESPONSE } from "./secrets.ts";

/** Returns the bytes of a response. */
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

/** Sends a valid response. */
export const success: Behaviour = (x) => x.write(message(200, RESPONSE));

/** Sends a response with any body. */
export function reply(
  status: number,
  body: string | Uint8Array = RESPONSE,
  headers: Record<string, string> = {},
): Behaviour {
  return (x) => x.write(message(status, body, headers));
}

/** Sends an error response of a homeserver. */
export function refuse(
  status: number,
  errcode: string,
  fields: Fields = {},
  headers: Record<string, string> = {},
): Behaviour {
  return reply(status, JSON.stringify({ errcode, error: "No", ...fields }), headers);
}

/** Sends an HTML error page of a proxy. */
export function page(status: number, headers: Record<string, string> = {}): Behaviour {
  const html = `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>\r\n`;
  return reply(status, html, { "content-type": "text/html", ...headers });
}

/** Sends bytes unchanged, and keeps the connection open. */
export function raw(text: string): Behaviour {
  return (x) => x.write(text);
}

/** Closes the connection. */
export const close: Behaviour = (x) => x.end();

/** Resets the connection. */
export const reset: Behaviour = (x) => x.reset();

/** Sends nothing until the connection closes. */
export const silence: Behaviour = (x) => x.closed();

/** Aborts the call. */
export const abort: Behaviour = (x) => x.abort();

/** Waits. */
export function wait(milliseconds: number): Behaviour {
  return (x) => x.wait(milliseconds);
}

/** Runs behaviours one after another. */
export function sequence(...behaviours: Behaviour[]): Behaviour {
  return async (x) => {
    for (const behaviour of behaviours) await behaviour(x);
  };
}

/** Runs a behaviour after the head of the request, before its body. */
export function early(behaviour: Behaviour): Behaviour {
  return Object.assign((x: Exchange) => behaviour(x), { early: true });
}

/** Repeats a part until the client closes the connection. */
export function endless(part: string | Uint8Array, milliseconds = 0): Behaviour {
  return async (x) => {
    while (await x.write(part)) if (milliseconds > 0) await x.wait(milliseconds);
    await x.closed();
  };
}

/** Compresses with gzip. */
export async function gzip(content: string | Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([content as Uint8Array<ArrayBuffer>]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
