import { assertEquals, assertStringIncludes } from "@std/assert";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type EventSchemas, exampleEventsModule, readEventSchemas } from "../support/example_events.ts";

const EVENTS = new URL("../../types/events/mod.ts", import.meta.url).href;

/** Returns whether the runtime has a type checker; prints the reason if not. */
function canCheckTypes(): boolean {
  const yes = typeof Deno.Command === "function";
  if (!yes) console.log("Skipped: this runtime has no type checker");
  return yes;
}

/** Type-checks a module made of schemas and examples; returns the errors, empty if there are none. */
async function typeErrors(spec: EventSchemas): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "example-events-"));
  try {
    const file = join(folder, "example_events.ts");
    await writeFile(file, exampleEventsModule(spec, EVENTS));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--no-config", "--no-lock", file],
      env: { NO_COLOR: "1" },
    }).output();
    return success ? "" : new TextDecoder().decode(stderr) || "deno check failed";
  } finally {
    await rm(folder, { recursive: true });
  }
}

Deno.test("StateContentMap and other content maps match the specification's examples and schemas", async () => {
  const folder = process.env.MATRIX_SPEC;
  if (!folder) {
    return console.log("Skipped: MATRIX_SPEC does not name a folder with the specification's data");
  }
  if (!canCheckTypes()) return;
  const spec = await readEventSchemas(folder);
  assertEquals(Object.keys(spec.examples).length > 80, true);
  assertEquals(await typeErrors(spec), "");
});

Deno.test("exampleEventsModule() makes a module with an error for each difference", async () => {
  if (!canCheckTypes()) return;
  const content = {
    type: "object",
    properties: {
      topic: { type: "string" }, // required in our types
      colour: { type: "string" }, // not in our types
      "m.topic": { type: "object" },
    },
    required: ["m.topic"], // optional in our types
  };
  const errors = await typeErrors({
    schemas: {
      "m.room.topic": { properties: { content } },
      "m.room.join_rules": { properties: { content: { properties: { join_rule: { enum: ["paid"] } } } } },
      "m.unheard.of": { properties: { content: {} } },
    },
    examples: { "m.room.topic": { type: "m.room.topic", state_key: "", content: { topic: 1 } } },
  });
  assertStringIncludes(errors, "// m.room.topic: topic\n");
  assertStringIncludes(errors, "// m.room.topic: colour\n");
  assertStringIncludes(errors, "// m.room.topic: m.topic\n");
  assertStringIncludes(errors, '// m.room.join_rules: join_rule: "paid"\n');
  assertStringIncludes(errors, "// m.unheard.of\n");
  assertStringIncludes(errors, "Type 'number' is not assignable to type 'string'");
});
