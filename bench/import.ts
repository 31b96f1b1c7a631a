/** Prints the time in ms and the memory in MiB that the import of a module takes. */

import process from "node:process";

const before = process.memoryUsage().rss;
const start = performance.now();
await import(process.argv[2]!);
const time = performance.now() - start;
console.log(JSON.stringify([time, (process.memoryUsage().rss - before) / 2 ** 20]));
