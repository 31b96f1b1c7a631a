/**
 * A webhook that posts to a room, for Deno Deploy, Cloudflare Workers and the like: point a repository's webhook of
 * GitHub, Gitea or Forgejo at it, with content type `application/json` and a secret.
 *
 * Settings, from the platform's environment, or after the file's name: `deno serve --allow-net edge.ts NAME=value …`
 *
 * - `MATRIX_HOMESERVER`: its base URL
 * - `MATRIX_TOKEN`: the access token of the user that posts
 * - `MATRIX_ROOM`: the room's ID; the user is in it
 * - `WEBHOOK_SECRET`: the webhook's secret
 */
import { ClientAPI, type RoomID } from "@mtx/client";

const SETTINGS = ["MATRIX_HOMESERVER", "MATRIX_TOKEN", "MATRIX_ROOM", "WEBHOOK_SECRET"] as const;
/** Names that senders have for a delivery, which stay the same when it is repeated. */
const DELIVERY = ["x-github-delivery", "x-gitea-delivery", "x-forgejo-delivery", "webhook-id"];
const SIGNATURE = ["x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature"];
const MAX_BODY = 1024 * 1024;
/** A message is no larger than that, in characters: homeservers take events of 64 KiB at most. */
const MAX_TEXT = 10_000;
/** Senders give up after a few seconds; until then they learn how it went. In milliseconds. */
const PATIENCE = 4_000;
/** How long is tried to post a message: while the sender waits, and in what platforms grant to `waitUntil()`. */
const LIMIT = 9_000;
const LIMIT_LATER = 25_000;

type Settings = Record<typeof SETTINGS[number], string>;

/** What platforms give beside the request: Workers their settings and a context, Deno neither. */
interface Context {
  waitUntil?(work: Promise<unknown>): void;
}

/** Looked up when a request comes: at import there may be nothing to look into. */
function readSettings(env: unknown): Settings {
  const { Deno: deno } = globalThis as { Deno?: typeof Deno };
  const find = (name: string): string | undefined => {
    const given = (env as Record<string, unknown> | undefined)?.[name];
    if (typeof given === "string") return given;
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

function header(request: Request, names: string[]): string | undefined {
  return names.map((name) => request.headers.get(name)).find((value) => value) ?? undefined;
}

/** The body; `undefined` where it is larger than it may be, whatever the headers say. */
async function readBody({ headers, body }: Request): Promise<ArrayBuffer | undefined> {
  if (Number(headers.get("content-length")) > MAX_BODY) return undefined;
  const reader = body?.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    size += part.value.length;
    if (size > MAX_BODY) {
      await reader?.cancel();
      return undefined;
    }
    parts.push(part.value as Uint8Array<ArrayBuffer>);
  }
  return await new Blob(parts).arrayBuffer();
}

/** Whether the sender knows the secret. `verify()` takes the same time however much of the signature is right. */
async function isSigned(body: ArrayBuffer, signature = "", secret: string): Promise<boolean> {
  const hex = /^(?:sha256=)?((?:[0-9a-f]{2}){32})$/i.exec(signature)?.[1];
  if (!hex) return false;
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(secret), hmac, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, bytes, body);
}

/** What to tell the room. */
function describe(kind: string, payload: Record<string, unknown>): string {
  const text = typeof payload.text === "string" ? payload.text.trim() : "";
  const start = text.slice(0, MAX_TEXT).toWellFormed();
  if (start) return start.length < text.length ? `${start}…` : start;
  const { sender, repository, action, commits } = payload as Record<string, Record<string, unknown> | null>;
  const word = (value: unknown) => typeof value === "string" ? value.slice(0, 200) : "";
  const many = Array.isArray(commits) && `(${commits.length} commits)`;
  const what = [word(kind), word(action), many].filter(Boolean).join(" ");
  const by = word(sender?.login);
  return `${word(repository?.full_name) || "Webhook"}: ${what}${by && ` by ${by}`}`;
}

async function post(settings: Settings, delivery: string, text: string, limit: number): Promise<Response> {
  const client = new ClientAPI({
    baseUrl: settings.MATRIX_HOMESERVER,
    token: settings.MATRIX_TOKEN,
    deadline: 8_000,
    retry: { limit: 3, maxRetryAfter: 10_000 },
  });
  try {
    // The delivery's own ID: what the sender repeats, the homeserver takes for the message that it has.
    const eventId = await client.sendNotice(settings.MATRIX_ROOM as RoomID, text, {
      txnId: `webhook-${delivery}`,
      signal: AbortSignal.timeout(limit),
    });
    return Response.json({ event_id: eventId });
  } catch (error) {
    console.error(`Delivery ${delivery}: ${error instanceof Error ? error.message : error}`);
    return Response.json({ error: "The homeserver did not take it" }, { status: 502 });
  }
}

async function answer(request: Request, env?: unknown, context?: Context): Promise<Response> {
  const refuse = (status: number, error: string, headers = {}) =>
    Response.json({ error }, { status, headers });
  if (request.method !== "POST") return refuse(405, "Webhooks are POSTed", { allow: "POST" });
  const settings = readSettings(env);
  const body = await readBody(request);
  if (body === undefined) return refuse(413, "That is too much");
  if (!await isSigned(body, header(request, SIGNATURE), settings.WEBHOOK_SECRET)) {
    return refuse(401, "The signature is missing or wrong");
  }
  const delivery = header(request, DELIVERY);
  if (!delivery) return refuse(400, "The delivery has no ID");
  let text: string;
  try {
    const kind = header(request, ["x-github-event", "x-gitea-event", "x-forgejo-event"]) ?? "";
    text = describe(kind, JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return refuse(400, "The payload is no JSON");
  }
  const posted = post(settings, delivery, text, context?.waitUntil ? LIMIT_LATER : LIMIT);
  // Without waitUntil() what goes on after the answer may be cut off, so nothing does.
  if (!context?.waitUntil) return await posted;
  context.waitUntil(posted);
  return await new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve(Response.json({ status: "on its way" }, { status: 202 })),
      PATIENCE,
    );
    posted.then(resolve).finally(() => clearTimeout(timer));
  });
}

export default {
  async fetch(request: Request, env?: unknown, context?: Context): Promise<Response> {
    try {
      return await answer(request, env, context);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      return Response.json({ error: "The webhook is not set up" }, { status: 500 });
    }
  },
};
