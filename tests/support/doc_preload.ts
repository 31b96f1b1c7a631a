/**
 * Preloaded for the examples in comments, README and guides. Replaces `fetch` with an in-memory homeserver, a new one for
 * each example. doc_homeserver/server.ts describes its content, and the names that make it fail.
 */
import { Client } from "../../client/mod.ts";
import { DocHomeserver } from "./doc_homeserver/server.ts";

const homeserver = new DocHomeserver();
globalThis.fetch = (input, init) => homeserver.fetch(input, init);

// A bot runs until its process ends. Stop it when nothing is left to happen.
const { run } = Client.prototype;
Client.prototype.run = function (options) {
  homeserver.onIdle = () => this.stop();
  return run.call(this, options);
};
