// deno-lint-ignore-file no-explicit-any no-import-prefix
/** Functions of `@std/encoding` for machines that reach npm but not JSR. */
import * as base64Module from "npm:deno-std@1.4.0/encoding/base64.js";
import * as base64urlModule from "npm:deno-std@1.4.0/encoding/base64url.js";
import * as hexModule from "npm:deno-std@1.4.0/encoding/hex.js";

const untyped: any = { ...base64Module, ...base64urlModule, ...hexModule };

type Encode = (data: string | Uint8Array | ArrayBuffer) => string;
type Decode = (text: string) => Uint8Array<ArrayBuffer>;

export const encodeBase64: Encode = untyped.encodeBase64;
export const decodeBase64: Decode = untyped.decodeBase64;
export const encodeBase64Url: Encode = untyped.encodeBase64Url;
export const decodeBase64Url: Decode = untyped.decodeBase64Url;
export const encodeHex: Encode = untyped.encodeHex;
export const decodeHex: Decode = untyped.decodeHex;
