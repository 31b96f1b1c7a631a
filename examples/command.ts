/** What the programs beside this file have in common: arguments, signing in, Ctrl-C and exit codes. */
import process from "node:process";
import { parseArgs } from "node:util";
import { Client, isRoomAlias, isRoomID, MatrixError, type RoomID } from "@mtx/client";

const SETTINGS = `
From the environment:
  MATRIX_HOMESERVER  base URL of the homeserver: https://matrix.example.org
  MATRIX_TOKEN       access token; or in its place
  MATRIX_USER, MATRIX_PASSWORD

Exit codes: 0 done, 1 failed, 2 wrong arguments or settings, 130 interrupted.`;

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
}

/** How a program was called, and a client that is signed in. */
export interface Call {
  client: Client;
  args: string[];
  /** Its options. */
  text(option: string): string | undefined;
  flag(option: string): boolean;
  number(option: string, otherwise: number): number;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** A line for whoever watches; what a program is asked for goes to standard output. */
export function say(line: string): void {
  console.error(line);
}

/** Finds a room by its ID or alias. */
export async function findRoom(client: Client, room: string): Promise<RoomID> {
  if (isRoomID(room)) return room;
  if (!isRoomAlias(room)) throw new UsageError(`${room} is neither a room's ID nor an alias`);
  const { room_id: roomId } = await client.resolveRoomAlias(room);
  if (!roomId) throw new Error(`${room} leads nowhere`);
  return roomId;
}

function readCall(command: Command): Omit<Call, "client" | "signal"> {
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
  const missing = parameters[args.length];
  if (missing) throw new UsageError(`${missing} is missing`);
  if (args.length > parameters.length + more) throw new UsageError(`${args.at(-1)} is one argument too many`);
  const text = (option: string) => values[option] as string | undefined;
  const number = (option: string, otherwise: number) => {
    const value = Number(text(option) ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1) throw new UsageError(`--${option} is no number`);
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
  const client = new Client({ baseUrl, token });
  if (token) {
    client.mxid = (await client.whoami({ signal })).user_id;
    return [client, () => Promise.resolve()];
  }
  await client.login({ identifier: user, password, deviceName: "Example", signal });
  return [client, () => client.logout({ deadline: 5_000, retry: { limit: 0 } })];
}

/** Runs a program, and sets its exit code. */
export async function run(command: Command): Promise<void> {
  if (process.argv.includes("--help")) return console.log(command.usage + SETTINGS);
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error("Interrupted"));
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  try {
    const call = readCall(command);
    const [client, end] = await signIn(stop.signal);
    await command.work({ ...call, client, signal: stop.signal }).finally(end);
    if (stop.signal.aborted) process.exitCode = command.interrupted ?? 130;
  } catch (error) {
    const known = error instanceof MatrixError || error instanceof UsageError || stop.signal.aborted;
    say(known ? (error as Error).message : String(error instanceof Error ? error.stack : error));
    if (error instanceof UsageError) say(`\n${command.usage}${SETTINGS}`);
    process.exitCode = error instanceof UsageError ? 2 : stop.signal.aborted ? command.interrupted ?? 130 : 1;
  } finally {
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  }
}
