/** Puts Synapse into a virtual environment, once. */

const VERSION = "1.163.2";
const windows = Deno.build.os === "windows";

/** Python or Synapse cannot be had on this machine; the message says what to do. */
export class HomeserverUnavailable extends Error {
  override readonly name = "HomeserverUnavailable";
}

const OWN_HOMESERVER = "Or use a homeserver of your own: MATRIX_HOMESERVER=https://matrix.example.org";

async function output(command: string, args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const done = await new Deno.Command(command, { args, stdout: "piped", stderr: "piped" }).output();
    const decoder = new TextDecoder();
    return { ok: done.success, text: decoder.decode(done.stdout) + decoder.decode(done.stderr) };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
}

async function findPython(): Promise<string> {
  for (const command of windows ? ["python", "python3"] : ["python3", "python"]) {
    const version = await output(command, [
      "-c",
      "import sys; print(sys.version_info >= (3, 10), sys.version.split()[0])",
    ]);
    if (version.ok && version.text.startsWith("True")) return command;
  }
  throw new HomeserverUnavailable(
    `Cannot start Synapse: Python 3.10 or later is not on PATH. Install it. ${OWN_HOMESERVER}`,
  );
}

function pythonOf(venv: string): string {
  return windows ? `${venv}\\Scripts\\python.exe` : `${venv}/bin/python`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function install(cache: string, say: (line: string) => void): Promise<string> {
  const venv = `${cache}/venv-${VERSION}`;
  const done = `${venv}/.complete`;
  if (await exists(done)) return pythonOf(venv);
  const python = await findPython();
  say(`Installing Synapse ${VERSION} into ${venv} (once)`);
  await Deno.remove(venv, { recursive: true }).catch(() => {});
  const made = await output(python, ["-m", "venv", venv]);
  if (!made.ok) {
    throw new HomeserverUnavailable(
      "Cannot make a virtual environment: the venv module does not work " +
        `(Debian and Ubuntu: apt install python3-venv). ${OWN_HOMESERVER}\n${made.text}`,
    );
  }
  const installed = await output(pythonOf(venv), [
    "-m",
    "pip",
    "install",
    "--quiet",
    "--disable-pip-version-check",
    `matrix-synapse[url-preview]==${VERSION}`,
  ]);
  if (!installed.ok) {
    throw new HomeserverUnavailable(
      `Cannot install Synapse: pip failed. ${OWN_HOMESERVER}\n${installed.text}`,
    );
  }
  await Deno.writeTextFile(done, `${VERSION}\n`);
  return pythonOf(venv);
}

/**
 * The Python that has Synapse.
 *
 * @param cache Git-ignored folder for the virtual environment.
 * @param say Takes progress, a line at a time.
 * @throws {HomeserverUnavailable} If Python is missing or the installation fails.
 */
export async function synapsePython(cache: string, say: (line: string) => void): Promise<string> {
  const given = Deno.env.get("MATRIX_SYNAPSE_VENV");
  if (given) return pythonOf(given);
  await Deno.mkdir(cache, { recursive: true });
  // Two scripts may want it at the same time: the second waits for the first.
  const lock = await Deno.open(`${cache}/install.lock`, { create: true, write: true });
  try {
    await lock.lock(true);
    return await install(cache, say);
  } finally {
    lock.close();
  }
}
