import { assertEquals } from "@std/assert";
import { firstFlowOfType, type LoginFlowList, supportsLoginType } from "../../types/auth.ts";

const list: LoginFlowList = {
  flows: [
    { type: "m.login.sso", identity_providers: [{ id: "x", name: "X" }] },
    { type: "m.login.token", get_login_token: true },
    { type: "m.login.password" },
  ],
};

Deno.test("firstFlowOfType() returns the first flow in the homeserver's order", () => {
  assertEquals(firstFlowOfType(list, "m.login.password", "m.login.token"), list.flows[1]);
  assertEquals(firstFlowOfType(list.flows, "m.login.password"), list.flows[2]);
  assertEquals(firstFlowOfType(list, "org.matrix.login.jwt"), undefined);
  assertEquals(firstFlowOfType(list), undefined);
});

Deno.test("supportsLoginType() returns whether the homeserver supports one of the types", () => {
  assertEquals(supportsLoginType(list, "org.example", "m.login.sso"), true);
  assertEquals(supportsLoginType(list, "org.example"), false);
});

Deno.test("firstFlowOfType() returns undefined for malformed responses", () => {
  const hostile = [undefined, null, 5, "m.login.sso", {}, { flows: null }, { flows: { 0: {} } }, {
    flows: "x",
  }];
  for (const value of [...hostile, { flows: [null, 5, "m.login.sso", [], {}, { type: null }] }]) {
    assertEquals(firstFlowOfType(value as unknown as LoginFlowList, "m.login.sso"), undefined);
    assertEquals(supportsLoginType(value as unknown as LoginFlowList, "m.login.sso"), false);
  }
});
