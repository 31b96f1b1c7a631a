// deno-lint-ignore-file no-explicit-any no-import-prefix
/** Functions of `@std/path/posix` for machines that reach npm but not JSR. */
import * as std from "npm:deno-std@1.4.0/path/posix/mod.js";

const untyped: any = std;

export const basename: (path: string | URL, suffix?: string) => string = untyped.basename;
export const dirname: (path: string | URL) => string = untyped.dirname;
export const extname: (path: string | URL) => string = untyped.extname;
export const fromFileUrl: (url: string | URL) => string = untyped.fromFileUrl;
export const isAbsolute: (path: string) => boolean = untyped.isAbsolute;
export const join: (path?: string | URL, ...paths: string[]) => string = untyped.join;
export const normalize: (path: string | URL) => string = untyped.normalize;
export const relative: (from: string, to: string) => string = untyped.relative;
export const resolve: (...paths: string[]) => string = untyped.resolve;
export const toFileUrl: (path: string) => URL = untyped.toFileUrl;
