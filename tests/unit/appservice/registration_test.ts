import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import {
  createRegistration,
  type CreateRegistrationOptions,
  registrationYAML,
} from "../../../client/appservice/mod.ts";
import { checkRegistration } from "../../../client/appservice/registration.ts";
import { sameToken } from "../../../client/appservice/token.ts";
import type { Registration } from "../../../types/appservice.ts";

const OPTIONS: CreateRegistrationOptions = {
  id: "irc",
  url: "https://irc.example.org/",
  senderLocalpart: "_irc_bot",
  users: ["@_irc_.*:example\\.org"],
};

function with_(changes: object): Registration {
  return { ...createRegistration(OPTIONS), ...changes } as Registration;
}

Deno.test("createRegistration() fills in what a bridge needs, with new tokens", () => {
  const { as_token, hs_token, ...rest } = createRegistration({ ...OPTIONS, receiveEphemeral: true });
  assertEquals(rest, {
    id: "irc",
    url: "https://irc.example.org",
    sender_localpart: "_irc_bot",
    namespaces: { users: [{ regex: "@_irc_.*:example\\.org", exclusive: true }], aliases: [], rooms: [] },
    rate_limited: false,
    receive_ephemeral: true,
    "de.sorunome.msc2409.push_ephemeral": true,
  });
  assertMatch(as_token, /^[\w-]{43}$/);
  assertMatch(hs_token, /^[\w-]{43}$/);
  assertNotEquals(as_token, hs_token);
  assertNotEquals(as_token, createRegistration(OPTIONS).as_token);
});

Deno.test("createRegistration() keeps namespaces, protocols and further keys as given", () => {
  const users = [{ regex: "@alice:example\\.org", exclusive: false }];
  const extra = { "io.element.msc4190": true };
  const registration = createRegistration({ ...OPTIONS, url: null, users, protocols: ["irc"], extra });
  assertEquals(registration.namespaces.users, users);
  assert(registration.namespaces.users![0] !== users[0]);
  assertEquals(registration.protocols, ["irc"]);
  assertEquals(registration.url, null);
  assertEquals(registration["io.element.msc4190"], true);
});

for (const senderLocalpart of ["irc bot", "irc/bot", "ircé", "", "a:b"]) {
  Deno.test(`createRegistration() refuses the local part ${JSON.stringify(senderLocalpart)}`, () => {
    assertThrows(() => createRegistration({ ...OPTIONS, senderLocalpart }), TypeError);
  });
}

for (
  const [kind, regex] of [
    ["users", ".*"],
    ["users", "@.*"],
    ["users", "@.+:.+"],
    ["users", ""],
    ["aliases", "#.*"],
    ["rooms", "!"],
  ] as const
) {
  Deno.test(`createRegistration() refuses ${JSON.stringify(regex)} for ${kind}, which matches everything`, () => {
    assertThrows(() => createRegistration({ ...OPTIONS, [kind]: [regex] }), TypeError, "matches everything");
  });
}

Deno.test("createRegistration() refuses a malformed expression", () => {
  assertThrows(
    () => createRegistration({ ...OPTIONS, users: ["@_irc_(.*"] }),
    SyntaxError,
    "namespaces.users",
  );
});

Deno.test("checkRegistration() names the malformed field and no token", () => {
  const cases: [object, string][] = [
    [{ id: "" }, "id must be"],
    [{ id: 5 }, "id must be"],
    [{ sender_localpart: undefined }, "sender_localpart must be"],
    [{ as_token: "se cret" }, "as_token must be"],
    [{ as_token: "secret\n" }, "as_token must be"],
    [{ hs_token: "sécret" }, "hs_token must be"],
    [{ hs_token: "" }, "hs_token must be"],
    [{ url: undefined }, "url must be"],
    [{ url: "ftp://example.org" }, "url must be"],
    [{ namespaces: [] }, "namespaces must be"],
    [{ namespaces: { users: {} } }, "namespaces.users must be"],
    [{ namespaces: { aliases: [{ regex: "#a" }] } }, "namespaces.aliases must be"],
  ];
  for (const [changes, message] of cases) {
    const error = assertThrows(() => checkRegistration(with_(changes)), TypeError, message);
    assert(!error.message.includes("cret"));
  }
  assertThrows(() => checkRegistration(null as unknown as Registration), TypeError);
  checkRegistration(with_({ url: null, namespaces: {}, unknown: { key: 1 } }));
});

Deno.test("registrationYAML() writes block style with every string in quotes", () => {
  const registration: Registration = {
    id: "irc",
    url: null,
    as_token: "a",
    hs_token: "h",
    sender_localpart: "_irc_bot",
    namespaces: {
      users: [{ regex: "@_irc_.*:example\\.org", exclusive: true }, { regex: "@b", exclusive: false }],
      aliases: [],
    },
    rate_limited: false,
    "de.sorunome.msc2409.push_ephemeral": true,
    protocols: ["irc", "yes"],
    "a key": { "": 1.5, nested: {}, on: [[1], []] },
    missing: undefined,
  };
  assertEquals(
    registrationYAML(registration),
    `id: "irc"
url: null
as_token: "a"
hs_token: "h"
sender_localpart: "_irc_bot"
namespaces:
  users:
    - regex: "@_irc_.*:example\\\\.org"
      exclusive: true
    - regex: "@b"
      exclusive: false
  aliases: []
rate_limited: false
de.sorunome.msc2409.push_ephemeral: true
protocols:
  - "irc"
  - "yes"
"a key":
  "": 1.5
  nested: {}
  "on":
    -
      - 1
    - []
`,
  );
});

for (
  const [text, written] of [
    ["no", '"no"'],
    ["1e3", '"1e3"'],
    ['a "b" \\ #c: - [d]', '"a \\"b\\" \\\\ #c: - [d]"'],
    ["line\nbreak\t\0", '"line\\nbreak\\t\\u0000"'],
    ["\u007f\u0085\u009f", '"\\u007f\\u0085\\u009f"'],
    ["\u2028\u2029\ufeff\ufffe\uffff", '"\\u2028\\u2029\\ufeff\\ufffe\\uffff"'],
    ["😀 é", '"😀 é"'],
    ["\ud800", '"\\ud800"'],
  ]
) {
  Deno.test(`registrationYAML() writes ${JSON.stringify(text)} as ${written}`, () => {
    assertEquals(registrationYAML({ id: text } as Registration), `id: ${written}\n`);
  });
}

Deno.test("registrationYAML() writes exponents with a point, which YAML 1.1 requires", () => {
  const numbers = [1e21, 1e-7, 1.5e300, -2e-9, 1_000, 0.5];
  assertEquals(
    registrationYAML({ numbers } as unknown as Registration),
    "numbers:\n  - 1.0e+21\n  - 1.0e-7\n  - 1.5e+300\n  - -2.0e-9\n  - 1000\n  - 0.5\n",
  );
});

Deno.test("registrationYAML() refuses values that are not JSON", () => {
  assertThrows(() => registrationYAML(with_({ extra: () => {} })), TypeError);
});

Deno.test("sameToken() is true only for the same token", () => {
  assert(sameToken("secret", "secret"));
  for (const wrong of ["", "secre", "secret2", "Secret", "secretsecret", "sécret"]) {
    assertEquals(sameToken(wrong, "secret"), false);
  }
  assertEquals(sameToken("", ""), false);
});
