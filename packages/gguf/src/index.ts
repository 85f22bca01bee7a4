// Reading
export { DEFAULT_ALIGNMENT } from "./alignment.ts";
// Byte sources
export type { ByteSource } from "./byte-source.ts";
// Quantization
export { dequantize } from "./dequantize/dequantize.ts";
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
// Small floats
export { bf16ToF32, f16ToF32, f32ToBf16, f32ToF16 } from "./half.ts";
// Metadata
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
export { fileTypeOf, MIX_NAMES, type MixContext, type MixName, tensorTypeFor } from "./mix.ts";
export { quantize } from "./quantize/quantize.ts";
export { isQuantizable, type QuantizableType } from "./quantize/table.ts";
export { type GgufInput, openGguf, toByteSource } from "./read.ts";
export {
  formatShardName,
  openGgufShards,
  parseShardName,
  type ShardName,
  shardNames,
} from "./shards.ts";
export { fromBlob } from "./sources/blob.ts";
export { fromUrl, type HttpOptions } from "./sources/http-range.ts";
export { fromBytes } from "./sources/memory.ts";
export type {
  GgufArray,
  GgufMetadata,
  GgufNumberType,
  GgufScalar,
  GgufValue,
  GgufValueType,
} from "./values.ts";
// Writing
export {
  type GgufContents,
  type GgufTensorData,
  type GgufTensorSource,
  writeGguf,
  writeGgufBytes,
} from "./write.ts";
