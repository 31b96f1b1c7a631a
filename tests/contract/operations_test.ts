/** Compares what the methods send with the specification's operations. */
import { assert, assertEquals } from "@std/assert";
import { callsOf } from "../robustness/fuzz/call.ts";
import { requestsOf } from "../robustness/fuzz/rounds.ts";
import { findOperations, specification } from "../support/specification.ts";
import { type NamedRow, ROWS } from "./methods/mod.ts";

/** Operations that have no method, and the reason. */
const WITHOUT_METHOD: Readonly<Record<string, string>> = {
  getEvents: "deprecated since r0.0.0: sync() is its successor",
  getOneEvent: "deprecated since r0.0.0: getEvent() is its successor",
  initialSync: "deprecated since r0.0.0: sync() is its successor",
  post3PIDs: "deprecated since r0.6.0: bound and unbound addresses have operations of their own",
};

/** Returns the operations that a row's calls send, and those that the row names. */
async function operationsOf(row: NamedRow): Promise<string[]> {
  const operations = [...row.operations ?? []];
  for (const call of callsOf(row)) {
    for (const { method, path } of (await requestsOf(call)).seen) {
      const found = findOperations(method, path);
      // If two operations share a path, the row names the one that it covers.
      if (found.length === 1) operations.push(found[0]!.operation.operationId);
    }
  }
  return operations;
}

const covered = new Map<string, Set<string>>();
for (const row of ROWS) {
  for (const operation of await operationsOf(row)) {
    covered.set(operation, (covered.get(operation) ?? new Set()).add(row.name));
  }
}

const all = new Map(specification.operations.map((operation) => [operation.operationId, operation]));

Deno.test("ClientAPI covers every operation of the specification except those listed", () => {
  const missing = [...all.keys()].filter((operation) => !covered.has(operation));
  assertEquals(missing.sort(), Object.keys(WITHOUT_METHOD).sort(), "operations without a method");
  for (const operation of Object.keys(WITHOUT_METHOD)) {
    assert(all.has(operation), `${operation} is not an operation`);
    assert(!covered.has(operation), `${operation} has a method`);
  }
  assertEquals([covered.size, all.size], [162, 166]);
});

Deno.test("methods/ names only operations of the specification", () => {
  for (const row of ROWS) {
    for (const operation of row.operations ?? []) assert(all.has(operation), `${row.name}: ${operation}`);
  }
});
