/** What tests against a real homeserver have in common. Each test has users of its own. */
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";
import type { HTTPAPIOptions } from "../../http/mod.ts";
import type { RoomID, SyncResponse, UserID } from "../../types/mod.ts";

/** A user of a test's own, with the password and how to ask the homeserver without our client. */
export interface TestUser {
  client: ClientAPI;
  userId: UserID;
  localpart: string;
  password: string;
  token: string;
  baseUrl: string;
}

let said = false;

/** The homeserver's address, or that with strict rate limits; says why where there is none. */
export function homeserver(variable = "MATRIX_HOMESERVER"): string | undefined {
  const address = Deno.env.get(variable);
  if (!address && !said) console.log(`\nTests against a homeserver are skipped: ${variable} is not set`);
  if (!address) said = true;
  return address;
}

/** Registers a test that needs a homeserver. Without one it says why, and passes. */
export function online(name: string, fn: (baseUrl: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const baseUrl = homeserver();
    if (baseUrl) await fn(baseUrl);
  });
}

/** Asks the homeserver without our client; the answer's JSON, whatever its status. */
export async function plain<T = Record<string, unknown>>(
  baseUrl: string,
  token: string | undefined,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(baseUrl + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  return await response.json();
}

/** {@linkcode plain} as a user. */
export function ask<T = Record<string, unknown>>(
  user: TestUser,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return plain<T>(user.baseUrl, user.token, method, path, body);
}

/** Registers a user with a random name, and gives a signed-in client. */
export async function newTestUser(
  options?: Partial<HTTPAPIOptions>,
): Promise<TestUser> {
  const baseUrl = options?.baseUrl ?? homeserver();
  if (!baseUrl) throw new Error("Cannot make a user: MATRIX_HOMESERVER is not set");
  const localpart = `test_${crypto.randomUUID().replaceAll("-", "")}`;
  const password = crypto.randomUUID();
  const answer = await plain<{ user_id: UserID; access_token: string; device_id: string }>(
    String(baseUrl),
    undefined,
    "POST",
    "/_matrix/client/v3/register",
    { username: localpart, password, auth: { type: "m.login.dummy" } },
  );
  if (!answer.user_id) throw new Error(`Cannot make a user: ${JSON.stringify(answer)}`);
  const client = new ClientAPI({
    ...options,
    baseUrl,
    token: answer.access_token,
    mxid: answer.user_id,
    deviceId: answer.device_id,
  } as ClientAPIOptions);
  return {
    client,
    userId: answer.user_id,
    localpart,
    password,
    token: answer.access_token,
    baseUrl: String(baseUrl),
  };
}

/** Registers a user with a random name, and gives a signed-in client. */
export async function newUser(options?: Partial<HTTPAPIOptions>): Promise<ClientAPI> {
  return (await newTestUser(options)).client;
}

/** Makes a room that these users are in; the first one made it. */
export async function newRoom(creator: TestUser, ...others: TestUser[]): Promise<RoomID> {
  const { room_id: roomId } = await ask<{ room_id: RoomID }>(
    creator,
    "POST",
    "/_matrix/client/v3/createRoom",
    {
      preset: "private_chat",
      invite: others.map(({ userId }) => userId),
    },
  );
  for (const other of others) {
    await ask(other, "POST", `/_matrix/client/v3/join/${encodeURIComponent(roomId)}`, {});
  }
  return roomId;
}

let syncs = 0;

/** Syncs as a user, without our client. */
export function plainSync(user: TestUser, query: Record<string, string> = {}): Promise<SyncResponse> {
  // A homeserver may answer the same question with the same answer for minutes, unless it is a little different.
  // Without `since` it does not wait, whatever the time.
  const timeout = query.since === undefined ? `${++syncs}` : "0";
  return ask<SyncResponse>(
    user,
    "GET",
    `/_matrix/client/v3/sync?${new URLSearchParams({ timeout, ...query })}`,
  );
}

/** Syncs as a user until something has come; fails after ten seconds. */
export async function syncUntil<T>(
  user: TestUser,
  find: (sync: SyncResponse) => T | undefined | false,
  since?: string,
): Promise<T> {
  const end = Date.now() + 10_000;
  while (Date.now() < end) {
    const sync = await plainSync(user, since ? { timeout: "1000", since } : {});
    const found = find(sync);
    if (found !== undefined && found !== false) return found;
    since = sync.next_batch;
  }
  throw new Error("Nothing of what was waited for came within ten seconds");
}
