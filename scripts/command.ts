/** Runs other programs. */

/** The repository's folder, without a trailing slash. */
export const ROOT: string = import.meta.dirname!.replaceAll("\\", "/").replace(/\/scripts$/, "");
/** Git-ignored folder for everything that the tasks write. */
export const CACHE = `${ROOT}/.cache`;

/** Options of {@linkcode run} and {@linkcode output}. */
export interface CommandOptions {
  /** Working directory. @default the repository */
  cwd?: string;
  env?: Record<string, string>;
}

const executable = (name: string) =>
  name === "deno"
    ? Deno.execPath()
    : Deno.build.os === "windows" && /^np[mx]$/.test(name)
    ? `${name}.cmd`
    : name;

/** Runs a command on this terminal and returns its exit code. It ends when this program is terminated. */
export async function run(command: string[], options: CommandOptions = {}): Promise<number> {
  const [name = "", ...args] = command;
  const child = new Deno.Command(executable(name), { cwd: ROOT, ...options, args }).spawn();
  const terminate = () => child.kill("SIGTERM");
  // A terminal sends Ctrl-C to the command, too, which then ends in its own time.
  const wait = () => {};
  Deno.addSignalListener("SIGINT", wait);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", terminate);
  const { code } = await child.status;
  Deno.removeSignalListener("SIGINT", wait);
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", terminate);
  return code;
}

/** Runs a command and returns its standard output. Throws with all of its output if it fails. */
export async function output(command: string[], options: CommandOptions = {}): Promise<string> {
  const [name = "", ...args] = command;
  const { success, stdout, stderr } = await new Deno.Command(executable(name), {
    cwd: ROOT,
    ...options,
    args,
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) {
    throw new Error(`Cannot run ${command.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`);
  }
  return text.trim();
}

/** deno.json, as far as the scripts read it. */
export interface Config {
  name: string;
  version: string;
  exports: Record<string, string>;
  imports: Record<string, string>;
}

/** Reads deno.json. */
export async function readConfig(): Promise<Config> {
  return JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
}
