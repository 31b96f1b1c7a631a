/** Says how long it takes to import the module that is named, in ms, and how much memory that takes, in MiB. */

import process from "node:process";

const before = process.memoryUsage().rss;
const start = performance.now();
await import(process.argv[2]!);
const time = performance.now() - start;
console.log(JSON.stringify([time, (process.memoryUsage().rss - before) / 2 ** 20]));
