import { ClientAPI, MatrixError, type UserID } from "../../mod.ts";
import { Inbox } from "./inbox.ts";

/** A user who takes part. */
export interface Person {
  name: string;
  client: ClientAPI;
  userId: UserID;
  inbox: Inbox;
  /** Signs out, where we signed in. */
  leave: () => Promise<void>;
}

/** Signs a user in: with a token, with a user name and password, or as a user who is made for the occasion. */
export async function signIn(
  name: string,
  baseUrl: string,
  given: { token?: string; user?: string; password?: string },
  onLimit: () => void,
): Promise<Person> {
  const client = new ClientAPI({ baseUrl, token: given.token, hooks: { onRetry: onLimit } });
  if (given.token) {
    const { user_id, device_id } = await client.whoami();
    client.mxid = user_id;
    client.deviceId = device_id ?? "";
  } else {
    const { user, password } = given.user && given.password
      ? { user: given.user, password: given.password }
      : await register(name, client);
    await client.login({ identifier: user, password, deviceName: "@mtx/client demo" });
  }
  const userId = client.mxid!;
  return {
    name,
    client,
    userId,
    inbox: new Inbox(client),
    leave: given.token ? () => Promise.resolve() : () => client.logout(),
  };
}

/** Makes a user by open registration, which homeservers for testing have. */
async function register(name: string, client: ClientAPI): Promise<{ user: string; password: string }> {
  const user = `${name.toLowerCase()}_${crypto.randomUUID().slice(0, 8)}`;
  const password = crypto.randomUUID();
  try {
    await client.api.request("POST", "/_matrix/client/v3/register", {
      body: { username: user, password, inhibit_login: true, auth: { type: "m.login.dummy" } },
    });
  } catch (error) {
    if (!(error instanceof MatrixError)) throw error;
    throw new Error(
      `This homeserver makes no user for ${name} (${error.message}). Name two users of your own: ` +
        "MATRIX_USER and MATRIX_PASSWORD (or MATRIX_TOKEN), and MATRIX_USER_2 and MATRIX_PASSWORD_2 (or MATRIX_TOKEN_2)",
    );
  }
  return { user, password };
}
