import { GgufMetadataError } from "./errors.ts";
import { MAX_ALIGNMENT } from "./limits.ts";
import type { GgufMetadata } from "./values.ts";

/** Alignment of tensor data where `general.alignment` is absent: GGUF_DEFAULT_ALIGNMENT of gguf.h. */
export const DEFAULT_ALIGNMENT = 32;

/** The key that sets another alignment, of type uint32. */
export const ALIGNMENT_KEY = "general.alignment";

/** Bytes that tensor data is aligned to. @throws GgufMetadataError unless it is a uint32 power of two within the limit */
export function alignmentOf(metadata: GgufMetadata): number {
  const entry = metadata.get(ALIGNMENT_KEY);
  if (!entry) return DEFAULT_ALIGNMENT;
  if (entry.type !== "uint32") {
    throw new GgufMetadataError(ALIGNMENT_KEY, `its type is ${entry.type}, it must be uint32`);
  }
  const alignment = entry.value;
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0 || alignment > MAX_ALIGNMENT) {
    throw new GgufMetadataError(
      ALIGNMENT_KEY,
      `${alignment} is not a power of two of at most ${MAX_ALIGNMENT}`,
    );
  }
  return alignment;
}

/** `offset` rounded up to a multiple of `alignment`. */
export function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}
