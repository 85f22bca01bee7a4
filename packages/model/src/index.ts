// Loading.

// Weights of types that a backend lacks.
export { convertFor } from "./convert-weight.ts";
export type { ModelDescription, Pooling } from "./description.ts";
// Errors.
export {
  BadHyperparameterError,
  MissingHyperparameterError,
  MissingTensorError,
  ModelError,
  TensorShapeError,
  TensorTypeError,
  UnknownArchitectureError,
} from "./errors.ts";
export { type PreparedModel, type PrepareOptions, prepareModel } from "./load.ts";
// Architectures.
export { ARCHITECTURES } from "./registry.ts";
export type { StoredWeight } from "./weight-table.ts";
