// The contract
export type { ByteSource, Checkpoint, CheckpointTensor, MetadataValue, NumericArray } from "./checkpoint.ts";
