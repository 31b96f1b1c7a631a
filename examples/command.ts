/** Shared by the command-line programs in this folder: arguments, signing in, Ctrl-C and exit codes. */
import process from "node:process";
import { parseArgs } from "node:util";
import { Client, isRoomAlias, isRoomId, MatrixError, type RoomID } from "@mtx/client";
import { sessionOptions } from "./session_file.ts";

const settings = ({ interrupted = 130 }: Command) => `
Environment variables:
  MATRIX_SESSION     file with a session, written by "deno task login", or instead of it:
  MATRIX_HOMESERVER  base URL of the homeserver, such as https://matrix.example.org
  MATRIX_TOKEN       access token, or instead of it:
  MATRIX_USER, MATRIX_PASSWORD

Exit codes: 0 success, 1 failure, 2 invalid arguments or settings, ${interrupted} interrupted.`;

/** Indicates invalid arguments or settings. The message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A command-line program. */
export interface Command {
  /** Text for `--help`: arguments, options and purpose. */
  usage: string;
  /** Names of the required arguments. */
  parameters?: string[];
  /** Maximum number of further arguments. */
  more?: number;
  /** Options: `limit: "string"` for `--limit=5`, `all: "boolean"` for `--all`. */
  options?: Record<string, "string" | "boolean">;
  /** Exit code after Ctrl-C. 0 for programs that run until they are interrupted. */
  interrupted?: number;
  /** Runs the program. An error is reported in one line. */
  work(call: Call): Promise<void>;
  /** Returns whether to exit with 0 even if a request fails. */
  ignoresFailures?(call: Arguments): boolean;
}

/** The arguments of a call. */
export interface Arguments {
  args: string[];
  /** Returns the value of an option. */
  text(option: string): string | undefined;
  /** Returns whether an option is set. */
  flag(option: string): boolean;
  /** Returns the value of an option as a positive integer. */
  number(option: string, otherwise: number): number;
}

/** The arguments of a call, and a client that is signed in. */
export interface Call extends Arguments {
  client: Client;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Prints a status line to standard error. Results go to standard output. */
export function status(line: string): void {
  console.error(line);
}

/** Makes text of other users safe to print in one line: replaces control characters and limits the length. */
export function sanitize(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** Returns the ID of a room, given its ID or alias. */
export async function resolveRoom(client: Client, room: string): Promise<RoomID> {
  if (isRoomId(room)) return room;
  if (!isRoomAlias(room)) throw new UsageError(`${room} is not a room ID or alias`);
  const { room_id: roomId } = await client.resolveRoomAlias(room);
  if (!roomId) throw new Error(`The homeserver returned no room for ${room}`);
  return roomId;
}

function readArguments({ parameters = [], more = 0, options = {} }: Command): Arguments {
  const types = Object.entries(options).map(([name, type]) => [name, { type }] as const);
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ options: Object.fromEntries(types), allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  const { values, positionals: args } = parsed;
  const missing = parameters.find((_, i) => !args[i]);
  if (missing) throw new UsageError(`${missing} is missing`);
  if (args.length > parameters.length + more) throw new UsageError(`Unexpected argument: ${args.at(-1)}`);
  const text = (option: string) => values[option] as string | undefined;
  const number = (option: string, otherwise: number) => {
    const value = Number(text(option) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError(`--${option} must be a positive integer`);
    }
    return value;
  };
  return { args, text, number, flag: (option) => values[option] === true };
}

/** Creates a client from the environment, and a function that ends its session if it logged in with a password. */
async function signIn(signal: AbortSignal): Promise<[client: Client, end: () => Promise<void>]> {
  const { MATRIX_HOMESERVER: baseUrl, MATRIX_TOKEN: token, MATRIX_USER: user, MATRIX_PASSWORD: password } =
    process.env;
  const { MATRIX_SESSION: file } = process.env;
  if (file) return [new Client(await sessionOptions(file)), () => Promise.resolve()];
  if (!baseUrl) throw new UsageError("MATRIX_HOMESERVER is not set");
  if (!token && !(user && password)) throw new UsageError("MATRIX_TOKEN is not set");
  let client: Client;
  try {
    client = new Client({ baseUrl, token });
  } catch (error) {
    throw new UsageError(`MATRIX_HOMESERVER or MATRIX_TOKEN: ${(error as Error).message}`);
  }
  if (token) {
    client.mxid = (await client.whoami({ signal })).user_id;
    return [client, () => Promise.resolve()];
  }
  await client.login({ identifier: user, password, deviceName: "Example", signal });
  const end = async () => {
    try {
      // After Ctrl-C the user does not want to wait.
      await client.logout({ deadline: signal.aborted ? 500 : 5_000, retry: { limit: 0 } });
    } catch (error) {
      status(`Cannot log out: ${describeError(error)}`);
    }
  };
  return [client, end];
}

/** Returns an error as one line, or with its stack if it is a mistake in the program. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isMistake = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) =>
    error instanceof kind
  );
  return isMistake ? String(error.stack) : error.message;
}

/** Runs a program and sets the exit code. */
export async function run(command: Command): Promise<void> {
  if (process.argv.includes("--help")) return console.log(command.usage + settings(command));
  const controller = new AbortController();
  const { signal } = controller;
  const removeListeners = () => process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  const interrupt = () => {
    controller.abort(new Error("Interrupted"));
    removeListeners(); // A second Ctrl-C ends the process.
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  let call: Arguments | undefined;
  try {
    call = readArguments(command);
    const [client, end] = await signIn(signal);
    await command.work({ ...call, client, signal }).finally(end);
    if (signal.aborted) process.exitCode = command.interrupted ?? 130;
  } catch (error) {
    status(signal.aborted ? "Interrupted" : describeError(error));
    if (error instanceof UsageError) {
      status(`\n${command.usage}${settings(command)}`);
      process.exitCode = 2;
    } else if (signal.aborted) {
      process.exitCode = command.interrupted ?? 130;
    } else if (!(error instanceof MatrixError && call && command.ignoresFailures?.(call))) {
      process.exitCode = 1;
    }
  } finally {
    removeListeners();
  }
}
