import {
  COMMAND_WORDS,
  compileKernels,
  instantiateKernels,
  type KernelExports,
  type KernelVariant,
  type OpArguments,
  type OpName,
  writeCommand,
} from "../src/index.ts";

/** Where the program and the barrier of a bench are. */
const BARRIER = 64;
const PROGRAM = 1024;
const FIRST = 65536;

const modules = new Map<string, WebAssembly.Module>();

function moduleOf(variant: KernelVariant): WebAssembly.Module {
  const key = `${variant.simd}-${variant.memory}`;
  const made = modules.get(key) ?? compileKernels(variant);
  modules.set(key, made);
  return made;
}

export const RELAXED: KernelVariant = { simd: "relaxed", memory: "threads" };
export const PLAIN: KernelVariant = { simd: "simd", memory: "threads" };

/** One kernel instance and a memory to put operands in; commands run as ranks 0 .. threads - 1, one after another. */
export class Bench {
  readonly kernels: KernelExports;
  readonly memory: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly words: Uint32Array;
  readonly floats: Float32Array;
  private top = FIRST;

  constructor(variant: KernelVariant = RELAXED, pages = 256) {
    this.memory = new WebAssembly.Memory({
      initial: pages,
      maximum: 65536,
      shared: variant.memory === "threads",
    });
    this.kernels = instantiateKernels(moduleOf(variant), this.memory);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    this.floats = new Float32Array(this.memory.buffer);
  }

  /** Forgets what was allocated. */
  reset(): void {
    this.top = FIRST;
  }

  /** Address of `bytes` fresh bytes, filled with `fill`; 64-byte aligned, with a gap after. */
  space(bytes: number, fill = 0xa5): number {
    const at = this.top;
    this.top = (at + bytes + 127) & ~63;
    if (this.top > this.bytes.length) throw new Error("the bench is too small");
    this.bytes.fill(fill, at, this.top);
    return at;
  }

  put(data: Uint8Array | Float32Array | Int32Array | Uint32Array): number {
    const at = this.space(data.byteLength);
    this.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    return at;
  }

  /** [rows][columns] to rows `stride` bytes apart. */
  putRows(data: Float32Array, columns: number, stride: number): number {
    const rows = data.length / columns;
    const at = this.space(rows * stride, 0);
    for (let r = 0; r < rows; r++)
      this.floats.set(data.subarray(r * columns, (r + 1) * columns), (at + r * stride) >> 2);
    return at;
  }

  takeRows(at: number, rows: number, columns: number, stride: number): Float32Array {
    const out = new Float32Array(rows * columns);
    for (let r = 0; r < rows; r++) {
      const from = (at + r * stride) >> 2;
      out.set(this.floats.subarray(from, from + columns), r * columns);
    }
    return out;
  }

  takeFloats(at: number, count: number): Float32Array {
    return this.floats.slice(at >> 2, (at >> 2) + count);
  }

  takeInts(at: number, count: number): Int32Array {
    return new Int32Array(this.memory.buffer.slice(at, at + count * 4));
  }

  /** Runs one command: each rank's share with `threads` ranks, as threads would, without meeting. */
  run<N extends OpName>(op: N, args: OpArguments<N>, threads = 1): void {
    const at = PROGRAM >> 2;
    writeCommand(this.words, this.floats, at, op, args);
    this.words[at + COMMAND_WORDS] = 0;
    for (let rank = 0; rank < threads; rank++) {
      // A barrier that this rank is the last to reach: it finds threads - 1 arrivals already counted.
      this.words[BARRIER >> 2] = threads - 1;
      this.kernels.run(PROGRAM, BARRIER, rank, threads);
    }
  }
}

/** Bits of floats, so that -0, NaN and rounding are told apart. */
export function bits(x: Float32Array): Uint32Array {
  return new Uint32Array(x.buffer, x.byteOffset, x.length);
}

/** Deterministic numbers in -1 .. 1 (mulberry32). */
export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2147483648 - 1;
  };
}

export function randomFloats(count: number, seed: number, scale = 1): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => next() * scale);
}
