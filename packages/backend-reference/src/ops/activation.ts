import type { Activation } from "@realizar/tensor";
import { type Matrix, map, zip } from "../matrix.ts";

/** act(gate) * up. */
export function gated(activation: Activation, gate: Matrix, up: Matrix): Matrix {
  if (activation === "swiglu_oai") return zip(gate, up, swigluOai);
  const f = ACTIVATIONS[activation];
  return zip(gate, up, (a, b) => f(a) * b);
}

/** act(x). */
export function activate(activation: Exclude<Activation, "swiglu_oai">, x: Matrix): Matrix {
  return map(x, ACTIVATIONS[activation]);
}

const ACTIVATIONS = {
  /** x sigmoid(x). Elfwing et al. 2017. */
  silu: (x: number) => x / (1 + Math.exp(-x)),
  /** The tanh form. Hendrycks and Gimpel 2016. */
  gelu: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  /** x Phi(x). */
  gelu_erf: (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
} as const;

/** Slope of the sigmoid and bound of the arguments: gpt-oss, `swiglu` of gpt_oss/torch/model.py. */
const OAI_ALPHA = 1.702;
const OAI_LIMIT = 7;

/** gate is bounded above, up on both sides: g sigmoid(alpha g) (u + 1). */
function swigluOai(gate: number, up: number): number {
  const g = Math.min(gate, OAI_LIMIT);
  const u = Math.min(Math.max(up, -OAI_LIMIT), OAI_LIMIT);
  return (g / (1 + Math.exp(-OAI_ALPHA * g))) * (u + 1);
}

/**
 * 2 / sqrt(pi) times the integral of exp(-t^2) over [0, x], to 1e-15. Abramowitz and Stegun: the series 7.1.6 for
 * |x| < 3, the continued fraction 7.1.14 of its complement beyond.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z >= 6) return Math.sign(x);
  return Math.sign(x) * (z < 3 ? erfSeries(z) : 1 - erfcFraction(z));
}

/** 2 / sqrt(pi) exp(-z^2) sum of 2^n z^(2n + 1) / (1 3 5 ... (2n + 1)): every term is positive. */
function erfSeries(z: number): number {
  let term = z;
  let sum = z;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * z * z) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-z * z) * sum;
}

/** exp(-z^2) / sqrt(pi) / (z + (1/2) / (z + (2/2) / (z + (3/2) / ...))). */
function erfcFraction(z: number): number {
  let tail = z;
  for (let n = 60; n >= 1; n--) tail = z + n / 2 / tail;
  return Math.exp(-z * z) / Math.sqrt(Math.PI) / tail;
}
