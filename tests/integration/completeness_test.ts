/** Checks that every method of `ClientAPI` is called in a test against a real homeserver. */
import { assertEquals } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { ClientAPI } from "../../client/mod.ts";

/** Methods that subclasses use, and those that no homeserver for tests has: each with its reason. */
const NOT_CALLED: Readonly<Record<string, string>> = {
  ownUserId: "protected",
  request: "protected",
  transactionId: "protected",
  useLogin: "protected",
  withAuth: "protected",
  fillMemberEvent: "called by sendMemberEvent()",
  submitPhoneToken: "Synapse sends no text messages",
  getSSOLoginUrl: "makes a URL",
  getUIAFallbackUrl: "makes a URL, which answerStages() passes to fallback",
  attachmentDecryptor: "protected",
  attachmentEncryptor: "protected",
};

function methods(): string[] {
  const names: string[] = [];
  for (let it = ClientAPI.prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(it))) {
      if (typeof value === "function" && name !== "constructor") names.push(name);
    }
  }
  return names.sort();
}

Deno.test("every method of ClientAPI is called in an integration test", () => {
  const folder = new URL("./", import.meta.url);
  const sources = readdirSync(folder)
    .filter((file) => file.endsWith("_test.ts"))
    .map((file) => readFileSync(new URL(file, folder), "utf8"))
    .join("\n");
  const missing = methods().filter((method) => !new RegExp(`\\.${method}(?:<[^()]*>)?\\(`).test(sources));
  assertEquals(missing.filter((method) => !(method in NOT_CALLED)), []);
});
