/** A server for the leak test, which chooses its fault by the path of the request. */
import {
  close,
  endless,
  message,
  page,
  raw,
  refuse,
  reply,
  reset,
  sequence,
  silence,
  success,
} from "./behaviours.ts";
import { type Behaviour, FaultServer } from "./server.ts";

const HEAD = "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{";

/** The faults by name. */
const FAULTS: Record<string, Behaviour> = {
  success,
  limited: refuse(429, "M_LIMIT_EXCEEDED", { retry_after_ms: 1 }),
  gateway: page(502),
  forbidden: refuse(403, "M_FORBIDDEN"),
  html: reply(200, "<html></html>"),
  huge: reply(500, "x".repeat(300_000)),
  endless: sequence((x) => x.write(message(500, "", { "content-length": "" })), endless("x".repeat(0x4000))),
  reset,
  cut: sequence(raw(HEAD), close),
  silent: silence,
  stuck: sequence(raw(HEAD), silence),
  content: (x) => x.write(message(200, "x".repeat(100_000))),
};

/** Creates the server. */
export function leakServer(): FaultServer {
  const turns = new Map<string, number>();
  return new FaultServer({
    serve: [(x) => {
      const name = x.request!.target.split(/[/?]/)[1] ?? "";
      // Faults that are retried occur every other time only.
      const turn = (turns.get(name) ?? 0) + 1;
      turns.set(name, turn);
      const passes = /^(?:limited|gateway|reset|cut)$/.test(name) && turn % 2 === 0;
      return (passes ? success : FAULTS[name] ?? success)(x);
    }],
  });
}
