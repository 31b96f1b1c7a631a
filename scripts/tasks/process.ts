/** Runs programs, with their output passed on as it comes and kept. */

/** What a program left behind. */
export interface Outcome {
  code: number;
  /** Standard output and error in order of arrival, without colours. */
  output: string;
}

/** How to run a program. */
export interface RunOptions {
  env?: Record<string, string>;
  cwd?: string;
  /** Keep the output, but print nothing. */
  quiet?: boolean;
}

const decoder = () => new TextDecoderStream() as TransformStream<Uint8Array, string>;
// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;

async function writeAll(target: typeof Deno.stdout, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await target.write(bytes.subarray(written));
}

/** `npx` as this system calls it. */
export const npx: string = Deno.build.os === "windows" ? "npx.cmd" : "npx";

/** `npm` as this system calls it. */
export const npm: string = Deno.build.os === "windows" ? "npm.cmd" : "npm";

/** Runs a program to its end; one that is missing has exit code 127. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const { quiet = false, ...rest } = options;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(command, { ...rest, args, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { code: 127, output: `${command} is not on PATH` };
  }
  // Whoever ends the task ends what it runs.
  const terminate = () => child.kill("SIGTERM");
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", terminate);
  let output = "";
  const follow = async (stream: ReadableStream<Uint8Array>, target: typeof Deno.stdout) => {
    for await (const text of stream.pipeThrough(decoder())) {
      output += text;
      if (!quiet) await writeAll(target, text);
    }
  };
  const [{ code }] = await Promise.all([
    child.status,
    follow(child.stdout, Deno.stdout),
    follow(child.stderr, Deno.stderr),
  ]);
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGTERM", terminate);
  return { code, output: output.replace(COLOURS, "") };
}
