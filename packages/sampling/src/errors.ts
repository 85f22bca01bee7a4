/** Base of every error of this package. `code` is stable; the message says what, where and what to do. */
export class SamplingError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A sampling parameter is outside its range. */
export class SamplingParameterError extends SamplingError {
  /** Name of the field, as in `SamplingParams`. */
  readonly field: string;
  readonly value: unknown;
  /** The allowed range in words. */
  readonly allowed: string;
  constructor(field: string, value: unknown, allowed: string) {
    super("SAMPLING_PARAMETER", `${field} is ${String(value)}; it must be ${allowed}`);
    this.field = field;
    this.value = value;
    this.allowed = allowed;
  }
}

/** A logit is NaN or infinite: the model's weights or its arithmetic are broken at this position. */
export class NonFiniteLogitsError extends SamplingError {
  /** Position in the sequence whose logits these are. */
  readonly position: number;
  /** First token id whose logit is not finite. */
  readonly token: number;
  readonly value: number;
  constructor(position: number, token: number, value: number) {
    super(
      "SAMPLING_NON_FINITE_LOGITS",
      `the logit of token ${token} at position ${position} is ${value}; check the model file's weights`,
    );
    this.position = position;
    this.token = token;
    this.value = value;
  }
}

/** Every token's logit is minus infinity after the logit bias: nothing is left to choose from. */
export class NoCandidatesError extends SamplingError {
  readonly position: number;
  constructor(position: number) {
    super(
      "SAMPLING_NO_CANDIDATES",
      `logitBias forbids every token at position ${position}; leave at least one token without -Infinity`,
    );
    this.position = position;
  }
}
