/** A SHA-256 hash that takes its input in pieces. */
export interface IncrementalHash {
  /** Adds bytes to the input. */
  update(bytes: Uint8Array<ArrayBuffer>): void | Promise<void>;
  /** Ends the input and returns the hash, 32 bytes. */
  digest(): Promise<Uint8Array>;
}

/** The function of Deno, Bun and Node.js that loads a built-in module without an import. */
interface BuiltinModules {
  process?: {
    getBuiltinModule?(name: string): { createHash(algorithm: string): NodeHash } | undefined;
  };
}

interface NodeHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** The hash stream of Cloudflare Workers. */
type DigestStream = new (algorithm: string) => WritableStream<Uint8Array> & { digest: Promise<ArrayBuffer> };

/**
 * Starts a SHA-256 hash.
 *
 * WebCrypto hashes whole buffers only, so this uses the runtime's own incremental hash where there is one: `node:crypto`
 * on Deno, Bun and Node.js, `crypto.DigestStream` on Workers. Both are three times as fast as the fallback in TypeScript.
 */
export function createSha256(): IncrementalHash {
  const { process: builtins } = globalThis as BuiltinModules;
  const node = builtins?.getBuiltinModule?.("node:crypto");
  if (node !== undefined) {
    const hash = node.createHash("sha256");
    return {
      update: (bytes) => void hash.update(bytes),
      digest: () => Promise.resolve(new Uint8Array(hash.digest())),
    };
  }
  const { DigestStream } = crypto as { DigestStream?: DigestStream };
  if (DigestStream !== undefined) {
    const stream = new DigestStream("SHA-256");
    const writer = stream.getWriter();
    return {
      update: (bytes) => writer.write(bytes),
      digest: async () => {
        await writer.close();
        return new Uint8Array(await stream.digest);
      },
    };
  }
  return new Sha256();
}

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const K = fractions(64, Math.cbrt);
/** Bytes in a block. */
const BLOCK = 64;

/**
 * SHA-256 in TypeScript, for runtimes without an incremental hash of their own, such as browsers.
 *
 * @see https://csrc.nist.gov/pubs/fips/180-4/upd1/final
 */
export class Sha256 implements IncrementalHash {
  readonly #state = Uint32Array.from(fractions(8, Math.sqrt));
  readonly #words = new Uint32Array(BLOCK);
  readonly #rest = new Uint8Array(BLOCK);
  #length = 0;

  /** Adds bytes to the input. */
  update(bytes: Uint8Array): void {
    const held = this.#length % BLOCK;
    this.#length += bytes.length;
    let start = 0;
    if (held > 0) {
      start = Math.min(BLOCK - held, bytes.length);
      this.#rest.set(bytes.subarray(0, start), held);
      if (held + start < BLOCK) return;
      this.#compress(this.#rest, 0);
    }
    for (; start + BLOCK <= bytes.length; start += BLOCK) this.#compress(bytes, start);
    this.#rest.set(bytes.subarray(start));
  }

  /** Ends the input and returns the hash, 32 bytes. */
  digest(): Promise<Uint8Array> {
    const length = this.#length;
    const end = new Uint8Array(length % BLOCK < 56 ? BLOCK - length % BLOCK : 2 * BLOCK - length % BLOCK);
    end[0] = 0x80;
    new DataView(end.buffer).setBigUint64(end.length - 8, BigInt(length) * 8n);
    this.update(end);
    const hash = new DataView(new ArrayBuffer(32));
    this.#state.forEach((word, i) => hash.setUint32(4 * i, word));
    return Promise.resolve(new Uint8Array(hash.buffer));
  }

  #compress(bytes: Uint8Array, start: number): void {
    const w = this.#words;
    for (let i = 0; i < 16; i++) {
      const at = start + 4 * i;
      w[i] = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
    }
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      const s0 = (x >>> 7 | x << 25) ^ (x >>> 18 | x << 14) ^ x >>> 3;
      const s1 = (y >>> 17 | y << 15) ^ (y >>> 19 | y << 13) ^ y >>> 10;
      w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
    }
    const state = this.#state;
    let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
    let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
    for (let i = 0; i < 64; i++) {
      const s1 = (e >>> 6 | e << 26) ^ (e >>> 11 | e << 21) ^ (e >>> 25 | e << 7);
      const t1 = h + s1 + (e & f ^ ~e & g) + K[i]! + w[i]! | 0;
      const s0 = (a >>> 2 | a << 30) ^ (a >>> 13 | a << 19) ^ (a >>> 22 | a << 10);
      const t2 = s0 + (a & b ^ a & c ^ b & c) | 0;
      h = g, g = f, f = e, e = d + t1 | 0, d = c, c = b, b = a, a = t1 + t2 | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => state[i]! += word);
  }
}

/** Returns the first 32 bits of the fractional parts of the roots of the first primes. */
function fractions(count: number, root: (prime: number) => number): Uint32Array {
  const primes: number[] = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  return Uint32Array.from(primes, (prime) => root(prime) % 1 * 2 ** 32);
}
