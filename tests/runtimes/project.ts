/** Projects with the packed library, as npm users have them. */
import { CACHE } from "../../scripts/command.ts";
import { importedPackages, install, pack } from "../../scripts/npm.ts";

/** Command that compiles a project; the path of a tsconfig.json follows. */
export const TSC: readonly string[] = ["node", "node_modules/typescript/bin/tsc", "--project"];

/**
 * Creates a project that depends on the packed library.
 *
 * @param name Name of the project.
 * @param files Folder of its files. Tests in it are omitted.
 * @param packages Further packages and versions, as in package.json.
 * @param command Installs what package.json names.
 * @returns The folder of the project.
 */
export async function makeProject(
  name: string,
  files: string,
  packages: Record<string, string> = {},
  command?: string[],
): Promise<string> {
  // Package managers remember packages by version, and the library changes without one.
  await Deno.remove(`${CACHE}/npm/${name}`, { recursive: true }).catch(() => {});
  const folder = await install(name, {
    "@mtx/client": `file:${await packed()}`,
    ...await importedPackages(),
    "@types/node": "^20.19.0",
    typescript: "5.9.3",
    ...packages,
  }, command);
  for await (const { name } of Deno.readDir(files)) {
    if (!name.endsWith("_test.ts")) await Deno.copyFile(`${files}/${name}`, `${folder}/${name}`);
  }
  return folder;
}

let tarball: Promise<string> | undefined;

/** Packs the library once in this process. */
function packed(): Promise<string> {
  return tarball ??= pack();
}
