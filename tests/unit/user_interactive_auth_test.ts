import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import {
  answerStages,
  makeClientSecret,
  type UIACall,
  type UIAStage,
  type UIAStageAnswer,
  withUserInteractiveAuth,
} from "../../client/authentication.ts";
import { MatrixUIARequired, MForbidden } from "../../http/mod.ts";
import type { AuthenticationData } from "../../types/mod.ts";

const PASSWORD = { identifier: { type: "m.id.user", user: "alice" }, password: "right" };
const CALL: UIACall = {
  getFallbackUrl: (stage, session) => new URL(`https://x.org/auth/${stage}?session=${session}`),
};

function required(body: object): MatrixUIARequired {
  return new MatrixUIARequired("Cannot POST", {
    status: 401,
    text: JSON.stringify(body),
    body: body as never,
    method: "POST",
    path: "/_matrix/client/v3/delete_devices",
  });
}

/** A homeserver's side of user-interactive authentication. */
class Server {
  readonly received: (AuthenticationData | undefined)[] = [];
  readonly #completed: string[] = [];
  readonly #flows: string[][];
  readonly #accept: (data: AuthenticationData) => boolean;
  readonly #session: string | undefined;

  constructor(
    flows: string[][],
    accept = (_data: AuthenticationData) => true,
    session: string | undefined = "s",
  ) {
    this.#flows = flows;
    this.#accept = accept;
    this.#session = session;
  }

