// Reading

// Element types
export { type Dtype, dtypeNames, isDtype, type TensorArray } from "./dtypes.ts";
// Errors
export { SafetensorsError, type SafetensorsErrorCode, type SafetensorsErrorFields } from "./errors.ts";
export { toFloat32 } from "./float32.ts";
export { MAX_HEADER_BYTES, type SafetensorsHeader, type SafetensorsTensor } from "./header.ts";
export { openSafetensors, type Safetensors, type SafetensorsBytes, type TensorView } from "./open.ts";
export { openSafetensorsIndex, type SafetensorsShards, type ShardTensor } from "./shards.ts";
export type { ByteSource, SourceLike } from "./source.ts";
// Writing
export { type StreamedData, streamSafetensors, type TensorToWrite, writeSafetensors } from "./write.ts";
