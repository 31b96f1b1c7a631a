/**
 * Where each method is tried against a real homeserver, with its effect read back by another user or a plain request.
 * What Synapse cannot do is tried on a small server.
 */
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";

/** The tests by file: a test's name, and the methods that it is about. */
const TRIED: Record<string, Record<string, string>> = {
  "authentication_test.ts": {
    "ClientAPI.versions() says what the homeserver supports, with and without a token": "versions",
    "ClientAPI.discover() finds the homeserver through a server of the test's own": "discover",
    "ClientAPI.getLoginFlows() offers passwords": "getLoginFlows",
    "ClientAPI.login() with the right password makes the device, and its token works": "login",
    "ClientAPI.logout() ends the token, and only that one": "logout",
    "ClientAPI.logoutAll() ends all of the user's tokens": "logoutAll",
    "ClientAPI.createDeviceMsc4190() makes a device of an application service's user":
      "createDeviceMsc4190 whoami",
  },
  "sync_test.ts": {
    "ClientAPI.sync() gives what is new since the last one, in order": "sync",
    "ClientAPI.createFilter() and getFilter() keep a filter, which works in a plain sync":
      "createFilter getFilter",
  },
  "state_test.ts": {
    "ClientAPI.sendStateEvent() sets state that another user gets": "sendStateEvent getStateEvent",
    "ClientAPI.getState() gets all state, as a plain request does": "getState",
    "ClientAPI.getMembers() gets members by how they stand to the room, now and before": "getMembers",
    "ClientAPI.getJoinedMembers() gets names by user": "getJoinedMembers",
  },
  "messages_test.ts": {
    "ClientAPI.getEvent() gets what another user sent": "getEvent",
    "ClientAPI.getEventContext() gets what was said around an event": "getEventContext",
    "ClientAPI.getMessages() pages both ways, and leaves out the end where there is nothing further":
      "getMessages",
    "ClientAPI.iterateMessages() reads the whole history, and from where sync stopped": "iterateMessages",
  },
  "sending_test.ts": {
    "ClientAPI.sendText() and kin send what another user's sync gets":
      "sendText sendNotice sendEmote sendMessageEvent",
    "ClientAPI.sendText() edits, react() reacts and redact() redacts, as another user's sync gets it":
      "react redact",
    "ClientAPI.sendFile(), sendImage() and sendSticker() send what another user's sync gets":
      "sendFile sendImage sendSticker",
  },
  "extensions_test.ts": {
    "ClientAPI.sendMessage() sends content of any kind, which another user's sync gets": "sendMessage",
  },
  "rooms_test.ts": {
    "ClientAPI.createRoom() makes the room that it is told to, as the invited see it": "createRoom",
    "ClientAPI.getJoinedRooms() lists what a plain request lists": "getJoinedRooms",
    "ClientAPI.forgetRoom() forgets a room that was left, and only such a room": "forgetRoom",
  },
  "membership_test.ts": {
    "ClientAPI.inviteUser() invites, and joinRoomById() follows": "inviteUser joinRoomById",
    "ClientAPI.joinRoom() joins by alias and by ID, twice too": "joinRoom",
    "ClientAPI.leaveRoom() leaves, turns down invitations, and does not mind being out": "leaveRoom",
    "ClientAPI.knockRoom() knocks, and leaveRoom() takes it back": "knockRoom",
    "ClientAPI.kickUser(), banUser() and unbanUser() do so, and say why": "kickUser banUser unbanUser",
    "ClientAPI.sendMemberEvent() changes a name in one room, with what fillMemberEvent() adds":
      "sendMemberEvent",
  },
  "directory_test.ts": {
    "ClientAPI.addRoomAlias() adds an alias that others can follow, and moves it with override":
      "addRoomAlias resolveRoomAlias",
    "ClientAPI.removeRoomAlias() removes an alias, and does not mind if there is none": "removeRoomAlias",
    "ClientAPI.setRoomDirectoryVisibility() publishes a room, getRoomDirectoryVisibility() says so":
      "setRoomDirectoryVisibility getRoomDirectoryVisibility",
    "ClientAPI.getRoomDirectory() lists rooms part by part, and finds them": "getRoomDirectory",
    "ClientAPI.searchUsers() finds users by name, and says if there are more": "searchUsers",
  },
  "profile_test.ts": {
    "ClientAPI.setDisplayname() sets a name that another user gets": "setDisplayname getDisplayname",
    "ClientAPI.setAvatarUrl() sets a picture that another user gets": "setAvatarUrl getAvatarUrl",
    "ClientAPI.getProfile() gets all of it": "getProfile",
    "ClientAPI.beeperUpdateProfile() changes several fields at once on a server that can":
      "beeperUpdateProfile",
    "ClientAPI.setProfileField() and deleteProfileField() change fields that another user gets":
      "setProfileField getProfileField deleteProfileField",
  },
  "media_test.ts": {
    "ClientAPI.uploadMedia() uploads every kind of content, which others get": "uploadMedia",
    "ClientAPI.createMxc() makes a place that one upload goes to": "createMxc",
    "ClientAPI.getMediaRepoConfig() gives the largest upload": "getMediaRepoConfig",
    "ClientAPI.getUrlPreview() lets the homeserver look at a page": "getUrlPreview",
    "ClientAPI.downloadThumbnail() gives a small picture of a large one": "downloadThumbnail",
    "ClientAPI.downloadMedia() takes no more than maxSize": "downloadMedia",
    "ClientAPI.uploadMedia() and streamMedia() tell of their progress": "streamMedia",
  },
  "keys_test.ts": {
    "ClientAPI.uploadKeys() uploads keys that another user reads with queryKeys()": "uploadKeys queryKeys",
    "ClientAPI.uploadKeys() counts one-time keys, and claimKeys() uses them up, then the fallback key":
      "claimKeys",
    "ClientAPI.uploadCrossSigningKeys() and kin publish keys and signatures for others":
      "uploadCrossSigningKeys uploadOneSignature uploadManySignatures",
    "ClientAPI.sendToDevice() reaches a device, or all of a user's": "sendToDevice sendToOneDevice",
  },
  "account_data_test.ts": {
    "ClientAPI.setAccountData() keeps global data that another client of the user's gets":
      "setAccountData getAccountData",
    "ClientAPI.setRoomTag(), getRoomTag(), getRoomTags() and removeRoomTag() tag a room for all clients":
      "setRoomTag getRoomTag getRoomTags removeRoomTag",
  },
  "activity_test.ts": {
    "ClientAPI.setTyping() is seen by another user, and so is its end": "setTyping",
    "ClientAPI.sendReceipt() is seen by another user, with its thread": "sendReceipt",
    "ClientAPI.setFullyReadMarker() moves the marker, and sends receipts": "setFullyReadMarker",
    "ClientAPI.setPresence() and getPresence() are seen by another user, and the status can be cleared":
      "setPresence getPresence",
  },
  "push_test.ts": {
    "ClientAPI.setPushRule() makes rules that notify, getPushRule() reads them": "setPushRule getPushRule",
    "ClientAPI.removePushRule() removes a rule, and gives MNotFound where there is none": "removePushRule",
  },
};

