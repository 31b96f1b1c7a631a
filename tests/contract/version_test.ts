import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { HTTPAPI } from "../../http/mod.ts";

Deno.test("HTTPAPI.defaultUserAgent says the version of deno.json, which the changelog has, too", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const { version } = JSON.parse(read("deno.json"));
  assertEquals(/^mtx-client\/(\S+) /.exec(HTTPAPI.defaultUserAgent)?.[1], version);
  assertEquals(/^## \[(\d[^\]]*)\]/m.exec(read("CHANGELOG.md"))?.[1], version);
});
