const MARKER = Symbol.for("realizar.tensor.error");

/** Base of this package's errors; `code` is stable. */
export class TensorError extends Error {
  readonly [MARKER] = true;
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
  static isInstance(value: unknown): value is TensorError {
    return typeof value === "object" && value !== null && MARKER in value;
  }
}

/** A verb was given handles whose shapes do not fit. */
export class ShapeError extends TensorError {
  readonly op: string;
  constructor(op: string, message: string) {
    super("TENSOR_SHAPE", `${op}: ${message}`);
    this.op = op;
  }
}

/** A weight holds a NaN or an infinity. */
export class NonFiniteWeightError extends TensorError {
  readonly tensor: string;
  readonly index: number;
  constructor(tensor: string, index: number) {
    super(
      "TENSOR_NON_FINITE_WEIGHT",
      `tensor "${tensor}" is not finite at element ${index} (NaN or infinity): the file is damaged or badly converted; download or convert it again`,
    );
    this.tensor = tensor;
    this.index = index;
  }
}

/** The model does not fit the backend's memory. */
export class MemoryExceededError extends TensorError {
  readonly needed: number;
  readonly available: number;
  constructor(what: string, needed: number, available: number) {
    super(
      "TENSOR_MEMORY_EXCEEDED",
      `${what} needs ${(needed / 1e6).toFixed(0)} MB but only ${(available / 1e6).toFixed(0)} MB can be had; use a smaller context, a smaller KV type or a smaller model`,
    );
    this.needed = needed;
    this.available = available;
  }
}

/** A trap inside a kernel: names the command that was running. */
export class KernelTrapError extends TensorError {
  readonly op: string;
  /** No later step of the model can be trusted. */
  readonly fatal = true;
  constructor(op: string, cause: unknown) {
    super("TENSOR_KERNEL_TRAP", `a kernel failed while running "${op}"; the model must be loaded again`, {
      cause,
    });
    this.op = op;
  }
}
