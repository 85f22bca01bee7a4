import { f32, nearest } from "./float.ts";

/** Activation rows as ops/quantize.ts makes them, before they are laid out. */
export interface Activation {
  /** Quantized numbers. */
  readonly q: Int32Array<ArrayBuffer>;
  /** One scale a block. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Columns of the two pairs of four that share a scale, from the first. */
const PAIRS = [
  [0, 2],
  [1, 3],
] as const;

/** 32 columns as ops/quantize.ts, q7_32, makes them: x = t n, n = s u - m. */
export function quantizeQ7(x: Float32Array): Activation {
  const q = new Int32Array(x.length);
  const scales = new Float32Array(x.length / 32);
  for (let b = 0; b < scales.length; b++) {
    const block = x.subarray(b * 32, b * 32 + 32);
    const amax = Math.max(...block.map(Math.abs));
    if (amax < 2 ** -100) continue;
    const halves = [block.subarray(0, 16), block.subarray(16)];
    const steps = (value: number) => f32(value * f32(1 / 16002));
    const range = Math.max(...halves.map((half) => f32(steps(Math.max(...half)) - steps(Math.min(...half)))));
    const t = Math.max(range, f32(amax * f32(1 / 32000)));
    const inverse = f32(1 / t);
    scales[b] = t;
    for (const [h, half] of halves.entries()) {
      const [low, high] = [Math.min(...half), Math.max(...half)];
      const sign = high < -low ? -1 : 1;
      const m = nearest(f32((sign < 0 ? high : -low) * inverse));
      const y = half.map((v) => f32(f32(v * (sign * inverse)) + m));
      for (let j = 0; j < 16; j += 4) {
        for (const pair of PAIRS) {
          const larger = Math.max(...pair.map((c) => y[j + c]!));
          const s = Math.max(1, nearest(f32(f32(larger * f32(1 / 127)) + f32(0.499))));
          for (const c of pair) q[b * 32 + h * 16 + j + c] = sign * (s * nearest(f32(y[j + c]! / s)) - m);
        }
      }
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
