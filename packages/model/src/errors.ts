const MARKER = Symbol.for("realizar.model.error");

/** Base of this package's errors; `code` is stable. */
export class ModelError extends Error {
  readonly [MARKER] = true;
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
  static isInstance(value: unknown): value is ModelError {
    return typeof value === "object" && value !== null && MARKER in value;
  }
}

/** No file of this package describes the architecture. */
export class UnknownArchitectureError extends ModelError {
  readonly architecture: string;
  readonly known: readonly string[];
  constructor(architecture: string, known: readonly string[]) {
    super(
      "MODEL_UNKNOWN_ARCHITECTURE",
      `architecture ${JSON.stringify(architecture)} is not supported; use a model of one of: ${known.join(", ")}`,
    );
    this.architecture = architecture;
    this.known = known;
  }
}

/** The checkpoint lacks a key that its architecture needs. */
export class MissingHyperparameterError extends ModelError {
  readonly key: string;
  constructor(key: string) {
    super(
      "MODEL_MISSING_HYPERPARAMETER",
      `the checkpoint has no key "${key}", which its architecture needs; convert the model again with a current converter`,
    );
    this.key = key;
  }
}

/** A key has a value that no model can have. */
export class BadHyperparameterError extends ModelError {
  readonly key: string;
  readonly value: unknown;
  constructor(key: string, value: unknown, expected: string) {
    super(
      "MODEL_BAD_HYPERPARAMETER",
      `the checkpoint's key "${key}" is ${show(value)} but must be ${expected}; the file is damaged or badly converted`,
    );
    this.key = key;
    this.value = value;
  }
}

/** The checkpoint lacks a tensor that its hyperparameters imply; `shape` is empty where they do not tell it. */
export class MissingTensorError extends ModelError {
  readonly tensor: string;
  readonly shape: readonly number[];
  constructor(tensor: string, shape: readonly number[]) {
    super(
      "MODEL_MISSING_TENSOR",
      `the checkpoint has no tensor "${tensor}"${shape.length > 0 ? ` of shape [${shape.join(", ")}]` : ""}; it is incomplete: download all its parts or convert it again`,
    );
    this.tensor = tensor;
    this.shape = shape;
  }
}

/** A tensor has another shape than its hyperparameters imply. */
export class TensorShapeError extends ModelError {
  readonly tensor: string;
  readonly expected: readonly number[];
  readonly actual: readonly number[];
  constructor(tensor: string, expected: readonly number[], actual: readonly number[]) {
    super(
      "MODEL_TENSOR_SHAPE",
      `tensor "${tensor}" is [${actual.join(", ")}] but the hyperparameters imply [${expected.join(", ")}]; the file is damaged or badly converted`,
    );
    this.tensor = tensor;
    this.expected = expected;
    this.actual = actual;
  }
}

/** A tensor's type can neither be multiplied nor converted. */
export class TensorTypeError extends ModelError {
  readonly tensor: string;
  readonly type: string;
  constructor(tensor: string, type: string) {
    super(
      "MODEL_TENSOR_TYPE",
      `tensor "${tensor}" has type ${type}, which cannot be computed with; use a file quantized to another type, such as Q4_K_M or Q8_0`,
    );
    this.tensor = tensor;
    this.type = type;
  }
}

function show(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
