/** Calls that send further secrets. A call of a later secret is one entry here, next to the secret in secrets.ts. */
import type { ClientAPI } from "../../../client/mod.ts";
import { SECRETS } from "./secrets.ts";

/** A call that sends secrets. */
export interface SecretCall {
  /** Whether the request is sent once, retried, or retried without reading the response. */
  kind: "once" | "retried" | "unread";
  /** Whether it goes to another server than the homeserver, which must not receive the token, cookies or queries. */
  foreign?: boolean;
  /** Makes the call, with headers and a query that hold secrets too unless it is foreign. */
  call(client: ClientAPI, signal: AbortSignal): Promise<unknown>;
}

/** Returns headers and a query that hold secrets. */
export function common(): { headers: Record<string, string>; query: Record<string, string> } {
  return { headers: { cookie: `session=${SECRETS.cookie}` }, query: { extra: SECRETS.query } };
}

export const SECRET_CALLS = {
  refresh: {
    kind: "once",
    call: (client, signal) =>
      client.api.request("POST", "/_matrix/client/v3/refresh", {
        body: { refresh_token: SECRETS.refreshToken },
        signal,
        ...common(),
      }),
  },
  refreshAccessToken: {
    kind: "retried",
    call: (client, signal) => client.refreshAccessToken(SECRETS.refreshToken, { signal, ...common() }),
  },
  password: {
    kind: "once",
    call: (client, signal) =>
      client.api.request("POST", "/_matrix/client/v3/account/password", {
        body: {
          new_password: SECRETS.password,
          auth: { type: "m.login.password", password: SECRETS.password },
        },
        signal,
        ...common(),
      }),
  },
  keys: {
    kind: "retried",
    call: (client, signal) =>
      client.sendToOneDevice("m.secret.send", "@alice:localhost", "DEVICE", {
        request_id: "1",
        secret: SECRETS.privateKey,
      }, { signal, ...common() }),
  },
  keyRequest: {
    kind: "once",
    call: (client, signal) =>
      // As the driver of encryption sends the requests of its engine.
      client.api.request("POST", "/_matrix/client/v3/keys/upload", {
        body: JSON.stringify({ one_time_keys: { "signed_curve25519:AAAAAQ": { key: SECRETS.oneTimeKey } } }),
        sensitive: "values",
        signal,
        ...common(),
      }),
  },
  uploadTo: {
    kind: "unread",
    foreign: true,
    call: (client, signal) =>
      client.api.uploadTo(
        `${client.api.baseUrl}/bucket?signature=${SECRETS.uploadSignature}`,
        new Uint8Array(1_000),
        { signal },
      ),
  },
  requestTo: {
    kind: "once",
    foreign: true,
    call: (client, signal) =>
      client.api.requestTo(`${client.api.baseUrl}/oauth/token`, {
        form: {
          grant_type: "authorization_code",
          code: SECRETS.authorizationCode,
          code_verifier: SECRETS.codeVerifier,
          client_secret: SECRETS.clientSecret,
          device_code: SECRETS.deviceCode,
          refresh_token: SECRETS.refreshToken,
        },
        signal,
      }),
  },
} as const satisfies Record<string, SecretCall>;

/** Names of the calls. */
export type SecretCallName = keyof typeof SECRET_CALLS;
