import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { HTTPAPI } from "../../http/mod.ts";

Deno.test("HTTPAPI.defaultUserAgent contains the version of deno.json and CHANGELOG.md", () => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const { version } = JSON.parse(read("deno.json"));
  assertEquals(/^mtx-client\/(\S+) /.exec(HTTPAPI.defaultUserAgent)?.[1], version);
  assertEquals(/^## \[(\d[^\]]*)\]/m.exec(read("CHANGELOG.md"))?.[1], version);
});

Deno.test("CHANGELOG.md has a date and a link for each version, newest first", () => {
  const text = readFileSync(new URL("../../CHANGELOG.md", import.meta.url), "utf8");
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading!);
  assertEquals(headings.shift(), "[Unreleased]");
  const versions = headings.map((heading) =>
    /^\[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$/.exec(heading) ?? heading
  );
  const dates = versions.map((match) => match[2]);
  assertEquals(dates, dates.toSorted().reverse());
  const links = [...text.matchAll(/^\[([^\]]+)\]: https:\S+$/gm)].map(([, name]) => name);
  assertEquals(links, ["Unreleased", ...versions.map((match) => match[1])]);
});
