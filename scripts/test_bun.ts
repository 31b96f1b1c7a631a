/** Runs the unit and contract tests under Bun. Arguments go to `bun test`. */
import { ROOT, run } from "./command.ts";
import { findBun, importedPackages, install, linkLibrary } from "./npm.ts";

const paths = Deno.args.length > 0 ? Deno.args : ["./tests/unit", "./tests/contract"];
const bun = await findBun();
// ajv validates requests against the specification (tests/support/specification.ts).
const folder = await install("bun", { ...await importedPackages(), ajv: "8.20.0" }, [bun, "install"]);
await linkLibrary(folder);
await Deno.remove(`${ROOT}/node_modules`, { recursive: true }).catch(() => {});
await Deno.symlink(`${folder}/node_modules`, `${ROOT}/node_modules`, { type: "junction" });
Deno.exit(await run([bun, "test", "--preload", "./tests/support/bun_preload.ts", ...paths]));
