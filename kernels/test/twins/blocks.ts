import { half } from "./float.ts";

/** A block of a file's row, taken apart: w[i] = d scales[i / run] (codes[i]) + m, or - dmin mins[i / run]. */
export interface Block {
  readonly d: number;
  /** Codes with their centre taken off, except in types with minimums. */
  readonly codes: number[];
  /** Q4_1, Q5_1: the minimum. */
  readonly m?: number;
  /** Integer scale of each run of columns. */
  readonly scales?: number[];
  /** Q2_K, Q4_K, Q5_K: scale and integers of the minimums. */
  readonly dmin?: number;
  readonly mins?: number[];
}

export type Read = (bytes: Uint8Array, at: number) => Block;

const IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
const E2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

const range = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));
const nibbles = (b: Uint8Array, at: number) =>
  range(32, (i) => (i < 16 ? b[at + i]! & 15 : b[at + i - 16]! >> 4));
const fives = (b: Uint8Array, high: number, low: number) =>
  nibbles(b, low).map((n, i) => n | (((b[high + (i >> 3)]! >> (i & 7)) & 1) << 4));
const k4 = (b: Uint8Array, at: number, j: number): [number, number] =>
  j < 4
    ? [b[at + j]! & 63, b[at + j + 4]! & 63]
    : [
        (b[at + j + 4]! & 15) | ((b[at + j - 4]! >> 6) << 4),
        (b[at + j + 4]! >> 4) | ((b[at + j]! >> 6) << 4),
      ];
const nibbles64 = (b: Uint8Array, at: number) =>
  range(256, (i) => (b[at + 32 * (i >> 6) + (i & 31)]! >> (4 * ((i >> 5) & 1))) & 15);
const pairs = (b: Uint8Array, at: number) =>
  range(256, (i) => (b[at + 32 * (i >> 7) + (i & 31)]! >> (2 * ((i >> 5) & 3))) & 3);
const signed = (x: number) => (x << 24) >> 24;

/** ggml-common.h, each type's block; written from the struct, apart from the kernels' and from @realizar/gguf's code. */
export const READ: Record<string, Read> = {
  Q8_0: (b, at) => ({ d: half(b, at), codes: range(32, (i) => signed(b[at + 2 + i]!)) }),
  IQ4_NL: (b, at) => ({ d: half(b, at), codes: nibbles(b, at + 2).map((n) => IQ4[n]!) }),
  Q4_0: (b, at) => ({ d: half(b, at), codes: nibbles(b, at + 2).map((n) => n - 8) }),
  Q4_1: (b, at) => ({ d: half(b, at), m: half(b, at + 2), codes: nibbles(b, at + 4) }),
  Q5_0: (b, at) => ({ d: half(b, at), codes: fives(b, at + 2, at + 6).map((n) => n - 16) }),
  Q5_1: (b, at) => ({ d: half(b, at), m: half(b, at + 2), codes: fives(b, at + 4, at + 8) }),
  MXFP4: (b, at) => ({ d: 2 ** (b[at]! - 128), codes: nibbles(b, at + 1).map((n) => E2M1[n]!) }),
  IQ4_XS: (b, at) => ({
    d: half(b, at),
    scales: range(8, (j) => {
      const high = ((b[at + 2]! | (b[at + 3]! << 8)) >> (2 * j)) & 3;
      return (((b[at + 4 + (j >> 1)]! >> (4 * (j & 1))) & 15) | (high << 4)) - 32;
    }),
    codes: range(8, (j) => j).flatMap((j) => nibbles(b, at + 8 + 16 * j).map((n) => IQ4[n]!)),
  }),
  Q2_K: (b, at) => ({
    d: half(b, at + 80),
    dmin: half(b, at + 82),
    scales: range(16, (j) => b[at + j]! & 15),
    mins: range(16, (j) => b[at + j]! >> 4),
    codes: pairs(b, at + 16),
  }),
  Q3_K: (b, at) => ({
    d: half(b, at + 108),
    scales: range(16, (j) => {
      const low = (b[at + 96 + (j & 7)]! >> (j < 8 ? 0 : 4)) & 15;
      return (low | (((b[at + 104 + (j & 3)]! >> (2 * (j >> 2))) & 3) << 4)) - 32;
    }),
    codes: pairs(b, at + 32).map((n, i) => (n | (((b[at + (i & 31)]! >> (i >> 5)) & 1) << 2)) - 4),
  }),
  Q4_K: (b, at) => ({
    d: half(b, at),
    dmin: half(b, at + 2),
    scales: range(8, (j) => k4(b, at + 4, j)[0]),
    mins: range(8, (j) => k4(b, at + 4, j)[1]),
    codes: nibbles64(b, at + 16),
  }),
  Q5_K: (b, at) => ({
    d: half(b, at),
    dmin: half(b, at + 2),
    scales: range(8, (j) => k4(b, at + 4, j)[0]),
    mins: range(8, (j) => k4(b, at + 4, j)[1]),
    codes: nibbles64(b, at + 48).map((n, i) => n | (((b[at + 16 + (i & 31)]! >> (i >> 5)) & 1) << 4)),
  }),
  Q6_K: (b, at) => ({
    d: half(b, at + 208),
    scales: range(16, (j) => signed(b[at + 192 + j]!)),
    codes: range(256, (i) => {
      const [side, k, l] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = (b[at + 64 * side + 32 * (k & 1) + l]! >> (4 * (k >> 1))) & 15;
      return (low | (((b[at + 128 + 32 * side + l]! >> (2 * k)) & 3) << 4)) - 32;
    }),
  }),
  TQ2_0: (b, at) => ({ d: half(b, at + 64), codes: pairs(b, at).map((n) => n - 1) }),
  TQ1_0: (b, at) => {
    const trit = (m: number, n: number) => ((((b[at + m]! * 3 ** n) & 255) * 3) >> 8) - 1;
    return {
      d: half(b, at + 52),
      codes: range(256, (i) => {
        if (i < 160) return trit(i & 31, i >> 5);
        if (i < 240) return trit(32 + (i & 15), (i - 160) >> 4);
        return trit(48 + (i & 3), (i - 240) >> 2);
      }),
    };
  },
};
