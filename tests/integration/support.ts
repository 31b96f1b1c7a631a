/** Helpers of tests against a real homeserver. Each test has its own users. */
import { ClientAPI, type ClientAPIOptions } from "../../client/mod.ts";
import type { HTTPAPIOptions } from "../../http/mod.ts";
import type { RoomID, SyncResponse, UserID } from "../../types/mod.ts";

/** A user of one test, with what plain requests need. */
export interface TestUser {
  client: ClientAPI;
  userId: UserID;
  localpart: string;
  password: string;
  token: string;
  baseUrl: string;
}

let said = false;

/** Returns the homeserver's address from an environment variable. Prints why tests are skipped if it is not set. */
export function homeserver(variable = "MATRIX_HOMESERVER"): string | undefined {
  const address = Deno.env.get(variable);
  if (!address && !said) console.log(`\nTests against a homeserver are skipped: ${variable} is not set`);
  if (!address) said = true;
  return address;
}

/** Registers a test that needs a homeserver. Without one the test prints the reason and passes. */
export function online(name: string, fn: (baseUrl: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const baseUrl = homeserver();
    if (baseUrl) await fn(baseUrl);
  });
}

/** Sends a plain request to the homeserver. Returns the JSON of the response with any status. */
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

/** Sends a plain request as a user, see {@linkcode plain}. */
export function ask<T = Record<string, unknown>>(
  user: TestUser,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return plain<T>(user.baseUrl, user.token, method, path, body);
}

/** Registers a user with a random name. Returns the user with a logged-in client. */
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

/** Registers a user with a random name. Returns the user with a logged-in client. */
export async function newUser(options?: Partial<HTTPAPIOptions>): Promise<ClientAPI> {
  return (await newTestUser(options)).client;
}

/** Creates a room as the first user. All users join it. */
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

/** Syncs as a user with a plain request. */
export function plainSync(user: TestUser, query: Record<string, string> = {}): Promise<SyncResponse> {
  // A homeserver may cache the response to an initial sync for minutes, so vary `timeout`. Without `since` the
  // homeserver does not wait, so its value has no other effect.
  const timeout = query.since === undefined ? `${++syncs}` : "0";
  return ask<SyncResponse>(
    user,
    "GET",
    `/_matrix/client/v3/sync?${new URLSearchParams({ timeout, ...query })}`,
  );
}

/** Syncs as a user until `find` returns a result. Throws after ten seconds. */
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
  throw new Error("The expected event did not arrive within ten seconds");
}
