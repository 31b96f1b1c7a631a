import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readFile, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { StoreTakenOver, type StringStore } from "../../../client/crypto/mod.ts";
import { EXAMPLE_STORES, openStore } from "../../support/example_stores.ts";

type OpenStore = Awaited<ReturnType<typeof openStore>>;

const PROGRAM = fileURLToPath(new URL("../../support/string_store_process.ts", import.meta.url));

async function entries(store: StringStore): Promise<Record<string, string>> {
  const result: [string, string][] = [];
  for await (const [key, value] of store.load()) result.push([key, value]);
  return Object.fromEntries(result.sort());
}

/** Runs a test with a function that opens one more store over the same data. */
async function withStores(
  kind: string,
  run: (open: () => Promise<OpenStore>, path: string) => Promise<void>,
) {
  const folder = await mkdtemp(join(tmpdir(), "stores-"));
  const path = join(folder, "keys");
  const opened: OpenStore[] = [];
  try {
    await run(async () => {
      const store = await openStore(kind, path);
      opened.push(store);
      return store;
    }, path);
  } finally {
    for (const store of opened) await store.close();
    await rm(folder, { recursive: true });
  }
}

for (const kind of EXAMPLE_STORES) {
  Deno.test(`${kind} store keeps what was written`, async () => {
    await withStores(kind, async (open) => {
      const store = await open();
      assertEquals(await entries(store), {});
      const long = "é\n".repeat(50_000);
      await store.write(new Map([["a", "1"], ["b", ""], ["c", long]]));
      await store.write(
        new Map([["a", undefined], ["d", "4\n"], ["missing", undefined], ["__proto__", "x"]]),
      );
      const expected = Object.fromEntries([["__proto__", "x"], ["b", ""], ["c", long], ["d", "4\n"]]);
      assertEquals(await entries(store), expected);
      assertEquals(await entries(await open()), expected);
    });
  });

  Deno.test(`${kind} store takes 5,000 changes in one write, and writes at the same time`, async () => {
    await withStores(kind, async (open) => {
      const store = await open();
      await store.write(new Map(Array.from({ length: 5000 }, (_, i) => [`${i}`, `${i}`])));
      await Promise.all(Array.from({ length: 20 }, (_, i) => store.write(new Map([["last", `${i}`]]))));
      const found = await entries(await open());
      assertEquals([Object.keys(found).length, found["4999"], found.last], [5001, "4999", "19"]);
    });
  });

  Deno.test(`${kind} store changes nothing if the expected value is another`, async () => {
    await withStores(kind, async (open) => {
      const [first, second] = [await open(), await open()];
      await first.write(new Map([["owner", "first"]]));
      await first.write(new Map([["a", "1"]]), ["owner", "first"]);
      assertEquals(await entries(second), { a: "1", owner: "first" });
      await second.write(new Map([["owner", "second"]]));
      for (let i = 0; i < 2; i++) {
        await assertRejects(() => first.write(new Map([["a", "2"]]), ["owner", "first"]), StoreTakenOver);
      }
      await assertRejects(() => first.write(new Map(), ["missing", "x"]), StoreTakenOver);
      await second.write(new Map([["b", "1"], ["owner", "third"]]), ["owner", "second"]);
      await assertRejects(() => second.write(new Map(), ["owner", "second"]), StoreTakenOver);
      for (const store of [first, second, await open()]) {
        assertEquals(await entries(store), { a: "1", b: "1", owner: "third" });
      }
    });
  });

  Deno.test(`${kind} store accepts writes of several processes in one order`, async () => {
    await withStores(kind, async (open) => {
      const stores = [await open(), await open(), await open()];
      await Promise.all(stores.map(async (store, at) => {
        for (let i = 0; i < 100; i++) {
          await store.write(new Map([[`${at} ${i % 10}`, `${i}`], ["last", `${at}`]]));
        }
      }));
      const found = await Promise.all(stores.map(entries));
      assertEquals(found[0], found[1]);
      assertEquals(found[0], found[2]);
      assertEquals(Object.keys(found[0]!).length, 31);
    });
  });

  Deno.test(`${kind} store applies a write whole or not at all if the process is killed`, async () => {
    await withStores(kind, async (open, path) => {
      const args = "Bun" in globalThis ? ["run"] : ["run", "-A", "--no-check"];
      for (let round = 0; round < 4; round++) {
        const child = spawn(process.execPath, [...args, PROGRAM, kind, path], {
          stdio: ["ignore", "pipe", "inherit"],
        });
        let printed = "";
        const exited = once(child, "exit");
        for await (const chunk of child.stdout) {
          printed += chunk;
          if (printed.split("\n").length > 20 + 7 * round) break;
        }
        child.kill("SIGKILL");
        await exited;
        const last = Number(printed.split("\n").at(-2));
        const store = await open();
        const { owner: _, ...numbers } = await entries(store);
        const [number, ...others] = new Set(Object.values(numbers));
        assertEquals(others, []);
        assertEquals(Object.keys(numbers).length, 50);
        assert(Number(number) >= last, `${number} was read, ${last} had been written`);
      }
    });
  });
}

