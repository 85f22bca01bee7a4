import { largestMagnitude, nearestInt } from "./extremes.ts";

const f = Math.fround;

/** Below this a group counts as zero: GROUP_MAX_EPS of ggml-quants.c. */
export const ZERO_GROUP = f(1e-15);

/** Quants between -nmax and nmax - 1. */
const clampSigned = (q: number, nmax: number): number => Math.max(-nmax, Math.min(nmax - 1, q));

/**
 * The scale of a group coded as scale * q, q from -nmax to nmax - 1, that makes the error weighted by squares least
 * among 19 tries; writes q + nmax to `quants`.
 * Source: make_qx_quants of ggml-quants.c, rmse_type 1, without an importance matrix.
 */
export function signedScale(
  src: Float32Array,
  at: number,
  length: number,
  nmax: number,
  quants: Uint8Array,
  to: number,
): number {
  const max = largestMagnitude(src, at, length);
  if (Math.abs(max) < ZERO_GROUP) {
    quants.fill(0, to, to + length);
    return 0;
  }
  let scale = 0;
  let best = 0;
  for (let turn = -10; turn <= 9; turn++) {
    // the first turn is the plain guess, and is taken whatever it gives
    const first = turn === -10;
    if (turn === 0) continue;
    const inverse = f(-(first ? nmax : f(nmax + f(f(0.1) * turn))) / max);
    let products = 0;
    let squares = 0;
    for (let i = 0; i < length; i++) {
      const value = src[at + i]!;
      const q = clampSigned(nearestInt(f(inverse * value)), nmax);
      const weight = f(value * value);
      products = f(products + f(f(weight * value) * q));
      squares = f(squares + f(f(weight * q) * q));
    }
    if (first || (squares > 0 && f(products * products) > f(best * squares))) {
      for (let i = 0; i < length; i++) {
        quants[to + i] = clampSigned(nearestInt(f(inverse * src[at + i]!)), nmax) + nmax;
      }
      scale = squares > 0 ? f(products / squares) : 0;
      best = f(scale * products);
    }
  }
  return scale;
}

/**
 * As signedScale, but by moving one quant at a time while that helps.
 * Source: make_q3_quants of ggml-quants.c with do_rmse.
 */
export function descendedScale(
  src: Float32Array,
  at: number,
  length: number,
  nmax: number,
  quants: Uint8Array,
  to: number,
): number {
  const max = largestMagnitude(src, at, length);
  if (Math.abs(max) < ZERO_GROUP) {
    quants.fill(0, to, to + length);
    return 0;
  }
  const inverse = f(-nmax / max);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const value = src[at + i]!;
    const q = clampSigned(nearestInt(f(inverse * value)), nmax);
    quants[to + i] = q + nmax;
    const weight = f(value * value);
    products = f(products + f(f(weight * value) * q));
    squares = f(squares + f(f(weight * q) * q));
  }
  for (let turn = 0; turn < 5; turn++) {
    let changed = false;
    for (let i = 0; i < length; i++) {
      const value = src[at + i]!;
      const weight = f(value * value);
      const old = quants[to + i]! - nmax;
      let p = f(products - f(f(weight * value) * old));
      if (p <= 0) continue;
      let s = f(squares - f(f(weight * old) * old));
      const q = clampSigned(nearestInt(f(f(value * s) / p)), nmax);
      if (q === old) continue;
      p = f(p + f(f(weight * value) * q));
      s = f(s + f(f(weight * q) * q));
      if (s > 0 && f(f(p * p) * squares) > f(f(products * products) * s)) {
        quants[to + i] = q + nmax;
        products = p;
        squares = s;
        changed = true;
      }
    }
    if (!changed) break;
  }
  return squares > 0 ? f(products / squares) : 0;
}

/** What affineScale tries: factors from (first + nmax) by `step`, `steps` + 1 of them; error squared or absolute. */
export interface AffineSearch {
  readonly nmax: number;
  readonly first: number;
  readonly step: number;
  readonly steps: number;
  readonly absolute: boolean;
}

/**
 * The scale and minimum of a group coded as scale * q - minimum, q from 0 to nmax, minimum >= 0, that make the weighted
 * error least among the tries. Returns the scale and writes the minimum to `minimums[slot]`; the quants are for the
 * caller to choose once scale and minimum are themselves quantized.
 * Source: make_qkx2_quants of ggml-quants.c.
 */
export function affineScale(
  src: Float32Array,
  at: number,
  length: number,
  weights: Float32Array,
  search: AffineSearch,
  quants: Uint8Array,
  to: number,
  minimums: Float32Array,
  slot: number,
  trial: Uint8Array,
): number {
  const { nmax, absolute } = search;
  let min = src[at]!;
  let max = min;
  let weightSum = weights[0]!;
  let valueSum = f(weightSum * min);
  for (let i = 1; i < length; i++) {
    const value = src[at + i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    weightSum = f(weightSum + weights[i]!);
    valueSum = f(valueSum + f(weights[i]! * value));
  }
  if (min > 0) min = 0;
  if (max === min) {
    quants.fill(0, to, to + length);
    minimums[slot] = -min;
    return 0;
  }
  const range = f(max - min);
  const guess = f(nmax / range);
  let scale = f(1 / guess);
  let bestError = 0;
  for (let i = 0; i < length; i++) {
    const value = src[at + i]!;
    const q = Math.max(0, Math.min(nmax, nearestInt(f(guess * f(value - min)))));
    quants[to + i] = q;
    const miss = f(f(f(scale * q) + min) - value);
    bestError = f(bestError + f(weights[i]! * (absolute ? Math.abs(miss) : f(miss * miss))));
  }
  for (let turn = 0; turn <= search.steps; turn++) {
    const inverse = f(f(f(search.first + f(search.step * turn)) + nmax) / f(max - min));
    let sumQ = 0;
    let sumQ2 = 0;
    let sumQX = 0;
    for (let i = 0; i < length; i++) {
      const value = src[at + i]!;
      const q = Math.max(0, Math.min(nmax, nearestInt(f(inverse * f(value - min)))));
      trial[i] = q;
      const wq = f(weights[i]! * q);
      sumQ = f(sumQ + wq);
      sumQ2 = f(sumQ2 + f(wq * q));
      sumQX = f(sumQX + f(wq * value));
    }
    const determinant = f(f(weightSum * sumQ2) - f(sumQ * sumQ));
    if (!(determinant > 0)) continue;
    let trialScale = f(f(f(weightSum * sumQX) - f(valueSum * sumQ)) / determinant);
    let trialMin = f(f(f(sumQ2 * valueSum) - f(sumQ * sumQX)) / determinant);
    if (trialMin > 0) {
      trialMin = 0;
      trialScale = f(sumQX / sumQ2);
    }
    let error = 0;
    for (let i = 0; i < length; i++) {
      const miss = f(f(f(trialScale * trial[i]!) + trialMin) - src[at + i]!);
      error = f(error + f(weights[i]! * (absolute ? Math.abs(miss) : f(miss * miss))));
    }
    if (error < bestError) {
      for (let i = 0; i < length; i++) quants[to + i] = trial[i]!;
      bestError = error;
      scale = trialScale;
      min = trialMin;
    }
  }
  minimums[slot] = -min;
  return scale;
}
