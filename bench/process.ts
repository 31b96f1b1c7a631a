/** Starts processes that measure themselves or an import. */

import { ROOT } from "../scripts/command.ts";
import type { ContenderName, Runtime } from "./prepare.ts";
import type { Order, Report } from "./protocol.ts";

const LIMIT = 180_000;

/** The process of a worker. */
export class Worker {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #rest = "";

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .getReader();
    this.#writer = child.stdin.getWriter();
  }

  /** Starts a worker, and waits until it is ready. */
  static async start(
    runtime: Runtime,
    contender: ContenderName,
    url: string,
    steady = false,
  ): Promise<Worker> {
    const [command = "", ...args] = runtime.command(contender, steady);
    const child = new Deno.Command(command, {
      args: [...args, `${ROOT}/bench/worker.ts`, contender, runtime.modules[contender]!, url],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const worker = new Worker(child);
    await worker.#report();
    return worker;
  }

  /** Sends an order and waits for the report. */
  async obey(order: Order): Promise<Report> {
    await this.#writer.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    return await this.#report();
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#lines.cancel().catch(() => {});
    await this.#writer.close().catch(() => {});
    await this.#child.status;
  }

  async #report(): Promise<Report> {
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), LIMIT);
    try {
      while (true) {
        const end = this.#rest.indexOf("\n");
        if (end >= 0) {
          const line = this.#rest.slice(0, end);
          this.#rest = this.#rest.slice(end + 1);
          // Libraries also write to standard output.
          if (line.startsWith("{")) return JSON.parse(line);
          continue;
        }
        const { done, value } = await this.#lines.read();
        if (done) return { error: "the process has ended" };
        this.#rest += value;
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Imports a module in a new process. Returns the time in ms and the memory in MiB. */
export async function importCost(
  runtime: Runtime,
  contender: ContenderName,
  module: string,
): Promise<[time: number, memory: number]> {
  const [command = "", ...args] = runtime.command(contender);
  const { stdout } = await new Deno.Command(command, {
    args: [...args, `${ROOT}/bench/import.ts`, module],
    stderr: "null",
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
