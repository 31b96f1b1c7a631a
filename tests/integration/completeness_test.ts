/**
 * Integration tests of each method. They check the effect as another user or with a plain request.
 * Features that Synapse lacks are tested against a small server.
 */
import { readFileSync } from "node:fs";
import { assert, assertEquals } from "@std/assert";
import { ClientAPI } from "../../client/mod.ts";

/** Tests by file: the name of a test and the methods that it tests. */
const TRIED: Record<string, Record<string, string>> = {
  "authentication_test.ts": {
    "ClientAPI.versions() returns the supported versions with and without a token": "versions",
    "ClientAPI.discover() returns the base URL from a local well-known file": "discover",
    "ClientAPI.getLoginFlows() returns the password flow": "getLoginFlows",
    "ClientAPI.login() creates the device and a valid access token with the right password": "login",
    "ClientAPI.logout() invalidates only its own access token": "logout",
    "ClientAPI.logoutAll() invalidates all access tokens of the user": "logoutAll",
    "ClientAPI.createDeviceMsc4190() creates a device for a user of an application service":
      "createDeviceMsc4190 whoami",
  },
  "sync_test.ts": {
    "ClientAPI.sync() gives what is new since the last one, in order": "sync",
    "ClientAPI.createFilter() and getFilter() keep a filter, which works in a plain sync":
      "createFilter getFilter",
  },
  "state_test.ts": {
    "ClientAPI.sendStateEvent() sets state that another user reads": "sendStateEvent getStateEvent",
    "ClientAPI.getState() returns all state events": "getState",
    "ClientAPI.getMembers() returns members by membership, now and at an earlier time": "getMembers",
    "ClientAPI.getJoinedMembers() returns display names by user": "getJoinedMembers",
  },
  "messages_test.ts": {
    "ClientAPI.getEvent() returns an event that another user sent": "getEvent",
    "ClientAPI.getEventContext() returns the events around an event": "getEventContext",
    "ClientAPI.getMessages() pages in both directions and omits end on the last page": "getMessages",
    "ClientAPI.iterateMessages() reads the whole history, or from a sync token": "iterateMessages",
  },
  "sending_test.ts": {
    "ClientAPI.sendText(), sendNotice(), sendEmote() and sendMessageEvent() send events that another user receives":
      "sendText sendNotice sendEmote sendMessageEvent",
    "ClientAPI.sendText() edits, react() reacts and redact() redacts as another user receives it":
      "react redact",
    "ClientAPI.sendFile(), sendImage() and sendSticker() send events that another user receives":
      "sendFile sendImage sendSticker",
  },
  "extensions_test.ts": {
    "ClientAPI.sendMessage() sends content of any msgtype that another user receives": "sendMessage",
  },
  "rooms_test.ts": {
    "ClientAPI.createRoom() creates a room with all of its options": "createRoom",
    "ClientAPI.getJoinedRooms() returns the joined rooms": "getJoinedRooms",
    "ClientAPI.forgetRoom() forgets a room only after the user has left it": "forgetRoom",
  },
  "membership_test.ts": {
    "ClientAPI.inviteUser() invites a user whose joinRoomById() joins": "inviteUser joinRoomById",
    "ClientAPI.joinRoom() joins by alias and by ID, also if already joined": "joinRoom",
    "ClientAPI.leaveRoom() leaves rooms, rejects invites and ignores rooms already left": "leaveRoom",
    "ClientAPI.knockRoom() knocks on a room and leaveRoom() retracts the knock": "knockRoom",
    "ClientAPI.kickUser(), banUser() and unbanUser() change the membership with a reason":
      "kickUser banUser unbanUser",
    "ClientAPI.sendMemberEvent() changes a name in one room and sends what fillMemberEvent() returns":
      "sendMemberEvent",
  },
  "directory_test.ts": {
    "ClientAPI.addRoomAlias() adds an alias that others resolve and moves it with override":
      "addRoomAlias resolveRoomAlias",
    "ClientAPI.removeRoomAlias() removes an alias and ignores a missing one": "removeRoomAlias",
    "ClientAPI.setRoomDirectoryVisibility() sets what getRoomDirectoryVisibility() returns":
      "setRoomDirectoryVisibility getRoomDirectoryVisibility",
    "ClientAPI.getRoomDirectory() returns pages of rooms and search results": "getRoomDirectory",
    "ClientAPI.searchUsers() returns users by name, and limited if there are more": "searchUsers",
  },
  "profile_test.ts": {
    "ClientAPI.setDisplayname() sets a display name that another user reads": "setDisplayname getDisplayname",
    "ClientAPI.setAvatarUrl() sets an avatar that another user reads": "setAvatarUrl getAvatarUrl",
    "ClientAPI.getProfile() returns the whole profile": "getProfile",
    "ClientAPI.beeperUpdateProfile() changes several fields at once with Beeper's extension":
      "beeperUpdateProfile",
    "ClientAPI.setProfileField() and deleteProfileField() change fields that another user reads":
      "setProfileField getProfileField deleteProfileField",
  },
  "media_test.ts": {
    "ClientAPI.uploadMedia() uploads every type of content": "uploadMedia",
    "ClientAPI.createMxc() creates a URI for one upload": "createMxc",
    "ClientAPI.getMediaRepoConfig() returns the maximum upload size": "getMediaRepoConfig",
    "ClientAPI.getUrlPreview() returns the Open Graph data of a page": "getUrlPreview",
    "ClientAPI.downloadThumbnail() returns a smaller image": "downloadThumbnail",
    "ClientAPI.downloadMedia() and uploadMedia() reject if the file is larger than maxSize": "downloadMedia",
    "ClientAPI.uploadMedia() and streamMedia() report their progress": "streamMedia",
  },
  "keys_test.ts": {
    "ClientAPI.uploadKeys() uploads keys that another user's queryKeys() returns": "uploadKeys queryKeys",
    "ClientAPI.uploadKeys() counts one-time keys that claimKeys() claims before the fallback key":
      "claimKeys",
    "ClientAPI.uploadCrossSigningKeys() and signature methods publish keys and signatures":
      "uploadCrossSigningKeys uploadOneSignature uploadManySignatures",
    "ClientAPI.sendToDevice() sends to one device or all devices of a user": "sendToDevice sendToOneDevice",
  },
  "account_data_test.ts": {
    "ClientAPI.setAccountData() sets global account data that another client of the user reads":
      "setAccountData getAccountData",
    "ClientAPI.setRoomTag(), getRoomTag(), getRoomTags() and removeRoomTag() tag a room for all clients":
      "setRoomTag getRoomTag getRoomTags removeRoomTag",
  },
  "activity_test.ts": {
    "ClientAPI.setTyping() starts and stops typing as another user sees it": "setTyping",
    "ClientAPI.sendReceipt() sends a receipt that another user sees, with its thread": "sendReceipt",
    "ClientAPI.setFullyReadMarker() moves the marker and sends receipts": "setFullyReadMarker",
    "ClientAPI.setPresence() sets and clears a status that another user's getPresence() returns":
      "setPresence getPresence",
  },
  "push_test.ts": {
    "ClientAPI.setPushRule() creates rules that getPushRule() returns": "setPushRule getPushRule",
    "ClientAPI.removePushRule() removes a rule and rejects with MNotFound if there is none": "removePushRule",
  },
};

/** Methods that other methods call: `sendMemberEvent()` calls `fillMemberEvent()`. */
const THROUGH_OTHERS = ["fillMemberEvent"];

/** Returns the source of the tests in a file by name. */
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
        !["constructor", "ownUserId", "request", "transactionId", "useLogin", "withAuth", ...THROUGH_OTHERS]
          .includes(name)
      ) {
        names.push(name);
      }
    }
  }
  return names.sort();
}

Deno.test("every method of ClientAPI has an integration test that calls it", () => {
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
