/**
 * A webhook that posts to a room, for Deno Deploy, Cloudflare Workers and similar platforms. Configure it as a webhook
 * of a GitHub, Gitea or Forgejo repository, with content type `application/json` and a secret.
 *
 * Settings, as environment variables or as arguments: `deno serve --allow-net edge.ts NAME=value …`
 *
 * - `MATRIX_HOMESERVER`: base URL of the homeserver
 * - `MATRIX_TOKEN`: access token of the user that posts
 * - `MATRIX_ROOM`: ID of a room that the user has joined
 * - `WEBHOOK_SECRET`: secret of the webhook
 */
import { ClientAPI, type RoomID } from "@mtx/client";

const SETTINGS = ["MATRIX_HOMESERVER", "MATRIX_TOKEN", "MATRIX_ROOM", "WEBHOOK_SECRET"] as const;
/** Headers with the ID of a delivery, which is the same if the delivery is repeated. */
const DELIVERY = ["x-github-delivery", "x-gitea-delivery", "x-forgejo-delivery", "webhook-id"];
/** Headers with the signature of the body. */
const SIGNATURE = ["x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature"];
/** Maximum size of a body, in bytes. */
const MAX_BODY = 1024 * 1024;
/** Maximum length of a message, in characters. Homeservers reject events larger than 64 KiB. */
const MAX_TEXT = 10_000;
/** Milliseconds after which to respond with 202 while the message is still being sent. Senders wait about 10 s. */
const RESPOND_AFTER = 4_000;
/** Milliseconds for sending a message: before the response, and with `waitUntil()`, which platforms limit to 30 s. */
const LIMIT = 9_000;
const LIMIT_WITH_WAIT_UNTIL = 25_000;

type Settings = Record<typeof SETTINGS[number], string>;

/** The third argument of `fetch()` on Workers. Deno passes none. */
interface Context {
  waitUntil?(work: Promise<unknown>): void;
}

/** Reads the settings: from the second argument of `fetch()` on Workers, from the arguments or environment on Deno. */
function readSettings(env: unknown): Settings {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  const find = (name: string): string | undefined => {
    const binding = (env as Record<string, unknown> | undefined)?.[name];
    if (typeof binding === "string") return binding;
    const argument = deno?.args.find((arg) => arg.startsWith(`${name}=`));
    if (argument) return argument.slice(name.length + 1);
    const allowed = deno?.permissions.querySync({ name: "env", variable: name }).state === "granted";
    return allowed ? deno?.env.get(name) : undefined;
  };
  return Object.fromEntries(SETTINGS.map((name) => {
    const value = find(name);
    if (!value) throw new Error(`${name} is not set`);
    return [name, value];
  })) as Settings;
}

/** Returns the first of these headers that is not empty. */
function header(request: Request, names: string[]): string | undefined {
  return names.map((name) => request.headers.get(name)).find((value) => value) ?? undefined;
}

/** Returns the body, or `undefined` if it is too large. Does not rely on Content-Length. */
async function readBody({ headers, body }: Request): Promise<ArrayBuffer | undefined> {
  if (Number(headers.get("content-length")) > MAX_BODY) return undefined;
  const reader = body?.getReader();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let chunk = await reader?.read(); chunk?.value !== undefined; chunk = await reader?.read()) {
    size += chunk.value.length;
    if (size > MAX_BODY) {
      await reader?.cancel();
      return undefined;
    }
    chunks.push(chunk.value as Uint8Array<ArrayBuffer>);
  }
  return await new Blob(chunks).arrayBuffer();
}

/** Returns whether the signature matches the body. `verify()` compares in constant time. */
async function isSigned(body: ArrayBuffer, signature = "", secret: string): Promise<boolean> {
  const hex = /^(?:sha256=)?((?:[0-9a-f]{2}){32})$/i.exec(signature)?.[1];
  if (!hex) return false;
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), hmac, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, bytes, body);
}

/** Returns the text of the message. */
function describe(kind: string, payload: Record<string, unknown>): string {
  const text = typeof payload.text === "string" ? payload.text.trim() : "";
  const start = text.slice(0, MAX_TEXT).toWellFormed();
  if (start) return start.length < text.length ? `${start}…` : start;
  const { sender, repository, action, commits } = payload as Record<string, Record<string, unknown> | null>;
  const word = (value: unknown) => typeof value === "string" ? value.slice(0, 200) : "";
  const count = Array.isArray(commits) && `(${commits.length} commits)`;
  const activity = [word(kind), word(action), count].filter(Boolean).join(" ");
  const author = word(sender?.login);
  return `${word(repository?.full_name) || "Webhook"}: ${activity}${author && ` by ${author}`}`;
}

/** Sends the message, and returns the response to the sender. */
async function post(settings: Settings, delivery: string, text: string, limit: number): Promise<Response> {
  const client = new ClientAPI({
    baseUrl: settings.MATRIX_HOMESERVER,
    token: settings.MATRIX_TOKEN,
    deadline: 8_000,
    retry: { limit: 3, maxRetryAfter: 10_000 },
  });
  try {
    // A repeated delivery has the same transaction ID, so it does not send a second message.
    const eventId = await client.sendNotice(settings.MATRIX_ROOM as RoomID, text, {
      txnId: `webhook-${delivery}`,
      signal: AbortSignal.timeout(limit),
    });
    return Response.json({ event_id: eventId });
  } catch (error) {
    console.error(`Delivery ${delivery}: ${error instanceof Error ? error.message : error}`);
    return Response.json({ error: "The message could not be sent" }, { status: 502 });
  }
}

async function respond(request: Request, env?: unknown, context?: Context): Promise<Response> {
  const refuse = (status: number, error: string, headers = {}) =>
    Response.json({ error }, { status, headers });
  if (request.method !== "POST") return refuse(405, "Only POST is allowed", { allow: "POST" });
  const settings = readSettings(env);
  const body = await readBody(request);
  if (body === undefined) return refuse(413, "The body is too large");
  if (!await isSigned(body, header(request, SIGNATURE), settings.WEBHOOK_SECRET)) {
    return refuse(401, "The signature is missing or invalid");
  }
  const delivery = header(request, DELIVERY);
  if (!delivery) return refuse(400, "The delivery has no ID");
  let text: string;
  try {
    const kind = header(request, ["x-github-event", "x-gitea-event", "x-forgejo-event"]) ?? "";
    text = describe(kind, JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return refuse(400, "The body is not JSON");
  }
  const posted = post(settings, delivery, text, context?.waitUntil ? LIMIT_WITH_WAIT_UNTIL : LIMIT);
  // Without waitUntil(), the platform may stop the request when the response has been sent.
  if (!context?.waitUntil) return await posted;
  context.waitUntil(posted);
  return await new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(Response.json({ status: "accepted" }, { status: 202 })),
      RESPOND_AFTER,
    );
    posted.then(resolve).finally(() => clearTimeout(timer));
  });
}

export default {
  async fetch(request: Request, env?: unknown, context?: Context): Promise<Response> {
    try {
      return await respond(request, env, context);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return Response.json({ error: "The webhook is not configured" }, { status: 500 });
    }
  },
};
