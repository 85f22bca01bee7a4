// The contract
export type { ByteSource, Checkpoint, CheckpointTensor, MetadataValue, NumericArray } from "./checkpoint.ts";
// Looking into files
export {
  type DescribedTensor,
  describeFile,
  describeIn,
  type FileDescription,
  type TypeShare,
} from "./describe.ts";
// Errors
export { FormatsError, type FormatsErrorCode, type FormatsErrorFields } from "./errors.ts";
export { type Folder, memoryFolder } from "./folder.ts";
// Hugging Face model types
export { hfModelTypes } from "./hf/registry.ts";
// Opening models
export { type CheckpointInput, type CheckpointOptions, openCheckpoint, openCheckpointFrom } from "./open.ts";
// Byte sources
export { blobSource } from "./sources/blob.ts";
export { fileFolder, fileSource } from "./sources/file.ts";
export { type HttpRangeOptions, httpRangeSource } from "./sources/http-range.ts";
export { memorySource } from "./sources/memory.ts";
// Opening tokenizers
export { openTokenizer, openTokenizerFrom, type TokenizerOptions } from "./tokenizer-files.ts";
