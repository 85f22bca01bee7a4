import { f32, nearest } from "./float.ts";

/** Activation rows as ops/quantize.ts makes them, before they are laid out. */
export interface Activation {
  /** Quantized numbers. */
  readonly q: Int32Array<ArrayBuffer>;
  /** One scale a block. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Columns of eight that share a scale. */
const FOURS = [
  [0, 1, 4, 5],
  [2, 3, 6, 7],
] as const;

/** 32 columns as ops/quantize.ts, q8_fours, makes them: x = t q, q = s a. */
export function quantizeQ8Fours(x: Float32Array): Activation {
  const q = new Int32Array(x.length);
  const scales = new Float32Array(x.length / 32);
  const share = f32(1 / (2 * 126 * 4000));
  for (let b = 0; b < scales.length; b++) {
    const fours = [0, 8, 16, 24].flatMap((i) => FOURS.map((four) => four.map((c) => b * 32 + i + c)));
    const shares = fours.map((four) => {
      const [a, c, d, e] = four.map((i) => f32(x[i]! * share)) as [number, number, number, number];
      const sum = (g: (v: number) => number) => f32(f32(g(a) + g(d)) + f32(g(c) + g(e)));
      return f32(sum(Math.abs) + Math.abs(sum((v) => v)));
    });
    const t = Math.max(2 ** -110, ...shares);
    scales[b] = t;
    for (const [i, four] of fours.entries()) {
      const s = Math.max(1, nearest(f32(f32(shares[i]! * f32(4000 / t)) + f32(0.499))));
      const factor = f32(1 / f32(t * s));
      for (const c of four) q[c] = s * nearest(f32(x[c]! * factor));
    }
  }
  return { q, scales };
}

/** scale = amax / top, q = nearest(x (top / amax)), in f32 steps. */
export function quantizeActivation(x: Float32Array, block: number, top: number): Activation {
  const q = new Int32Array(x.length);
  const scales = new Float32Array(x.length / block);
  for (let b = 0; b < scales.length; b++) {
    let amax = 0;
    for (let i = 0; i < block; i++) amax = Math.max(amax, Math.abs(x[b * block + i]!));
    const inverse = amax === 0 ? 0 : f32(top / amax);
    scales[b] = amax / top;
    for (let i = 0; i < block; i++) q[b * block + i] = nearest(f32(x[b * block + i]! * inverse));
  }
  return { q, scales };
}
