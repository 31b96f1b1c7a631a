import { readdirSync, readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";
import { METHODS } from "./methods/mod.ts";

/** The 90 entries of mautrix-python's `ClientAPI` under their names here; `mxid` counts for three properties. */
const CONTRACT = {
  constructor: 1,
  properties: ["mxid", "fillMemberEventCallback", "deviceId", "api", "log"],
  statics: ["parseUserId", "discover"],
  methods: `
    versions getLoginFlows login logout logoutAll whoami createDeviceMsc4190 getFilter createFilter sync
    getEvent getEventContext getStateEvent getState getMembers getJoinedMembers getMessages
    sendStateEvent sendMessageEvent sendMessage react sendText sendNotice sendEmote sendFile sendImage sendSticker redact
    createRoom addRoomAlias removeRoomAlias resolveRoomAlias getJoinedRooms joinRoomById joinRoom
    fillMemberEvent sendMemberEvent inviteUser leaveRoom knockRoom forgetRoom kickUser banUser unbanUser
    getRoomDirectoryVisibility setRoomDirectoryVisibility getRoomDirectory searchUsers
    setDisplayname getDisplayname setAvatarUrl getAvatarUrl getProfile beeperUpdateProfile
    createMxc uploadMedia downloadMedia downloadThumbnail getUrlPreview getMediaRepoConfig
    sendToDevice sendToOneDevice uploadKeys uploadCrossSigningKeys uploadOneSignature uploadManySignatures
    queryKeys claimKeys getAccountData setAccountData setTyping sendReceipt setFullyReadMarker setPresence getPresence
    getRoomTags getRoomTag setRoomTag removeRoomTag getPushRule setPushRule removePushRule
  `.trim().split(/\s+/),
};

/** Members for subclasses, which the index does not list. */
const PROTECTED = [
  "attachmentDecryptor",
  "attachmentEncryptor",
  "ownUserId",
  "request",
  "transactionId",
  "useLogin",
  "withAuth",
];

const source = readFileSync(new URL("../../client/client_api.ts", import.meta.url), "utf8");
/** The members that the index names, such as `SyncMethods.prototype.sync` and `DiscoveryMethods.discover`. */
const index = [...source.matchAll(/^ \* {3}\{@linkcode (\w+)\.((?:prototype\.)?\w+) \| (\w+)\},?$/gm)]
  .map(([, owner, member, text]) => {
    assertEquals(member?.replace("prototype.", ""), text);
    return `${owner}.${member}`;
  });

interface Class {
  name: string;
  prototype: object;
}

/** Returns ClientAPI and its base classes, from the last to the first. */
function chain(): Class[] {
  const classes: Class[] = [];
  for (let it: unknown = ClientAPI; typeof it === "function" && it.name; it = Object.getPrototypeOf(it)) {
    classes.push(it as unknown as Class);
  }
  return classes;
}

/** Returns the members and static members that a class declares, each with the name of the class. */
function members(of: Class): string[] {
  const own = Object.getOwnPropertyNames(of.prototype).filter((name) =>
    name !== "constructor" && !PROTECTED.includes(name)
  );
  const statics = Object.getOwnPropertyNames(of).filter((name) =>
    !["length", "name", "prototype"].includes(name)
  );
  return [
    ...own.map((name) => `${of.name}.prototype.${name}`),
    ...statics.map((name) => `${of.name}.${name}`),
  ];
}

const FIELDS = Object.getOwnPropertyNames(new ClientAPI({ baseUrl: "https://matrix.example.org" }))
  .map((name) => `BaseClientAPI.prototype.${name}`);

Deno.test("ClientAPI has the 90 entries of the contract", () => {
  const client = new ClientAPI({ baseUrl: "https://matrix.example.org" });
  for (const name of CONTRACT.methods) {
    assertEquals(typeof Reflect.get(client, name), "function", name);
  }
  for (const name of CONTRACT.statics) assertEquals(typeof Reflect.get(ClientAPI, name), "function", name);
  for (const name of CONTRACT.properties) assert(name in client, name);
  const { methods, statics, properties } = CONTRACT;
  assertEquals(CONTRACT.constructor + methods.length + statics.length + properties.length, 90);
});

Deno.test("ClientAPI declares no methods besides those of its themes", () => {
  assertEquals(members(ClientAPI), []);
});

Deno.test("ClientAPI's index names every member once, under the class that has it", () => {
  const expected = [...new Set([...chain().flatMap(members), ...FIELDS])].sort();
  assertEquals(index.toSorted(), expected);
});

Deno.test("ClientAPI's methods each have a row in methods/", () => {
  const isMethod = (of: object, name: string) =>
    typeof Object.getOwnPropertyDescriptor(of, name)?.value === "function";
  const names = chain().flatMap((one) => [
    ...Object.getOwnPropertyNames(one.prototype).filter((name) => isMethod(one.prototype, name)),
    ...Object.getOwnPropertyNames(one).filter((name) => isMethod(one, name)),
  ]);
  const withoutRow = new Set(["constructor", "parseUserId", ...PROTECTED]);
  const expected = new Set(names.filter((name) => !withoutRow.has(name)));
  assertEquals(Object.keys(METHODS).sort(), [...expected].sort());
});

Deno.test("ClientAPI's index has a paragraph for each theme", () => {
  const themes = chain().map(({ name }) => name).filter((name) => name !== "ClientAPI").reverse();
  const headings = [...source.matchAll(/^ \* - \*\*.*\*\* \(\{@linkcode (\w+)\}\):$/gm)].map(([, name]) =>
    name
  );
  assertEquals(headings, themes);
});

Deno.test("docs/ names every method in a guide or a concept", () => {
  const pages = ["guides", "concepts"].flatMap((folder) => {
    const url = new URL(`../../docs/${folder}/`, import.meta.url);
    return readdirSync(url).map((file) => readFileSync(new URL(file, url), "utf8"));
  });
  const words = new Set(pages.join("\n").match(/\w+/g));
  assertEquals(Object.keys(METHODS).filter((name) => !words.has(name)), []);
});

Deno.test("docs/migration/mautrix-python.md has a row for each of the 90 entries", () => {
  const page = readFileSync(new URL("../../docs/migration/mautrix-python.md", import.meta.url), "utf8");
  const names = page.slice(page.indexOf("\n## Names"), page.indexOf("\n## What behaves differently"));
  const rows = [...names.matchAll(/^\| `\w+[^|]*\| `(?:new |ClientAPI\.)?(\w+)/gm)].map(([, name]) => name);
  const { methods, statics, properties } = CONTRACT;
  assertEquals(rows.toSorted(), ["ClientAPI", ...methods, ...statics, ...properties].sort());
});