  send = (data: AuthenticationData | undefined): Promise<string> => {
    this.received.push(data);
    let errcode: string | undefined;
    if (data?.type !== undefined) {
      if (this.#accept(data)) this.#completed.push(data.type);
      else errcode = "M_FORBIDDEN";
    }
    const done = this.#flows.some((flow) => flow.every((stage) => this.#completed.includes(stage)));
    if (done && data !== undefined) return Promise.resolve("done");
    const flows = this.#flows.map((stages) => ({ stages }));
    const params = {
      "m.login.terms": { policies: { tos: {} } },
      "m.oauth": { url: "https://issuer.org/reset" },
    };
    const body = { flows, params, completed: [...this.#completed], session: this.#session };
    return Promise.reject(required(errcode ? { ...body, errcode, error: "No" } : body));
  };

  /** Completes a stage on the homeserver's page. */
  complete(stage: string) {
    this.#completed.push(stage);
  }
}

async function run(server: Server, answers: Record<string, UIAStageAnswer>, options = {}): Promise<string> {
  return await withUserInteractiveAuth(answerStages(answers, options), CALL, undefined, server.send);
}

Deno.test("answerStages() sends the data of a stage with its type and session", async () => {
  const server = new Server([["m.login.password"]]);
  assertEquals(await run(server, { "m.login.password": PASSWORD }), "done");
  assertEquals(server.received, [undefined, { ...PASSWORD, type: "m.login.password", session: "s" }]);
});

Deno.test("answerStages() omits the session if the homeserver names none", async () => {
  const received: unknown[] = [];
  const auth = answerStages({ "m.login.password": PASSWORD });
  await withUserInteractiveAuth(auth, CALL, undefined, (data) => {
    received.push(data);
    if (data) return Promise.resolve();
    return Promise.reject(required({ flows: [{ stages: ["m.login.password"] }] }));
  });
  assertEquals(received, [undefined, { ...PASSWORD, type: "m.login.password" }]);
});

Deno.test("answerStages() goes through all stages of a flow, m.login.dummy without an answer", async () => {
  const server = new Server([["m.login.terms", "m.login.password", "m.login.dummy"]]);
  const stages: UIAStage[] = [];
  const terms = (stage: UIAStage) => {
    stages.push(stage);
    return {};
  };
  assertEquals(await run(server, { "m.login.terms": terms, "m.login.password": PASSWORD }), "done");
  assertEquals(server.received.map((data) => data?.type), [
    undefined,
    "m.login.terms",
    "m.login.password",
    "m.login.dummy",
  ]);
  assertEquals(stages, [{
    type: "m.login.terms",
    params: { policies: { tos: {} } },
    session: "s",
    url: new URL("https://x.org/auth/m.login.terms?session=s"),
    attempt: 1,
    error: undefined,
  }]);
});

Deno.test("answerStages() chooses the first flow whose open stages all have an answer", async () => {
  const server = new Server([["m.login.email.identity"], ["m.login.password"], ["m.login.dummy"]]);
  await run(server, { "m.login.password": PASSWORD });
  assertEquals(server.received[1]?.type, "m.login.password");
});

Deno.test("answerStages() returns null without a flow that it can answer", async () => {
  const server = new Server([["m.login.password", "m.login.recaptcha"]]);
  await assertRejects(() => run(server, { "m.login.password": PASSWORD }), MatrixUIARequired);
  assertEquals(server.received, [undefined]);
});

Deno.test("answerStages() does not send data again that was refused", async () => {
  const server = new Server([["m.login.password"]], () => false);
  const error = await assertRejects(
    () => run(server, { "m.login.password": PASSWORD }),
    MatrixUIARequired,
  );
  assertEquals(error.body?.errcode, "M_FORBIDDEN");
  assertEquals(server.received.length, 2);
});

Deno.test("answerStages() calls a function again after a refusal, with the error, up to maxAttempts times", async () => {
  const server = new Server([["m.login.password"]], () => false);
  const asked: [number, unknown][] = [];
  const answer = ({ attempt, error }: UIAStage) => {
    asked.push([attempt, error?.body?.errcode]);
    return PASSWORD;
  };
  const answers = { "m.login.password": answer };
  await assertRejects(() => run(server, answers, { maxAttempts: 3 }), MatrixUIARequired);
  assertEquals(asked, [[1, undefined], [2, "M_FORBIDDEN"], [3, "M_FORBIDDEN"]]);
});

Deno.test("answerStages() throws the error if a function returns null", async () => {
  const server = new Server([["m.login.terms"]]);
  await assertRejects(() => run(server, { "m.login.terms": () => null }), MatrixUIARequired);
  assertEquals(server.received.length, 1);
});

Deno.test("answerStages() completes other stages by fallback and sends the session alone", async () => {
  const server = new Server([["m.login.sso"]]);
  const urls: unknown[] = [];
  const fallback = ({ type, url }: UIAStage) => {
    urls.push(url?.href);
    server.complete(type);
  };
  assertEquals(await run(server, {}, { fallback }), "done");
  assertEquals(urls, ["https://x.org/auth/m.login.sso?session=s"]);
  assertEquals(server.received, [undefined, { session: "s" }]);
});

Deno.test("answerStages() prefers a flow with answers over fallback", async () => {
  const server = new Server([["m.login.sso"], ["m.login.password"]]);
  const fallback = () => {
    throw new Error("not called");
  };
  assertEquals(await run(server, { "m.login.password": PASSWORD }, { fallback }), "done");
});

Deno.test("answerStages() passes the page that a stage names itself", async () => {
  const server = new Server([["m.oauth"]]);
  let url: URL | undefined;
  await run(server, {}, {
    fallback: (stage: UIAStage) => {
      url = stage.url;
      server.complete("m.oauth");
    },
  });
  assertEquals(url?.href, "https://issuer.org/reset");
});

Deno.test("answerStages() ends when fallback never completes the stage", async () => {
  const server = new Server([["m.login.sso"]]);
  await assertRejects(() => run(server, {}, { fallback: () => {}, maxAttempts: 2 }), MatrixUIARequired);
  assertEquals(server.received.length, 3);
});

Deno.test("answerStages() serves several calls, one after another and at the same time", async () => {
  const auth = answerStages({ "m.login.password": PASSWORD });
  const call = () => {
    const server = new Server([["m.login.password"]]);
    return withUserInteractiveAuth(auth, { ...CALL }, undefined, server.send);
  };
  assertEquals(await call(), "done");
  assertEquals(await Promise.all([call(), call(), call()]), ["done", "done", "done"]);
});

Deno.test("answerStages() forgets the call before when it is called by hand", async () => {
  const auth = answerStages({ "m.login.password": PASSWORD });
  const error = required({ flows: [{ stages: ["m.login.password"] }], session: "a" });
  assertNotEquals(await auth(error, 1), null);
  assertEquals(await auth(error, 2), null);
  assertNotEquals(await auth(error, 1), null);
});

Deno.test("answerStages() refuses malformed answers and options", () => {
  assertThrows(() => answerStages({ "m.login.password": "secret" as never }), TypeError, "m.login.password");
  for (const maxAttempts of [0, 1.5, NaN, "5" as never]) {
    assertThrows(() => answerStages({}, { maxAttempts }), RangeError);
  }
  for (const answers of [null, undefined, 5, [], "secret"]) {
    assertThrows(() => answerStages(answers as never), TypeError, "the answers must be an object");
  }
  assertThrows(() => answerStages({}, { fallback: {} as never }), TypeError, "fallback");
  assertThrows(() => answerStages({}, "x" as never), TypeError, "options");
});

Deno.test("answerStages() sends the session alone once if all stages are complete", async () => {
  const auth = answerStages({});
  const done = { flows: [{ stages: ["m.login.dummy"] }], completed: ["m.login.dummy"], session: "s" };
  assertEquals(await auth(required(done), 1), { session: "s" });
  assertEquals(await auth(required(done), 2), null);
});

Deno.test("answerStages() treats null and undefined options as not given", async () => {
  const server = new Server([["m.login.sso"]]);
  const options = { fallback: null, maxAttempts: null };
  await assertRejects(() => run(server, {}, options), MatrixUIARequired);
  assertEquals(server.received, [undefined]);
});

Deno.test("answerStages() throws the error if a function returns undefined, and TypeError for other values", async () => {
  for (const value of [undefined, null]) {
    const server = new Server([["m.login.terms"]]);
    await assertRejects(() => run(server, { "m.login.terms": () => value as never }), MatrixUIARequired);
    assertEquals(server.received, [undefined]);
  }
  for (const value of ["secret", 5, true, ["secret"]]) {
    const server = new Server([["m.login.terms"]]);
    const error = await assertRejects(
      () => run(server, { "m.login.terms": () => value as never }),
      TypeError,
    );
    assert(!error.message.includes("secret"));
    assertEquals(server.received, [undefined]);
  }
});

Deno.test("answerStages() returns null for malformed flows", async () => {
  for (const flows of [[], "flows", [{ stages: "x" }]]) {
    const error = required({ flows });
    assertEquals(await answerStages({ "m.login.password": PASSWORD })(error, 1), null);
  }
});

Deno.test("withUserInteractiveAuth() sends data once and leaves empty data out", async () => {
  const received: unknown[] = [];
  const send = (data?: AuthenticationData) => {
    received.push(data);
    return Promise.reject(required({ flows: [] }));
  };
  for (const auth of [{ type: "m.login.dummy" }, {}, undefined, null]) {
    await assertRejects(() => withUserInteractiveAuth(auth, CALL, undefined, send), MatrixUIARequired);
  }
  assertEquals(received, [{ type: "m.login.dummy" }, undefined, undefined, undefined]);
  await assertRejects(() => withUserInteractiveAuth("x" as never, CALL, undefined, send), TypeError);
});

Deno.test("withUserInteractiveAuth() throws other errors without asking", async () => {
  const error = new MForbidden("Cannot POST", { status: 403, text: "", method: "POST", path: "/" } as never);
  const ask = () => {
    throw new Error("not called");
  };
  const send = () => Promise.reject(error);
  assert(error === await assertRejects(() => withUserInteractiveAuth(ask, CALL, undefined, send)));
});

Deno.test("withUserInteractiveAuth() throws the error if the function returns undefined", async () => {
  let sent = 0;
  const send = () => {
    sent++;
    return Promise.reject(required({ flows: [] }));
  };
  const error = await assertRejects(() =>
    withUserInteractiveAuth(() => undefined as never, CALL, null, send)
  );
  assert(error instanceof MatrixUIARequired && sent === 1);
  const text = () => "secret" as never;
  await assertRejects(() => withUserInteractiveAuth(text, CALL, null, send), TypeError, "received string");
  assertEquals(sent, 2);
});

Deno.test("withUserInteractiveAuth() ends a wait for an answer with the signal", async () => {
  const controller = new AbortController();
  const never = () => {
    queueMicrotask(() => controller.abort(new Error("enough")));
    return new Promise<never>(() => {});
  };
  const send = () => Promise.reject(required({ flows: [] }));
  await assertRejects(() => withUserInteractiveAuth(never, CALL, controller.signal, send), Error, "enough");
});

Deno.test("makeClientSecret() makes another secret each time", () => {
  assertMatch(makeClientSecret(), /^[0-9a-zA-Z_-]{32}$/);
  assertNotEquals(makeClientSecret(), makeClientSecret());
});
