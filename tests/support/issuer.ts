/** A homeserver whose access tokens expire, and its authorization server. Their clock is `Date.now()`. */
import type { OAuthMetadata } from "../../types/mod.ts";
import type { Session } from "../../client/mod.ts";
import { type Answering, FakeHomeserver, json, matrixError, type Received } from "./fake_homeserver.ts";

export const BASE_URL = "https://hs.example.org";
export const ISSUER = "https://account.example.org/";
export const TOKEN_ENDPOINT = "https://account.example.org/oauth2/token";
export const REVOCATION_ENDPOINT = "https://account.example.org/oauth2/revoke";
export const REFRESH = "/_matrix/client/v3/refresh";
export const TOKEN_PATH = "/oauth2/token";

export const METADATA: OAuthMetadata = {
  issuer: ISSUER,
  authorization_endpoint: "https://account.example.org/authorize",
  token_endpoint: TOKEN_ENDPOINT,
  revocation_endpoint: REVOCATION_ENDPOINT,
  registration_endpoint: "https://account.example.org/oauth2/registration",
  device_authorization_endpoint: "https://account.example.org/oauth2/device",
  response_types_supported: ["code"],
  response_modes_supported: ["query", "fragment"],
  grant_types_supported: [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
  ],
  code_challenge_methods_supported: ["S256"],
  account_management_uri: "https://account.example.org/account",
  account_management_actions_supported: ["org.matrix.device_delete"],
};

/** Access tokens and the refresh tokens that go with them. */
interface Pair {
  access: string;
  refresh: string;
  expiresAt: number;
  /** The refresh token that it was renewed with. */
  from: string | undefined;
}

/** A homeserver with tokens that expire. A refresh token stays valid until one of the new tokens is used. */
export class FakeIssuer {
  readonly server = new FakeHomeserver();
  /** Life of an access token, in milliseconds. */
  life = 300_000;
  /** Responses to the next renewals, in place of new tokens. */
  readonly renewals: Answering[] = [];
  /** Whether the session was ended. */
  ended = false;
  /** Path of the token endpoint. */
  tokenPath = TOKEN_PATH;
  readonly #pairs: Pair[] = [];
  #used = new Set<string>();

  constructor(readonly oauth = true) {
    this.server.on("*", (request: Received) => this.#respond(request));
  }

  /** Requests for new tokens. */
  get sentRenewals(): Received[] {
    return this.server.received.filter(({ path }) => path === REFRESH || path.startsWith(TOKEN_PATH));
  }

  /** The other requests. */
  get calls(): Received[] {
    return this.server.received.filter((request) => !this.sentRenewals.includes(request));
  }

  /** All tokens that were issued. */
  get secrets(): string[] {
    return this.#pairs.flatMap(({ access, refresh }) => [access, refresh]);
  }

  /** Issues tokens, for a session that begins. */
  session(more: Partial<Session> = {}): Session {
    const { access, refresh, expiresAt } = this.#issue(undefined);
    const session: Session = {
      baseUrl: BASE_URL,
      userId: "@alice:example.org",
      deviceId: "DEVICE",
      accessToken: access,
      refreshToken: refresh,
      expiresAt,
      ...more,
    };
    if (this.oauth) {
      session.oauth = {
        issuer: ISSUER,
        clientId: "client-1",
        tokenEndpoint: TOKEN_ENDPOINT,
        revocationEndpoint: REVOCATION_ENDPOINT,
      };
    }
    return session;
  }

  /** Returns whether an access token is valid. */
  isValid(token: string): boolean {
    const pair = this.#pairs.find(({ access }) => access === token);
    if (this.ended || !pair || pair.expiresAt <= Date.now()) return false;
    if (pair.from) this.#used.add(pair.from);
    return true;
  }

  /** Makes an access token invalid before its time. */
  expire(token: string): void {
    const pair = this.#pairs.find(({ access }) => access === token);
    if (pair) pair.expiresAt = 0;
  }

  #issue(from: string | undefined): Pair {
    const n = this.#pairs.length + 1;
    const pair = {
      access: `ACCESSTOKEN${n}OFALICE`,
      refresh: `REFRESHTOKEN${n}OFALICE`,
      expiresAt: Date.now() + this.life,
      from,
    };
    this.#pairs.push(pair);
    return pair;
  }

  #respond(request: Received): Response | Promise<Response> {
    const { method, path } = request;
    if (path === REFRESH || path === this.tokenPath) return this.#renew(request);
    if (path === "/oauth2/revoke") {
      this.ended = true;
      return json({})(request);
    }
    if (path === "/_matrix/client/v1/auth_metadata") return json(METADATA)(request);
    if (method === "POST" && path.startsWith("/oauth2")) return json({}, 404)(request);
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    if (!this.isValid(token)) {
      return matrixError(401, "M_UNKNOWN_TOKEN", { soft_logout: !this.oauth && !this.ended })(request);
    }
    if (path.endsWith("/logout")) this.ended = true;
    return json({ user_id: "@alice:example.org", device_id: "DEVICE", event_id: "$event" })(request);
  }

  #renew(request: Received): Response | Promise<Response> {
    const own = this.renewals.shift();
    if (own) return own(request);
    const sent = this.oauth
      ? new URLSearchParams(request.text).get("refresh_token")
      : (request.body as { refresh_token?: string }).refresh_token;
    const known = this.#pairs.some(({ refresh }) => refresh === sent);
    if (this.ended || !known || this.#used.has(sent!)) {
      return this.oauth
        ? json({ error: "invalid_grant", error_description: "The token is not valid" }, 400)(request)
        : matrixError(403, "M_FORBIDDEN", { error: "Invalid refresh token" })(request);
    }
    // Of several pairs from the same refresh token the last one is valid.
    for (const pair of this.#pairs) if (pair.from === sent) pair.expiresAt = 0;
    const { access, refresh } = this.#issue(sent!);
    const response = this.oauth
      ? { access_token: access, token_type: "Bearer", refresh_token: refresh, expires_in: this.life / 1000 }
      : { access_token: access, refresh_token: refresh, expires_in_ms: this.life };
    return json(response)(request);
  }
}
