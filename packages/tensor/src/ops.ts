import type { Tensor, Weight } from "./handle.ts";

/** Rotary embedding of one kind of layer; positions come from the batch. */
export interface RopeSpec {
  readonly headDim: number;
  /** Numbers of each head that turn; the rest pass. */
  readonly dims: number;
  /** Which numbers pair up: (2i, 2i + 1) or (i, i + dims / 2). */
  readonly pairing: "interleaved" | "halved";
  /** [dims / 2] angle per position of each pair, radians. */
  readonly frequencies: Float64Array;
  /** Factor on cos and sin (YaRN's attention factor); 1 for most. */
  readonly magnitude: number;
}

export interface AttentionSpec {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Factor on q k^T. */
  readonly scale: number;
  /** Positions seen back, the row's own included; 0 for all. */
  readonly window: number;
  /** cap tanh(x / cap) on scores; 0 for none. */
  readonly softcap: number;
  /** Rows see positions up to their own, or (encoders) the whole sequence, which must then be in one batch. */
  readonly causal: boolean;
  /** [heads] extra logits that join each softmax's denominator (gpt-oss). */
  readonly sinks?: Weight;
}

export type Activation = "silu" | "gelu" | "gelu_erf" | "swiglu_oai";

/** How expert weights come from router logits; see `route`. */
export interface RouteSpec {
  readonly experts: number;
  readonly used: number;
  readonly weighting: "softmax" | "softmax-normalized" | "softmax-chosen" | "sigmoid-normalized";
  readonly scale: number;
}

/** The experts of each row: `used` ids and weights a row. */
export interface Routing {
  readonly id: number;
  readonly rows: number;
  readonly spec: RouteSpec;
}

/**
 * The verbs of a forward pass. Each returns a handle at once and never data. n is the batch's rows; tensors are f32.
 * A row's result depends on that row alone (attention: on its sequence), with one order of additions.
 */
export interface Ops {
  /** w[token] of each row: [n, columns]. */
  embed(w: Weight): Tensor;
  /** w[position] of each row: [n, columns]. */
  embedPositions(w: Weight): Tensor;
  /** x w^T + bias: [n, w rows]. */
  linear(x: Tensor, w: Weight, bias?: Weight): Tensor;
  /** x / sqrt(mean(x^2) + eps) * w, over whole rows or over each run of `width` columns (one head). */
  rmsNorm(x: Tensor, w: Weight | undefined, eps: number, width?: number): Tensor;
  /** (x - mean) / sqrt(var + eps) * w + bias. */
  layerNorm(x: Tensor, w: Weight, bias: Weight | undefined, eps: number): Tensor;
  /** Turns each head of [n, heads * headDim] by its row's position. */
  rope(x: Tensor, spec: RopeSpec): Tensor;
  /** Stores k and v in the layer's pages, then softmax(scale q k^T) v: [n, heads * headDim]. */
  attention(q: Tensor, k: Tensor, v: Tensor, layer: number, spec: AttentionSpec): Tensor;
  /** act(gate) * up; swiglu_oai as gpt-oss defines it. */
  gated(activation: Activation, gate: Tensor, up: Tensor): Tensor;
  /** act(x). */
  activate(activation: Exclude<Activation, "swiglu_oai">, x: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  multiply(a: Tensor, b: Tensor): Tensor;
  scale(x: Tensor, factor: number): Tensor;
  /** cap tanh(x / cap). */
  softcap(x: Tensor, cap: number): Tensor;
  /** The rows whose output is wanted: [m, columns]. */
  outputRows(x: Tensor): Tensor;
  /** The experts of each row from router logits [n, experts]: the `used` largest, the lower id first among equals. */
  route(logits: Tensor, spec: RouteSpec): Routing;
  /** Row i of x (or row i / used, where x has n rows) times the matrix of expert i of the routing: [n * used, rows of w]. */
  linearExperts(x: Tensor, w: Weight, routing: Routing, bias?: Weight): Tensor;
  /** Weighted sums of the experts' rows: [n * used, columns] to [n, columns]. */
  combine(x: Tensor, routing: Routing): Tensor;
}
