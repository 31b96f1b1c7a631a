/** The story under Deno. The account comes as arguments, because reading the environment requires a permission. */
import { story } from "./consumer/story.ts";

const [homeserver = "", user = "", password = ""] = Deno.args;
const NAMES = ["env", "read", "write", "run", "ffi", "sys", "net"] as const;
const states = await Promise.all(NAMES.map((name) => Deno.permissions.query({ name })));
console.log(states.map(({ state }, i) => `${NAMES[i]}: ${state}`).join(", "));
await story({ homeserver, user, password }, console.log);
