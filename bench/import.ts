/** Says how long it takes to import the module that is named, in ms. */

import process from "node:process";

const start = performance.now();
await import(process.argv[2]!);
console.log(performance.now() - start);
