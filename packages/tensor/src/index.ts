// Number types of weights.

// Backends.
export type {
  Backend,
  KvShape,
  KvType,
  LoadProgress,
  LoadRequest,
  Residence,
  WeightSource,
} from "./backend.ts";
// What a step computes.
export type { RaggedBatch } from "./batch.ts";
export { PAGE_SIZE } from "./batch.ts";
export type { Dtype, DtypeName } from "./dtypes.ts";
export { DTYPES, isDtypeName, rowBytes } from "./dtypes.ts";
// Errors.
export {
  KernelTrapError,
  MemoryExceededError,
  NonFiniteWeightError,
  ShapeError,
  TensorError,
} from "./errors.ts";
// Handles and verbs.
export type { Tensor, Weight } from "./handle.ts";
export type { Activation, AttentionSpec, Ops, RopeSpec, RouteSpec, Routing } from "./ops.ts";
