/** The homeserver's authorization server, `https://account.example.org`. Everybody who signs in is Alice. */
import { type Json, SERVER } from "./route.ts";

const URL_OF = (path: string) => `https://account.${SERVER}${path}`;

/** The metadata that the homeserver returns. */
export const AUTH_METADATA: Json = {
  issuer: URL_OF("/"),
  authorization_endpoint: URL_OF("/authorize"),
  token_endpoint: URL_OF("/oauth2/token"),
  revocation_endpoint: URL_OF("/oauth2/revoke"),
  registration_endpoint: URL_OF("/oauth2/registration"),
  device_authorization_endpoint: URL_OF("/oauth2/device"),
  response_types_supported: ["code"],
  response_modes_supported: ["query", "fragment"],
  grant_types_supported: [
    "authorization_code",
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:device_code",
  ],
  code_challenge_methods_supported: ["S256"],
  account_management_uri: URL_OF("/account"),
  account_management_actions_supported: ["org.matrix.devices_list", "org.matrix.device_delete"],
};

/** Responds to the requests that a client sends to an authorization server. */
export class Issuer {
  readonly #addToken: (token: string, deviceId: string) => void;
  /** The devices that are being signed in, or were: by code, and by refresh token. */
  readonly #devices = new Map<string, string>();
  #count = 0;

  /**
   * Creates it.
   *
   * @param addToken Makes an access token known to the homeserver.
   */
  constructor(addToken: (token: string, deviceId: string) => void) {
    this.#addToken = addToken;
  }

  /** In place of the platform's `fetch`. */
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const text = await request.text();
    if (pathname === "/oauth2/registration") {
      return Response.json({ ...JSON.parse(text), client_id: `client${++this.#count}` }, { status: 201 });
    }
    const form = new URLSearchParams(text);
    switch (pathname) {
      case "/oauth2/device":
        return this.#device(form);
      case "/oauth2/token":
        return this.#token(form);
      case "/oauth2/revoke":
        this.#devices.delete(form.get("token") ?? "");
        return Response.json({});
      default:
        return Response.json({ error: "not_found" }, { status: 404 });
    }
  }

  #device(form: URLSearchParams): Response {
    const code = `device_code_${++this.#count}`;
    const [, deviceId = ""] = /device:(\S+)/.exec(form.get("scope") ?? "") ?? [];
    this.#devices.set(code, deviceId);
    return Response.json({
      device_code: code,
      user_code: "ABCD-EFGH",
      verification_uri: URL_OF("/link"),
      verification_uri_complete: URL_OF("/link?code=ABCD-EFGH"),
      expires_in: 600,
      interval: 0.01,
    });
  }

  #token(form: URLSearchParams): Response {
    const sent = form.get("refresh_token") ?? form.get("device_code") ?? form.get("code") ?? "";
    // The code of the redirect is made up by the example, so its device is not known.
    const deviceId = this.#devices.get(sent) ?? "";
    if (sent === "" || /wrong|expired|revoked|invalid/.test(sent)) {
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    }
    const number = ++this.#count;
    const access_token = `mat_alice_${number}`;
    const refresh_token = `mar_${number}`;
    this.#devices.set(refresh_token, deviceId);
    this.#addToken(access_token, deviceId);
    return Response.json({ access_token, token_type: "Bearer", refresh_token, expires_in: 300 });
  }
}
