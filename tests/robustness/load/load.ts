/** Sends many messages of many users at once over a connection that loses requests and responses. */
import { ClientAPI } from "../../../client/mod.ts";
import { MLimitExceeded } from "../../../http/mod.ts";
import type { EventID, RoomID, UserID } from "../../../types/mod.ts";
import { LossyProxy, type LossyProxyCounts } from "./lossy_proxy.ts";

/** Options of {@linkcode load}. */
export interface LoadOptions {
  /** The URL of a homeserver, preferably with strict rate limits. */
  baseUrl: string;
  /** The number of messages. */
  messages: number;
  /** The number of users, who send concurrently. */
  users: number;
  /** Determines which requests and responses are lost. */
  seed: number;
  /** The share of lost requests, and of lost responses. */
  loss: number;
  /** Reports progress. */
  say?: (line: string) => void;
}

/** The result of {@linkcode load}. */
export interface LoadResult {
  /** The number of messages that the client reports as sent. */
  sent: number;
  /** Descriptions of messages that could not be sent. */
  failed: string[];
  /** The number of retries after rate limits and after lost connections. */
  retries: { limited: number; lost: number };
  /** The counts of the proxy. */
  proxy: LossyProxyCounts;
  /** The number of messages in the room. */
  found: number;
  /** The number of messages that are in the room more than once. */
  duplicates: number;
  /** The number of messages that are not in the room. */
  missing: number;
  /** The number of messages whose event ID differs from the one that the client returned. */
  wrongIds: number;
  /** The number of messages that precede one that their sender had awaited before. */
  disorders: number;
  /** The time from the first request to the last response in milliseconds. */
  time: number;
}

interface User {
  mxid: UserID;
  token: string;
}

async function ask<T>(
  baseUrl: string,
  method: string,
  path: string,
  token?: string,
  body?: object,
): Promise<T> {
  const response = await fetch(baseUrl + path, {
    method,
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
  });
  const result = await response.json();
  if (!response.ok) {
    throw new Error(`Cannot ${method} ${path}: ${response.status} ${JSON.stringify(result)}`);
  }
  return result;
}

async function register(baseUrl: string): Promise<User> {
  const username = `load_${crypto.randomUUID().replaceAll("-", "")}`;
  const { user_id, access_token } = await ask<{ user_id: UserID; access_token: string }>(
    baseUrl,
    "POST",
    "/_matrix/client/v3/register",
    undefined,
    { username, password: crypto.randomUUID(), auth: { type: "m.login.dummy" } },
  );
  return { mxid: user_id, token: access_token };
}

/** The number of concurrent messages of every fourth user. The others send one after another. */
const BURST = 5;

/** Sends the messages, and reads the room without the proxy. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const { baseUrl, messages, users: count, seed, loss, say } = options;
  const users = await Promise.all(Array.from({ length: count }, () => register(baseUrl)));
  const [{ token: creator }] = users as [User];
  const { room_id: roomId } = await ask<{ room_id: RoomID }>(
    baseUrl,
    "POST",
    "/_matrix/client/v3/createRoom",
    creator,
    { preset: "public_chat" },
  );
  const join = `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`;
  for (const { token } of users.slice(1)) await ask(baseUrl, "POST", join, token);

  const retries = { limited: 0, lost: 0 };
  const onRetry = ({ error }: { error: unknown }) => {
    retries[error instanceof MLimitExceeded ? "limited" : "lost"]++;
  };
  const sentIds = new Map<string, EventID>();
  const failed: string[] = [];
  const begun = performance.now();
  await using proxy = new LossyProxy(baseUrl, { requests: loss, responses: loss, seed });
  const progress = setInterval(() => say?.(`${sentIds.size} of ${messages} sent`), 10_000);
  try {
    await Promise.all(users.map(async ({ mxid, token }, n) => {
      const client = new ClientAPI({
        baseUrl: proxy.url,
        token,
        mxid,
        // At three messages a second, five attempts are too few for 20 users.
        retry: { limit: 30, minTimeout: 50, maxTimeout: 1_000 },
        hooks: { onRetry },
      });
      const share = Math.floor(messages / count) + (n < messages % count ? 1 : 0);
      const burst = n % 4 === 3 ? BURST : 1;
      for (let i = 0; i < share; i += burst) {
        const names = Array.from({ length: Math.min(burst, share - i) }, (_, j) => `${n}:${i / burst}:${j}`);
        await Promise.all(names.map(async (name) => {
          try {
            sentIds.set(name, await client.sendText(roomId, name));
          } catch (error) {
            failed.push(`${name}: ${error}`);
          }
        }));
      }
    }));
  } finally {
    clearInterval(progress);
  }
  const time = performance.now() - begun;

  const found = new Map<string, EventID[]>();
  let disorders = 0;
  let total = 0;
  const last = new Map<string, number>();
  const reader = new ClientAPI({ baseUrl, token: creator });
  for await (const { chunk } of reader.iterateMessages(roomId, "f", { limit: 500 })) {
    for (const { type, event_id, content } of chunk) {
      if (type !== "m.room.message") continue;
      total++;
      const name = String((content as { body?: unknown }).body);
      const others = found.get(name);
      if (others) others.push(event_id);
      else found.set(name, [event_id]);
      const [user = "", step = ""] = name.split(":");
      if (Number(step) < (last.get(user) ?? 0)) disorders++;
      last.set(user, Number(step));
    }
  }
  return {
    sent: sentIds.size,
    failed,
    retries,
    proxy: proxy.counts,
    found: total,
    duplicates: [...found.values()].filter((ids) => ids.length > 1).length,
    missing: [...sentIds.keys()].filter((name) => !found.has(name)).length,
    wrongIds: [...sentIds].filter(([name, id]) => found.has(name) && found.get(name)![0] !== id).length,
    disorders,
    time,
  };
}

/** Returns descriptions of the faults of a result. */
export function faultsOf(result: LoadResult, messages: number): string[] {
  const { sent, failed, found, duplicates, missing, wrongIds, disorders } = result;
  return [
    ...failed.slice(0, 5),
    ...(sent === messages ? [] : [`${sent} of ${messages} messages were sent`]),
    ...(found === messages ? [] : [`${found} messages are in the room, not ${messages}`]),
    ...Object.entries({ duplicates, missing, wrongIds, disorders })
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name}: ${count}`),
  ];
}

/** Returns a table of the numbers. */
export function report(result: LoadResult): string {
  const { sent, failed, retries, proxy, found, duplicates, missing, wrongIds, disorders, time } = result;
  const rows: [string, number | string][] = [
    ["sent", sent],
    ["failed", failed.length],
    ["requests", proxy.requests],
    ["responses with 429", proxy.limited],
    ["requests lost before they arrived", proxy.lostRequests],
    ["responses lost after the request was processed", proxy.lostResponses],
    ["  of these, successful ones", proxy.lostSuccesses],
    ["retries because of a rate limit", retries.limited],
    ["retries because of a lost connection", retries.lost],
    ["messages in the room", found],
    ["duplicates", duplicates],
    ["missing", missing],
    ["wrong event IDs", wrongIds],
    ["order violations", disorders],
    ["seconds", (time / 1_000).toFixed(1)],
    ["messages a second", (sent / (time / 1_000)).toFixed(1)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${String(value).padStart(6)}`).join("\n");
}
