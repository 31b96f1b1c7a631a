/** Installs Synapse into a virtual environment. */

const VERSION = "1.163.2";
const FOLDER = `${import.meta.dirname}/../.cache/synapse`;
const ALTERNATIVE = "Or use another homeserver: MATRIX_HOMESERVER=https://matrix.example.org";

/** Thrown if Python or Synapse cannot be installed on this machine. The message says what to do. */
export class HomeserverUnavailable extends Error {
  override readonly name = "HomeserverUnavailable";
}

async function run(command: string, ...args: string[]): Promise<{ success: boolean; text: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
    return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } catch (error) {
    return { success: false, text: String(error) };
  }
}

async function findPython(): Promise<string> {
  for (const command of ["python3", "python"]) {
    const { success } = await run(command, "-c", "import sys; sys.exit(sys.version_info < (3, 10))");
    if (success) return command;
  }
  throw new HomeserverUnavailable(`Python 3.10 or later is not on PATH. Install it. ${ALTERNATIVE}`);
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
  const made = await run(await findPython(), "-m", "venv", venv);
  if (!made.success) {
    throw new HomeserverUnavailable(
      `Python's venv module does not work (Debian and Ubuntu: apt install python3-venv). ${ALTERNATIVE}\n${made.text}`,
    );
  }
  const quiet = ["--quiet", "--disable-pip-version-check"];
  const installed = await run(
    python,
    "-m",
    "pip",
    "install",
    ...quiet,
    `matrix-synapse[url-preview]==${VERSION}`,
  );
  if (!installed.success) {
    throw new HomeserverUnavailable(`Synapse cannot be installed by pip. ${ALTERNATIVE}\n${installed.text}`);
  }
  await Deno.writeTextFile(complete, `${VERSION}\n`);
  return python;
}
