/** Why a safetensors file, index or tensor was refused. */
export type SafetensorsErrorCode =
  | "SAFETENSORS_TRUNCATED"
  | "SAFETENSORS_HEADER_TOO_LARGE"
  | "SAFETENSORS_HEADER_SYNTAX"
  | "SAFETENSORS_DUPLICATE_NAME"
  | "SAFETENSORS_UNKNOWN_DTYPE"
  | "SAFETENSORS_TENSOR_INVALID"
  | "SAFETENSORS_OFFSETS_INVALID"
  | "SAFETENSORS_NOT_COVERED"
  | "SAFETENSORS_TENSOR_MISSING"
  | "SAFETENSORS_NOT_REAL"
  | "SAFETENSORS_READ_RANGE"
  | "SAFETENSORS_INDEX_INVALID"
  | "SAFETENSORS_SHARD_UNREADABLE"
  | "SAFETENSORS_SHARD_TENSOR_MISSING";

/** Structured fields of a {@link SafetensorsError}: what the message says, as data. */
export interface SafetensorsErrorFields {
  /** The tensor concerned. */
  readonly tensor?: string;
  /** The shard file concerned. */
  readonly file?: string;
  /** Character position in the JSON header. */
  readonly position?: number;
}

/** The error of this package. `code` is stable; `fields` say what it is about. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
  readonly code: SafetensorsErrorCode;
  readonly fields: SafetensorsErrorFields;

  constructor(
    code: SafetensorsErrorCode,
    message: string,
    fields: SafetensorsErrorFields = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}
