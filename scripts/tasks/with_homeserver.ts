/** Steps that want one real homeserver. */
import { type Homeserver, HomeserverUnavailable, startHomeserver, untilInterrupted } from "../homeserver.ts";
import { type Result, skip } from "./result.ts";

/** A user of a step's own. */
export interface StepUser {
  userId: string;
  username: string;
  password: string;
  token: string;
}

/** A homeserver, the one at `MATRIX_HOMESERVER` or a Synapse for the occasion. */
export interface StepHomeserver {
  url: string;
  registerUser(): Promise<StepUser>;
}

async function register(url: string): Promise<StepUser> {
  const username = `user_${crypto.randomUUID().slice(0, 8)}`;
  const password = crypto.randomUUID();
  const response = await fetch(`${url}/_matrix/client/v3/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ username, password, auth: { type: "m.login.dummy" } }),
  });
  const { user_id, access_token, errcode } = await response.json();
  if (!response.ok) throw new Error(`Cannot register ${username}: ${response.status} ${errcode}`);
  return { userId: user_id, username, password, token: access_token };
}

/** Takes a step with a homeserver, or skips it where there can be none. */
export async function withHomeserver(
  what: string,
  work: (homeserver: StepHomeserver) => Promise<Result>,
): Promise<Result> {
  const given = Deno.env.get("MATRIX_HOMESERVER");
  if (given) return await work({ url: given, registerUser: () => register(given) });
  let homeserver: Homeserver;
  try {
    homeserver = await startHomeserver({ say: console.log });
  } catch (error) {
    if (error instanceof HomeserverUnavailable) return skip(what, error.message);
    throw error;
  }
  const result = await untilInterrupted(work(homeserver), homeserver.stop);
  return typeof result === "number" ? { ok: false, skipped: [], note: "interrupted" } : result;
}
