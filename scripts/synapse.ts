/** Installs Synapse into a virtual environment. */
import { CACHE, output } from "./command.ts";

const VERSION = "1.163.2";
const FOLDER = `${CACHE}/synapse`;
const ALTERNATIVE = "Or use another homeserver: MATRIX_HOMESERVER=https://matrix.example.org";

/** Thrown if Python or Synapse cannot be installed on this machine. The message says what to do. */
export class HomeserverUnavailable extends Error {
  override readonly name = "HomeserverUnavailable";
}

async function findPython(): Promise<string> {
  for (const command of ["python3", "python"]) {
    const check = [command, "-c", "import sys; sys.exit(sys.version_info < (3, 10))"];
    if (await output(check).then(() => true, () => false)) return command;
  }
  throw new HomeserverUnavailable(`Python 3.10 or later is not on PATH. Install it. ${ALTERNATIVE}`);
}

/** Runs a step of the installation. */
async function step(failure: string, ...command: string[]): Promise<void> {
  await output(command).catch((error) => {
    throw new HomeserverUnavailable(`${failure}. ${ALTERNATIVE}\n${error.message}`);
  });
}

/**
 * Installs Synapse once, into `.cache/synapse`.
 *
 * @param log Receives a line when the installation starts.
 * @returns The Python that has Synapse. `MATRIX_SYNAPSE_VENV` names an existing virtual environment to use.
 * @throws {HomeserverUnavailable} If Python is missing or the installation fails.
 */
export async function installSynapse(log: (line: string) => void = () => {}): Promise<string> {
  const given = Deno.env.get("MATRIX_SYNAPSE_VENV");
  const venv = given ?? `${FOLDER}/venv-${VERSION}`;
  const python = Deno.build.os === "windows" ? `${venv}\\Scripts\\python.exe` : `${venv}/bin/python`;
  if (given) return python;
  await Deno.mkdir(FOLDER, { recursive: true });
  // A second task waits until the first one has finished the installation.
  using lock = await Deno.open(`${FOLDER}/install.lock`, { create: true, write: true });
  await lock.lock(true);
  const complete = `${venv}/.complete`;
  if (await Deno.stat(complete).catch(() => undefined)) return python;
  log(`Installing Synapse ${VERSION} into ${venv} (once)`);
  await Deno.remove(venv, { recursive: true }).catch(() => {});
  const noVenv = "Python's venv module does not work (Debian and Ubuntu: apt install python3-venv)";
  await step(noVenv, await findPython(), "-m", "venv", venv);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  await step("Synapse cannot be installed by pip", python, ...pip, `matrix-synapse[url-preview]==${VERSION}`);
  await Deno.writeTextFile(complete, `${VERSION}\n`);
  return python;
}
