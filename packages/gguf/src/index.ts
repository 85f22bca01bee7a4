// Reading

// Byte sources
export type { ByteSource } from "./byte-source.ts";
// Errors
export {
  GgufError,
  type GgufErrorCode,
  GgufLengthError,
  GgufLimitError,
  GgufMagicError,
  GgufMetadataError,
  GgufMissingKeyError,
  GgufShardError,
  GgufSourceError,
  GgufTensorError,
  GgufTruncatedError,
  GgufUnsupportedTypeError,
  GgufVersionError,
  GgufWrongTypeError,
} from "./errors.ts";
// Tensor types
export {
  GGML_TYPES,
  type GgmlType,
  type GgmlTypeName,
  ggmlByteLength,
  ggmlTypeById,
  isGgmlTypeName,
} from "./ggml-types.ts";
export type { GgufFile, GgufTensor } from "./gguf-file.ts";
export {
  findBoolean,
  findNumber,
  findNumbers,
  findString,
  findStrings,
  type GgufNumberArray,
  getBoolean,
  getNumber,
  getNumbers,
  getString,
  getStrings,
} from "./metadata.ts";
export { DEFAULT_ALIGNMENT, type GgufInput, openGguf } from "./read.ts";
export { fromBlob } from "./sources/blob.ts";
export { fromBytes } from "./sources/memory.ts";
// Metadata
export type {
  GgufArray,
  GgufMetadata,
  GgufNumberType,
  GgufScalar,
  GgufValue,
  GgufValueType,
} from "./values.ts";