Deno.test("journal store ignores a line that was cut off, at every length", async () => {
  await withStores("journal", async (open, path) => {
    const store = await open();
    await store.write(new Map([["a", "1"], ["b", "1"]]));
    const before = (await readFile(`${path}.1`)).length;
    await store.write(new Map([["a", "é"], ["b", undefined]]));
    const whole = await readFile(`${path}.1`);
    const [old, changed] = [{ a: "1", b: "1" }, { a: "é" }];
    for (let length = whole.length; length >= before; length--) {
      await truncate(`${path}.1`, length);
      // Without its line break a line is complete, too.
      assertEquals(await entries(await open()), length >= whole.length - 1 ? changed : old);
    }
    for (let length = before + 1; length <= whole.length; length++) {
      await truncate(`${path}.1`, before);
      await appendFile(`${path}.1`, whole.subarray(before, length));
      const next = await open();
      await next.write(new Map([["c", "2"]]));
      const expected = { ...length >= whole.length - 1 ? changed : old, c: "2" };
      assertEquals(await entries(next), expected);
      assertEquals(await entries(await open()), expected);
    }
  });
});

Deno.test("journal store ignores zeros that a power failure left", async () => {
  await withStores("journal", async (open, path) => {
    await (await open()).write(new Map([["a", "1"]]));
    await appendFile(`${path}.1`, new Uint8Array(4096));
    const store = await open();
    assertEquals(await entries(store), { a: "1" });
    await store.write(new Map([["b", "2"]]));
    assertEquals(await entries(await open()), { a: "1", b: "2" });
  });
});

Deno.test("journal store replaces a long file, and takes other processes along", async () => {
  await withStores("journal", async (open, path) => {
    const [first, second] = [await open(), await open()];
    await second.write(new Map([["kept", "x"]]));
    for (let i = 0; i < 400; i++) await first.write(new Map([["a", `${i}`], ["b", "y".repeat(100)]]));
    const files = (await readdir(join(path, ".."))).sort();
    assertEquals(files.length, 1);
    assert(Number(files[0]!.split(".")[1]) > 2, files[0]);
    assert((await readFile(join(path, "..", files[0]!))).length < 20_000);
    await second.write(new Map([["c", "z"]]), ["a", "399"]);
    for (const store of [first, second, await open()]) {
      assertEquals(await entries(store), { a: "399", b: "y".repeat(100), c: "z", kept: "x" });
    }
  });
});

Deno.test("journal store rejects if its folder does not exist", async () => {
  const store = await openStore("journal", join(tmpdir(), crypto.randomUUID(), "keys"));
  await assertRejects(() => entries(store), Error, "ENOENT");
  await assertRejects(() => store.write(new Map()), Error, "ENOENT");
});
