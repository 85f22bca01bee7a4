import { f32, nearest } from "./float.ts";

/** An activation row as ops/quantize.ts makes it, before it is laid out: x = scale q. */
export interface Activation {
  /** Integers, products with the integer scales of their blocks. */
  readonly q: Int32Array<ArrayBuffer>;
  /** One scale a block, or one for the row. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** What numbers are multiplied by so that the largest becomes `most`: 0 for numbers so small that they count as zero. */
const stepsOf = (amax: number, most: number) => (amax < f32(1e-34) ? 0 : f32(most / amax));

/** A row's scale: the power of two from `least` up. */
function rowScale(least: number): number {
  let t = 2 ** -110;
  while (t < least) t *= 2;
  return t;
}

/** What the sums of four columns' numbers of one sign may be before rounding, with weights that take all bytes and with IQ4's. */
export const TOP = { bytes: 126, iq4: 133 } as const;

/** Columns of eight that share an integer scale. */
const FOURS = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
] as const;

/** A row as ops/quantize.ts, q8_fours, makes it: x = t s a, q = s a. */
export function quantizeQ8Fours(x: Float32Array, top: number = TOP.bytes): Activation {
  const q = new Int32Array(x.length);
  const share = f32(1 / (top * 16000));
  const peak = f32(top * f32(2 / 127));
  const fours: { columns: number[]; share: number }[] = [];
  for (let i = 0; i < x.length; i += 8) {
    for (const four of FOURS) {
      const columns = four.map((c) => i + c);
      const [a, b, c, d] = columns.map((i) => f32(x[i]! * share)) as [number, number, number, number];
      const sum = (g: (v: number) => number) => f32(f32(g(a) + g(c)) + f32(g(b) + g(d)));
      const sums = f32(sum(Math.abs) + Math.abs(sum((v) => v)));
      const largest = Math.max(...[a, b, c, d].map(Math.abs));
      fours.push({ columns, share: Math.max(sums, f32(largest * peak)) });
    }
  }
  const t = rowScale(Math.max(...fours.map(({ share }) => share)));
  for (const { columns, share } of fours) {
    const s = Math.max(1, nearest(f32(f32(share * f32(8000 / t)) + f32(0.499))));
    const factor = f32(1 / f32(t * s));
    for (const c of columns) q[c] = s * nearest(f32(x[c]! * factor));
  }
  return { q, scales: Float32Array.of(t) };
}

/** A row as ops/quantize.ts, q8_32, makes it: the same with one s for 32 columns. */
export function quantizeQ8(x: Float32Array): Activation {
  const q = new Int32Array(x.length);
  const amaxOf = (from: number, to: number) => Math.max(...x.subarray(from, to).map(Math.abs));
  const t = rowScale(f32(amaxOf(0, x.length) * f32(1 / (127 * 16383))));
  for (let i = 0; i < x.length; i += 32) {
    const s = Math.max(1, nearest(f32(f32(amaxOf(i, i + 32) * f32(1 / f32(127 * t))) + f32(0.499))));
    const factor = f32(1 / f32(t * s));
    for (let c = i; c < i + 32; c++) q[c] = s * nearest(f32(x[c]! * factor));
  }
  return { q, scales: Float32Array.of(t) };
}

/** A row as ops/quantize.ts, q8_256, makes it: scale = amax / 127, q = nearest(x (127 / amax)), in f32 steps. */
export function quantizeQ8K(x: Float32Array): Activation {
  const q = new Int32Array(x.length);
  const scales = new Float32Array(x.length / 256);
  for (let b = 0; b < scales.length; b++) {
    let amax = 0;
    for (let i = 0; i < 256; i++) amax = Math.max(amax, Math.abs(x[b * 256 + i]!));
    const inverse = stepsOf(amax, 127);
    scales[b] = amax / 127;
    for (let i = 0; i < 256; i++) q[b * 256 + i] = nearest(f32(x[b * 256 + i]! * inverse));
  }
  return { q, scales };
}

/** A row as ops/quantize.ts, q16, makes it: x = scale q, a scale for 32 columns. */
export function quantizeQ16(x: Float32Array): Activation {
  const scales: number[] = [];
  const q = new Int32Array(x.length);
  for (let i = 0; i < x.length; i += 32) {
    const block = x.subarray(i, i + 32);
    const amax = Math.max(...block.map(Math.abs));
    const inverse = stepsOf(amax, 8191);
    q.set(
      [...block].map((v) => nearest(f32(v * inverse))),
      i,
    );
    scales.push(f32(amax / 8191));
  }
  return { q, scales: Float32Array.from(scales) };
}
