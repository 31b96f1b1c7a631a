import { assertEquals } from "@std/assert";
import { membershipChange } from "../../client/mod.ts";

const USER = "@bob:x";
const OTHER = "@mod:x";

/** Returns a member event of the user. */
function event(membership: unknown, before: unknown, sender: string = USER, more: object = {}) {
  return {
    type: "m.room.member",
    state_key: USER,
    sender,
    content: { membership, ...more },
    ...(before === undefined ? {} : { unsigned: { prev_content: { membership: before } } }),
  };
}

Deno.test("membershipChange() names each change", () => {
  const cases = [
    ["join", undefined, USER, "join"],
    ["join", "leave", USER, "join"],
    ["join", "invite", USER, "join"],
    ["join", "knock", USER, "join"],
    ["join", "ban", USER, "join"],
    ["join", "join", USER, "none"],
    ["leave", "join", USER, "leave"],
    ["leave", "join", OTHER, "kick"],
    ["leave", undefined, USER, "leave"],
    ["leave", undefined, OTHER, "kick"],
    ["leave", "invite", USER, "decline"],
    ["leave", "invite", OTHER, "revoke"],
    ["leave", "knock", USER, "retract"],
    ["leave", "knock", OTHER, "deny"],
    ["leave", "ban", OTHER, "unban"],
    ["leave", "leave", OTHER, "none"],
    ["invite", undefined, OTHER, "invite"],
    ["invite", "leave", OTHER, "invite"],
    ["invite", "knock", OTHER, "invite"],
    ["invite", "invite", OTHER, "none"],
    ["knock", "leave", USER, "knock"],
    ["knock", "knock", USER, "none"],
    ["ban", "join", OTHER, "ban"],
    ["ban", "leave", OTHER, "ban"],
    ["ban", "ban", OTHER, "none"],
    ["dance", "join", USER, "none"],
  ] as const;
  for (const [membership, before, sender, expected] of cases) {
    assertEquals(membershipChange(event(membership, before, sender)), expected, `${before} → ${membership}`);
  }
});

Deno.test("membershipChange() distinguishes a new profile from a repeated join", () => {
  const profiles = [{}, { displayname: "Bob" }, { displayname: "Rob" }, { avatar_url: "mxc://x/1" }, {
    displayname: null,
  }];
  for (const [i, now] of profiles.entries()) {
    for (const [j, before] of profiles.entries()) {
      const unsigned = { prev_content: { membership: "join", ...before } };
      const same = i === j || (i % 4 === 0 && j % 4 === 0);
      assertEquals(
        membershipChange({ ...event("join", "join", USER, now), unsigned }),
        same ? "none" : "profile",
      );
    }
  }
});

Deno.test("membershipChange() reads prev_content beside the content", () => {
  const old = { ...event("join", undefined), prev_content: { membership: "join", displayname: "B" } };
  assertEquals(membershipChange(old), "profile");
});

Deno.test("membershipChange() returns none for other values", () => {
  for (
    const value of [undefined, null, 5, "x", [], {}, { type: "m.room.member" }, {
      ...event("join", undefined),
      state_key: 5,
    }]
  ) {
    assertEquals(membershipChange(value), "none");
  }
  assertEquals(membershipChange({ ...event("join", undefined), type: "m.room.name" }), "none");
});
