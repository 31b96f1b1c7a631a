/** A Synapse that leaves authentication to an authorization server, and a browser that signs users in there. */
import { install } from "../../scripts/npm.ts";
import { freePort, startHomeserver } from "../../scripts/homeserver.ts";

const SECRET = "secret_between_homeserver_and_issuer";

/** A homeserver and its authorization server. */
export interface OAuthHomeserver {
  url: string;
  issuer: string;
  /** Stops the authorization server, to show what happens without it. */
  stopIssuer(): Promise<void>;
  /** Starts it again. It has forgotten all sessions. */
  startIssuer(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts both.
 *
 * @param life How long an access token lives, in seconds.
 */
export async function startOAuthHomeserver(life: number): Promise<OAuthHomeserver> {
  const folder = await install("oidc_provider", { "oidc-provider": "9.13.3" });
  const port = freePort();
  const issuer = `http://127.0.0.1:${port}/`;
  let child: Deno.ChildProcess | undefined;
  const homeserver = await startHomeserver({
    config: {
      matrix_authentication_service: { enabled: true, endpoint: issuer, secret: SECRET },
      password_config: { enabled: false },
      enable_registration: false,
      enable_registration_without_verification: false,
    },
  });
  const startIssuer = async () => {
    child = new Deno.Command("node", {
      args: [
        `${import.meta.dirname}/oauth_issuer.mjs`,
        `${folder}/node_modules/oidc-provider`,
        String(port),
        SECRET,
        String(life),
        homeserver.url,
      ],
      stdout: "null",
      stderr: Deno.env.get("MTX_SHOW") ? "inherit" : "null",
    }).spawn();
    for (let attempt = 0; attempt < 100; attempt++) {
      const response = await fetch(`${issuer}.well-known/openid-configuration`).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("Cannot start the authorization server");
  };
  const stopIssuer = async () => {
    const ended = child;
    child = undefined;
    try {
      ended?.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await ended?.status;
  };
  await startIssuer();
  const { url } = homeserver;
  const stop = async () => {
    await stopIssuer();
    await homeserver.stop();
  };
  return { url, issuer, startIssuer, stopIssuer, stop };
}

/** A browser with cookies that follows redirects and submits forms. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  /**
   * Opens a page, signs in and agrees to everything.
   *
   * @param url The page.
   * @param user The localpart of the user.
   * @returns The URL of a redirect to the program, or of the last page.
   */
  async signIn(url: string, user: string): Promise<URL> {
    let response = await this.#open(new URL(url));
    for (let step = 0; step < 10; step++) {
      if (!("page" in response)) return response.url;
      const form = /<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/.exec(response.page);
      if (!form) return response.url;
      const fields = new URLSearchParams({ login: user, password: "any" });
      for (const [input] of (form[2] ?? "").matchAll(/<input[^>]*>/g)) {
        const [, name] = /name="([^"]*)"/.exec(input) ?? [];
        const [, value] = /value="([^"]*)"/.exec(input) ?? [];
        if (name && value !== undefined && !fields.has(name)) fields.set(name, value);
      }
      const confirm = /name="confirm"[^>]*value="([^"]*)"/.exec(response.page)?.[1];
      if (confirm) fields.set("confirm", confirm);
      const target = new URL((form[1] ?? "").replaceAll("&amp;", "&") || response.url, response.url);
      response = await this.#open(target, fields);
    }
    throw new Error(`Cannot sign in: there is no end at ${response.url.origin}${response.url.pathname}`);
  }

  async #open(url: URL, form?: URLSearchParams): Promise<{ url: URL; page: string } | { url: URL }> {
    const { origin } = url;
    for (let next = url, body = form;; body = undefined) {
      const response = await fetch(next, {
        method: body ? "POST" : "GET",
        redirect: "manual",
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
        body,
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (value) this.#cookies.set(name, value);
        else this.#cookies.delete(name);
      }
      const page = await response.text();
      const location = response.headers.get("location");
      if (location === null) return { url: next, page };
      next = new URL(location, next);
      if (next.origin !== origin) return { url: next };
    }
  }
}
