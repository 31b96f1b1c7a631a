/**
 * Preloaded for the examples in comments, README and guides: puts a homeserver that lives in memory behind `fetch`,
 * anew for each example. What it knows, and the names that make it misbehave: doc_homeserver/server.ts.
 */
import { DocHomeserver } from "./doc_homeserver/server.ts";

const homeserver = new DocHomeserver();
globalThis.fetch = (input, init) => homeserver.fetch(input, init);
