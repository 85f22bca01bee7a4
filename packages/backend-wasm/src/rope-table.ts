import type { RopeSpec } from "@realizar/tensor";

/** Bytes of (cos, sin) of one position. */
export function ropeRowBytes(spec: RopeSpec): number {
  return spec.dims * 4;
}

/** Specs that give the same table have the same key. */
export function ropeKey(spec: RopeSpec): string {
  return `${spec.dims}:${spec.magnitude}:${spec.frequencies.join()}`;
}

/** Writes rows `from` .. `to` - 1: for each pair magnitude x (cos, sin) of position x frequency. */
export function fillRopeRows(
  floats: Float32Array,
  base: number,
  spec: RopeSpec,
  from: number,
  to: number,
): void {
  const pairs = spec.dims / 2;
  for (let position = from; position < to; position++) {
    let at = (base >>> 2) + position * spec.dims;
    for (let i = 0; i < pairs; i++) {
      const angle = position * spec.frequencies[i]!;
      floats[at++] = spec.magnitude * cosine(angle);
      floats[at++] = spec.magnitude * sine(angle);
    }
  }
}

const HALF_PI_HIGH = 1.5707963267341256; // first 33 bits of pi / 2 (fdlibm, e_rem_pio2.c: pio2_1)
const HALF_PI_LOW = 6.0771005065061922e-11; // pi / 2 less that (pio2_1t)

/**
 * sin and cos by their Taylor series on |r| <= pi / 4, with every step an IEEE operation: Math.sin and Math.cos may differ
 * between engines in the last bit, these do not. Error below 1e-14 for angles to 2^20.
 */
function reduce(x: number): { quadrant: number; r: number } {
  const n = Math.round(x / (Math.PI / 2));
  return { quadrant: n & 3, r: x - n * HALF_PI_HIGH - n * HALF_PI_LOW };
}

function sineSeries(r: number): number {
  const s = r * r;
  let p = -1 / 1307674368000;
  for (const c of [1 / 6227020800, -1 / 39916800, 1 / 362880, -1 / 5040, 1 / 120, -1 / 6]) p = p * s + c;
  return r + r * s * p;
}

function cosineSeries(r: number): number {
  const s = r * r;
  let p = 1 / 20922789888000;
  for (const c of [-1 / 87178291200, 1 / 479001600, -1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2])
    p = p * s + c;
  return 1 + s * p;
}

export function sine(x: number): number {
  const { quadrant, r } = reduce(x);
  const value = (quadrant & 1) === 0 ? sineSeries(r) : cosineSeries(r);
  return quadrant < 2 ? value : -value;
}

export function cosine(x: number): number {
  const { quadrant, r } = reduce(x);
  const value = (quadrant & 1) === 0 ? cosineSeries(r) : sineSeries(r);
  return quadrant === 0 || quadrant === 3 ? value : -value;
}
