/** The story under Bun and Node. Reads MATRIX_HOMESERVER, MATRIX_USER and MATRIX_PASSWORD. */
import process from "node:process";
import { story } from "./story.ts";

function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

await story({
  homeserver: setting("MATRIX_HOMESERVER"),
  user: setting("MATRIX_USER"),
  password: setting("MATRIX_PASSWORD"),
}, console.log);
