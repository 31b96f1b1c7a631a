/** User-interactive authentication on a Synapse whose registration has stages. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { answerStages, ClientAPI, makeClientSecret, type UIAStage } from "../../client/mod.ts";
import { MatrixUIARequired, MForbidden, MThreepidAuthFailed, MUnrecognized } from "../../http/mod.ts";
import { type Homeserver, HomeserverUnavailable, startHomeserver } from "../../scripts/homeserver.ts";
import { homeserver } from "./support.ts";

/** An SMTP server that keeps the mails it gets. */
function mailServer() {
  const mails: string[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (connection: Deno.Conn) => {
    const decoder = new TextDecoder();
    const write = (line: string) => connection.write(new TextEncoder().encode(`${line}\r\n`));
    await write("220 test");
    let [text, data] = ["", false];
    for await (const chunk of connection.readable) {
      text += decoder.decode(chunk);
      if (data) {
        if (!text.endsWith("\r\n.\r\n")) continue;
        mails.push(text);
        [text, data] = ["", false];
        await write("250 kept");
        continue;
      }
      for (const line of text.split("\r\n").slice(0, -1)) {
        data = line === "DATA";
        await write(data ? "354 go on" : line === "QUIT" ? "221 bye" : "250 ok");
      }
      text = "";
    }
  };
  const served = (async () => {
    for await (const connection of listener) serve(connection).catch(() => {});
  })().catch(() => {});
  /** Returns the link in the newest mail. */
  const link = () => {
    const parts = mails.at(-1)!.split(/\r\n\r\n/).map((part) => {
      try {
        return atob(part.split(/\r\n--/)[0]!.replace(/\s/g, ""));
      } catch {
        return part;
      }
    });
    return /http:\/\/127\.0\.0\.1\S+?submit_token\S+/.exec(parts.join("\n"))![0].replaceAll("&amp;", "&");
  };
  const stop = async () => {
    listener.close();
    await served;
  };
  return { port: (listener.addr as Deno.NetAddr).port, mails, link, stop };
}

/** A reCAPTCHA server for which `good` is right. */
function captchaServer() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const form = new URLSearchParams(await request.text());
    return Response.json({ success: form.get("response") === "good" });
  });
}

async function withGates(
  run: (homeserver: Homeserver, mail: ReturnType<typeof mailServer>) => Promise<void>,
): Promise<void> {
  if (!homeserver()) return;
  const [mail, captcha] = [mailServer(), captchaServer()];
  const templates = await Deno.makeTempDir();
  await Deno.mkdir(`${templates}/en`);
  for (const page of ["1.0", "success"]) {
    await Deno.writeTextFile(`${templates}/en/${page}.html`, "<p>Terms</p>");
  }
  let gates: Homeserver | undefined;
  try {
    gates = await startHomeserver({
      config: {
        enable_registration_without_verification: false,
        registration_requires_token: true,
        registrations_require_3pid: ["email"],
        enable_registration_captcha: true,
        recaptcha_public_key: "public",
        recaptcha_private_key: "private",
        recaptcha_siteverify_api: `http://127.0.0.1:${captcha.addr.port}/`,
        user_consent: {
          template_dir: templates,
          version: "1.0",
          require_at_registration: true,
          policy_name: "Terms",
        },
        email: {
          smtp_host: "127.0.0.1",
          smtp_port: mail.port,
          enable_tls: false,
          notif_from: "Test <test@localhost>",
        },
        login_via_existing_session: { enabled: true, require_ui_auth: true },
      },
    });
    await run(gates, mail);
  } catch (error) {
    if (!(error instanceof HomeserverUnavailable)) throw error;
    console.log(`\nSkipped: ${error.message}`);
  } finally {
    await gates?.stop();
    await Promise.all([mail.stop(), captcha.shutdown()]);
    await Deno.remove(templates, { recursive: true });
  }
}

async function registrationToken({ url, registerUser }: Homeserver): Promise<string> {
  const admin = await registerUser(undefined, undefined, true);
  const response = await fetch(`${url}/_synapse/admin/v1/registration_tokens/new`, {
    method: "POST",
    headers: { authorization: `Bearer ${admin.token}` },
    body: "{}",
  });
  return (await response.json()).token;
}

