import { rows } from "./row.ts";
import { OBJECTS, V3, whole } from "./samples.ts";

export const calls = rows({
  getTurnServer: {
    line: `GET ${V3}/voip/turnServer`,
    ...whole({ username: "u", password: "p", uris: ["turn:turn.example.org"], ttl: 5 }),
    malformed: OBJECTS,
  },
});
