/** Why a model file, folder or tokenizer was refused. */
export type FormatsErrorCode =
  | "FORMATS_NOT_FOUND"
  | "FORMATS_UNREADABLE"
  | "FORMATS_UNKNOWN_FORMAT"
  | "FORMATS_NO_CONFIG"
  | "FORMATS_NO_WEIGHTS"
  | "FORMATS_NO_TOKENIZER"
  | "FORMATS_CONFIG_INVALID"
  | "FORMATS_UNKNOWN_MODEL_TYPE"
  | "FORMATS_NO_ARCHITECTURE"
  | "FORMATS_UNSUPPORTED"
  | "FORMATS_SHARD_MISSING"
  | "FORMATS_TENSORS_MISSING"
  | "FORMATS_TENSOR_UNEXPECTED"
  | "FORMATS_TENSOR_SHAPE"
  | "FORMATS_READ_RANGE"
  | "FORMATS_HTTP";

/** Structured fields of a {@link FormatsError}: what the message says, as data. */
export interface FormatsErrorFields {
  readonly path?: string;
  /** A key of config.json or of the metadata. */
  readonly key?: string;
  readonly modelType?: string;
  /** What would have been accepted instead. */
  readonly known?: readonly string[];
  readonly tensor?: string;
  readonly tensors?: readonly string[];
  readonly status?: number;
}

/** The error of this package. `code` is stable; `fields` say what it is about. */
export class FormatsError extends Error {
  override readonly name = "FormatsError";
  readonly code: FormatsErrorCode;
  readonly fields: FormatsErrorFields;

  constructor(
    code: FormatsErrorCode,
    message: string,
    fields: FormatsErrorFields = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.fields = fields;
  }
}