Deno.test("User-interactive authentication goes through all stages of Synapse", async (t) => {
  await withGates(async (gates, mail) => {
    const baseUrl = gates.url;
    const token = await registrationToken(gates);
    const client = new ClientAPI({ baseUrl });

    await t.step("ClientAPI.isRegistrationTokenValid() tells valid tokens from others", async () => {
      assertEquals(await client.isRegistrationTokenValid(token), true);
      assertEquals(await client.isRegistrationTokenValid("wrong"), false);
    });

    await t.step("ClientAPI.register() answers token, captcha, terms and e-mail", async () => {
      const clientSecret = makeClientSecret();
      const captchas: [number, unknown][] = [];
      const terms: unknown[] = [];
      const auth = answerStages({
        "m.login.registration_token": { token },
        "m.login.recaptcha": ({ params, attempt, error }) => {
          captchas.push([attempt, error?.errcode]);
          assertEquals(params.public_key, "public");
          return { response: attempt === 1 ? "bad" : "good" };
        },
        "m.login.terms": ({ params, url }: UIAStage) => {
          terms.push(Object.keys(params.policies as object), url?.pathname);
          return {};
        },
        "m.login.email.identity": async () => {
          const { sid } = await client.requestEmailToken("register", "alice@example.org", clientSecret, 1);
          const again = await client.requestEmailToken("register", "alice@example.org", clientSecret, 1);
          assertEquals([again.sid, mail.mails.length], [sid, 1]);
          await (await fetch(mail.link())).body?.cancel();
          return { threepid_creds: { sid, client_secret: clientSecret } };
        },
      });
      await client.register({ username: "alice", password: "correct horse", auth });
      assertEquals((await client.whoami()).user_id, "@alice:localhost");
      assertEquals(captchas, [[1, undefined], [2, "M_UNAUTHORIZED"]]);
      assertEquals(terms, [["privacy_policy"], "/_matrix/client/v3/auth/m.login.terms/fallback/web"]);
      assertEquals((await client.getThirdPartyIds()).map(({ address }) => address), ["alice@example.org"]);
    });

    await t.step("ClientAPI.register() gives up if a stage has no answer", async () => {
      const other = new ClientAPI({ baseUrl });
      const auth = answerStages({ "m.login.registration_token": { token } });
      const error = await assertRejects(() => other.register({ username: "eve", auth }), MatrixUIARequired);
      assert(error.flows.length > 0 && error.session);
    });

    const user = { type: "m.id.user", user: "alice" };
    const password = answerStages({ "m.login.password": { identifier: user, password: "correct horse" } });

    await t.step("ClientAPI.addThirdPartyId() adds an address after its link was opened", async () => {
      const clientSecret = makeClientSecret();
      const { sid } = await client.requestEmailToken("add", "alice@example.com", clientSecret, 1);
      const add = () => client.addThirdPartyId(sid, clientSecret, { auth: password });
      await assertRejects(add, MThreepidAuthFailed);
      await (await fetch(mail.link())).body?.cancel();
      await add();
      const addresses = (await client.getThirdPartyIds()).map(({ address }) => address);
      assertEquals(addresses.sort(), ["alice@example.com", "alice@example.org"]);
      await client.deleteThirdPartyId("email", "alice@example.com");
      assertEquals((await client.getThirdPartyIds()).length, 1);
    });

    await t.step("ClientAPI.changePassword() resets a forgotten password by e-mail", async () => {
      const forgetful = new ClientAPI({ baseUrl });
      const clientSecret = makeClientSecret();
      const { sid } = await forgetful.requestEmailToken("password", "alice@example.org", clientSecret, 1);
      // Opening the link shows a page whose form confirms it.
      const link = new URL(mail.link());
      await (await fetch(link, { method: "POST", body: link.searchParams })).body?.cancel();
      const auth = answerStages({
        "m.login.email.identity": { threepid_creds: { sid, client_secret: clientSecret } },
      });
      await forgetful.changePassword("new horse", { auth, logoutDevices: false });
      await forgetful.login({ identifier: "alice", password: "new horse" });
      await assertRejects(
        () => forgetful.login({ identifier: "alice", password: "correct horse" }),
        MForbidden,
      );
    });

    await t.step("ClientAPI.createLoginToken() signs in on another device, once", async () => {
      const auth = answerStages({ "m.login.password": { identifier: user, password: "new horse" } });
      const { login_token } = await client.createLoginToken({ auth });
      const other = new ClientAPI({ baseUrl });
      await other.login({ loginType: "m.login.token", token: login_token });
      assertEquals(other.mxid, "@alice:localhost");
      await assertRejects(() => other.login({ loginType: "m.login.token", token: login_token }), MForbidden);
    });

    await t.step("answerStages() completes a stage on the homeserver's page", async () => {
      const secret = makeClientSecret();
      const other = new ClientAPI({ baseUrl });
      const pages: string[] = [];
      const fallback = async ({ url }: UIAStage) => {
        pages.push(url!.pathname);
        const session = url!.searchParams.get("session")!;
        const page = await fetch(url!);
        assertEquals(page.status, 200);
        await page.body?.cancel();
        const form = new URLSearchParams({ session, token });
        await (await fetch(url!, { method: "POST", body: form })).body?.cancel();
      };
      const auth = answerStages({
        "m.login.recaptcha": { response: "good" },
        "m.login.terms": {},
        "m.login.email.identity": async () => {
          const { sid } = await other.requestEmailToken("register", "bob@example.org", secret, 1);
          await (await fetch(mail.link())).body?.cancel();
          return { threepid_creds: { sid, client_secret: secret } };
        },
      }, { fallback });
      await other.register({ username: "bob", password: "p", auth });
      assertEquals(pages, ["/_matrix/client/v3/auth/m.login.registration_token/fallback/web"]);
    });

    await t.step("ClientAPI.requestPhoneToken() rejects on a server without phone numbers", async () => {
      for (const purpose of ["add", "register", "password"] as const) {
        await assertRejects(() =>
          client.requestPhoneToken(purpose, "PT", "912345678", makeClientSecret(), 1)
        );
      }
      // Synapse has no such endpoint.
      await assertRejects(
        () => client.requestPhoneToken("password", "PT", "912345678", makeClientSecret(), 1),
        MUnrecognized,
      );
    });
  });
});
