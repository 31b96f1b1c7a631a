import { either, fields, json, nullish, string } from "../../support/shapes.ts";
import { flag } from "./options.ts";
import { rows } from "./row.ts";
import { invalid, OBJECTS, ODD_PATH, URI, USER, V3, whole } from "./samples.ts";

const MINE = `${V3}/profile/%40alice%3Aexample.org`;
const THEIRS = `${V3}/profile/${ODD_PATH.user}`;

export const profile = rows({
  setDisplayname: {
    args: [["Alice", "text-or-null"]],
    options: { checkCurrent: flag(true) },
    given: { checkCurrent: false },
    line: `PUT ${MINE}/displayname`,
    body: { displayname: "Alice" },
    // The fuzzer's homeserver says that Alice is the present name, which is not sent again.
    calls: [{ args: [["Somebody", "text-or-null"]] }],
  },
  getDisplayname: {
    args: [USER],
    line: `GET ${THEIRS}/displayname`,
    response: { displayname: "Alice" },
    result: "Alice",
    malformed: [...OBJECTS, [{ displayname: 5 }, "Invalid `displayname` in response: expected string"]],
    resolves: either(string, nullish),
  },
  setAvatarUrl: {
    args: [[URI, "text-or-null"]],
    options: { checkCurrent: flag(true) },
    given: { checkCurrent: false },
    line: `PUT ${MINE}/avatar_url`,
    body: { avatar_url: URI },
  },
  getAvatarUrl: {
    args: [USER],
    line: `GET ${THEIRS}/avatar_url`,
    response: { avatar_url: URI },
    result: URI,
    malformed: [...OBJECTS, [{ avatar_url: [] }, "Invalid `avatar_url` in response: expected string"]],
    resolves: either(string, nullish),
  },
  getProfile: {
    args: [USER],
    line: `GET ${THEIRS}`,
    ...whole({ displayname: "Alice", "m.tz": "Europe/Lisbon" }),
    malformed: invalid("Invalid member in response", null, [], "text", { displayname: 5 }, {
      avatar_url: {},
    }),
    resolves: fields({ displayname: either(string, nullish), avatar_url: either(string, nullish) }),
  },
  getProfileField: {
    args: [USER, ["m.tz", "segment"]],
    line: `GET ${THEIRS}/m.tz`,
    response: { "m.tz": "Europe/Lisbon" },
    result: "Europe/Lisbon",
    malformed: OBJECTS,
    resolves: json,
    calls: [{ statuses: [404] }],
  },
  setProfileField: {
    args: [["m.tz", "segment"], ["Europe/Lisbon", "json"]],
    line: `PUT ${MINE}/m.tz`,
    body: { "m.tz": "Europe/Lisbon" },
  },
  deleteProfileField: { args: [["m.tz", "segment"]], line: `DELETE ${MINE}/m.tz`, body: {} },
  beeperUpdateProfile: {
    args: [[{ "com.example.a": [1] }, "object"]],
    line: `PATCH ${MINE}`,
    body: { "com.example.a": [1] },
    unspecified: true,
  },
});