/** Subclasses and a callback are what it is for: `sendMemberEvent()` calls it. */
const THROUGH_OTHERS = ["fillMemberEvent"];

/** The texts of the tests in a file, by name. */
function tests(file: string): Map<string, string> {
  const source = readFileSync(new URL(file, import.meta.url), "utf8");
  const starts = [...source.matchAll(/^(?:online|Deno\.test)\(\s*"((?:[^"\\]|\\.)*)"/gm)];
  return new Map(starts.map((start, i) => [start[1]!, source.slice(start.index, starts[i + 1]?.index)]));
}

function methods(): string[] {
  const names: string[] = ["discover"];
  for (let it = ClientAPI.prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(it))) {
      if (
        typeof value === "function" &&
        !["constructor", "ownUserId", "request", "transactionId", ...THROUGH_OTHERS].includes(name)
      ) {
        names.push(name);
      }
    }
  }
  return names.sort();
}

Deno.test("ClientAPI's methods are each tried against a homeserver, by the test that is named", () => {
  const tried: string[] = [];
  for (const [file, list] of Object.entries(TRIED)) {
    const texts = tests(file);
    for (const [name, called] of Object.entries(list)) {
      const text = texts.get(name);
      assert(text !== undefined, `${file} has no test “${name}”`);
      for (const method of called.split(" ")) {
        assert(new RegExp(`\\.${method}(?:<[^()]*>)?\\(`).test(text), `“${name}” does not call ${method}()`);
        tried.push(method);
      }
    }
  }
  assertEquals(tried.sort(), methods());
});
