// The contract
export type { ByteSource, Checkpoint, CheckpointTensor, MetadataValue, NumericArray } from "./checkpoint.ts";

// Opening models
export { type CheckpointInput, type CheckpointOptions, openCheckpoint, openCheckpointFrom } from "./open.ts";
export { type Folder, memoryFolder } from "./folder.ts";

// Opening tokenizers
export { folderTokenizer, type TokenizerOptions } from "./tokenizer-files.ts";

// Looking into files
export { type DescribedTensor, describeFile, describeIn, type FileDescription, type TypeShare } from "./describe.ts";

// Byte sources
export { blobSource } from "./sources/blob.ts";
export { fileFolder, fileSource } from "./sources/file.ts";
export { type HttpRangeOptions, httpRangeSource } from "./sources/http-range.ts";
export { memorySource } from "./sources/memory.ts";

// Hugging Face model types
export { hfModelTypes } from "./hf/registry.ts";

// Errors
export { FormatsError, type FormatsErrorCode, type FormatsErrorFields } from "./errors.ts";
