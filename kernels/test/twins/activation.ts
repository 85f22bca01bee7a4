import { f32, nearest } from "./float.ts";

/** Activation rows as ops/quantize.ts makes them, before they are laid out. */
export interface Activation {
  /** Quantized numbers. */
  readonly q: Int32Array<ArrayBuffer>;
  /** One scale a block. */
  readonly scales: Float32Array<ArrayBuffer>;
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
