/** Bytes before the tensor data. Real headers stay under 50 MiB (a vocabulary of 256k tokens with merges is 20 MiB). */
export const MAX_HEADER_BYTES = 256 * 1024 * 1024;

/** Metadata entries. Real files have under 100. */
export const MAX_METADATA_ENTRIES = 100_000;

/** Tensors of one file. Real files have under 5,000. */
export const MAX_TENSORS = 1_000_000;

/** Dimensions of a tensor: GGML_MAX_DIMS of ggml.h. */
export const MAX_DIMENSIONS = 4;

/** Bytes of a metadata key: docs/gguf.md of ggml. */
export const MAX_KEY_BYTES = 65_535;

/** Bytes of a tensor name. ggml itself stops at 63; diffusion models of other writers go beyond. */
export const MAX_TENSOR_NAME_BYTES = 1024;

/** Arrays within arrays: no known writer goes beyond 2. */
export const MAX_ARRAY_DEPTH = 4;

/** Inner arrays of one file: each costs an object, however short it is in the file. */
export const MAX_NESTED_ARRAYS = 100_000;

/** Bytes of `general.alignment`. Real files use 32 to 4096. */
export const MAX_ALIGNMENT = 1024 * 1024;

/** Parts of a split model. */
export const MAX_SHARDS = 10_000;
