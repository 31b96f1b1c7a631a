/** What the programs beside this file have in common: arguments, signing in, Ctrl-C and exit codes. */
import process from "node:process";
import { parseArgs } from "node:util";
import { Client, isRoomAlias, isRoomId, MatrixConnectionError, MatrixError, type RoomID } from "@mtx/client";

const settings = ({ interrupted = 130 }: Command) => `
From the environment:
  MATRIX_HOMESERVER  base URL of the homeserver: https://matrix.example.org
  MATRIX_TOKEN       access token; or in its place
  MATRIX_USER, MATRIX_PASSWORD

Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, ${interrupted} interrupted.`;

/** The program was called in a way that it does not know; the message says why. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What a program does. */
export interface Command {
  /** How to call it, and what it does. */
  usage: string;
  /** Names of the arguments that have to be there. */
  parameters?: string[];
  /** Further arguments that may be there. */
  more?: number;
  /** Its options: `--limit=5` is `limit: "string"`, `--all` is `all: "boolean"`. */
  options?: Record<string, "string" | "boolean">;
  /** The exit code on Ctrl-C. It is 0 for programs that end no other way. */
  interrupted?: number;
  /** Does it. Whatever it throws is told in a line. */
  work(call: Call): Promise<void>;
  /** Whether the exit code is 0 whatever the homeserver has said, signing in included. */
  excuses?(call: Arguments): boolean;
}

/** How a program was called. */
export interface Arguments {
  args: string[];
  /** Its options. */
  text(option: string): string | undefined;
  flag(option: string): boolean;
  number(option: string, otherwise: number): number;
}

/** How a program was called, and a client that is signed in. */
export interface Call extends Arguments {
  client: Client;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** A line for whoever watches; what a program is asked for goes to standard output. */
export function say(line: string): void {
  console.error(line);
}

/** What others have written, in a line that does nothing to the terminal. */
export function plain(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, "\ufffd");
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}

/** Finds a room by its ID or alias. */
export async function findRoom(client: Client, room: string): Promise<RoomID> {
  if (isRoomId(room)) return room;
  if (!isRoomAlias(room)) throw new UsageError(`${room} is neither a room's ID nor an alias`);
  const { room_id: roomId } = await client.resolveRoomAlias(room);
  if (!roomId) throw new Error(`${room} leads nowhere`);
  return roomId;
}

function readCall(command: Command): Arguments {
  const { parameters = [], more = 0, options = {} } = command;
  let values: Record<string, unknown>, args: string[];
  try {
    const types = Object.entries(options).map(([name, type]) => [name, { type }] as const);
    ({ values, positionals: args } = parseArgs({
      options: Object.fromEntries(types),
      allowPositionals: true,
    }));
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const missing = parameters.find((_, i) => !args[i]);
  if (missing) throw new UsageError(`${missing} is missing`);
  if (args.length > parameters.length + more) throw new UsageError(`${args.at(-1)} is one argument too many`);
  const text = (option: string) => values[option] as string | undefined;
  const number = (option: string, otherwise: number) => {
    const value = Number(text(option) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new UsageError(`--${option} must be a whole number from 1`);
    }
    return value;
  };
  return { args, text, number, flag: (option) => values[option] === true };
}

/** Makes a client; the function that comes with it ends a session that was begun with a password. */
async function signIn(signal: AbortSignal): Promise<[client: Client, end: () => Promise<void>]> {
  const { MATRIX_HOMESERVER: baseUrl, MATRIX_TOKEN: token, MATRIX_USER: user, MATRIX_PASSWORD: password } =
    process.env;
  if (!baseUrl) throw new UsageError("MATRIX_HOMESERVER is not set");
  if (!token && !(user && password)) throw new UsageError("MATRIX_TOKEN is not set");
  let client: Client;
  try {
    client = new Client({ baseUrl, token });
  } catch (error) {
    throw new UsageError(
      `MATRIX_HOMESERVER or MATRIX_TOKEN: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (token) {
    client.mxid = (await client.whoami({ signal })).user_id;
    return [client, () => Promise.resolve()];
  }
  await client.login({ identifier: user, password, deviceName: "Example", signal });
  const end = async () => {
    try {
      // Who has pressed Ctrl-C does not wait long.
      await client.logout({ deadline: signal.aborted ? 500 : 5_000, retry: { limit: 0 } });
    } catch (error) {
      // What there was to do is done.
      say(`The session is left behind: ${error instanceof Error ? error.message : error}`);
    }
  };
  return [client, end];
}

/** An error in a line; where it comes from too, if it is a mistake of the program's. */
function tell(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof MatrixConnectionError) {
    return `${error.message} (${new URL(process.env.MATRIX_HOMESERVER ?? "").origin})`;
  }
  const mistake = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind);
  return mistake ? String(error.stack) : error.message;
}

/** Runs a program, and sets its exit code. */
export async function run(command: Command): Promise<void> {
  if (process.argv.includes("--help")) return console.log(command.usage + settings(command));
  const stop = new AbortController();
  const forget = () => process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  const interrupt = () => {
    stop.abort(new Error("Interrupted"));
    forget(); // The second one ends it at once.
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  let call: Arguments | undefined;
  try {
    call = readCall(command);
    const [client, end] = await signIn(stop.signal);
    await command.work({ ...call, client, signal: stop.signal }).finally(end);
    if (stop.signal.aborted) process.exitCode = command.interrupted ?? 130;
  } catch (error) {
    say(stop.signal.aborted ? "Interrupted" : tell(error));
    if (error instanceof UsageError) say(`\n${command.usage}${settings(command)}`);
    if (error instanceof UsageError) process.exitCode = 2;
    else if (stop.signal.aborted) process.exitCode = command.interrupted ?? 130;
    else if (!(error instanceof MatrixError && call && command.excuses?.(call))) process.exitCode = 1;
  } finally {
    forget();
  }
}
