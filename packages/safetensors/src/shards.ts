import { SafetensorsError } from "./errors.ts";
import type { SafetensorsTensor } from "./header.ts";
import { openSafetensors, type Safetensors } from "./open.ts";
import type { SourceLike } from "./source.ts";

/** A tensor and the shard it lies in. */
export interface ShardTensor {
  readonly tensor: SafetensorsTensor;
  readonly shard: Safetensors;
  readonly file: string;
}

/** A sharded model: the tensors of `model.safetensors.index.json`, each in its shard. */
export interface SafetensorsShards {
  /** The index's `metadata`, as it stands. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, ShardTensor>;
  /** By file name. */
  readonly shards: ReadonlyMap<string, Safetensors>;
}

/**
 * Opens every shard an index names and finds each of its tensors.
 * @param index the text of `model.safetensors.index.json`
 * @param openShard gives the bytes of a shard by its file name; called once a shard
 * @throws SafetensorsError SAFETENSORS_INDEX_INVALID, SAFETENSORS_SHARD_UNREADABLE (the shard could not be opened
 * or is damaged; see its cause) or SAFETENSORS_SHARD_TENSOR_MISSING
 */
export async function openSafetensorsIndex(
  index: string,
  openShard: (file: string) => SourceLike | Promise<SourceLike>,
): Promise<SafetensorsShards> {
  const { metadata, weightMap } = parseIndex(index);
  const shards = new Map<string, Safetensors>();
  for (const file of new Set(weightMap.values())) {
    try {
      shards.set(file, await openSafetensors(await openShard(file)));
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SafetensorsError(
        "SAFETENSORS_SHARD_UNREADABLE",
        `shard ${JSON.stringify(file)}, which the index names, cannot be read: ${why}`,
        { file },
        { cause },
      );
    }
  }
  const tensors = new Map<string, ShardTensor>();
  for (const [name, file] of weightMap) {
    const shard = shards.get(file)!;
    const tensor = shard.tensors.get(name);
    if (!tensor) {
      throw new SafetensorsError(
        "SAFETENSORS_SHARD_TENSOR_MISSING",
        `the index places tensor ${JSON.stringify(name)} in ${JSON.stringify(file)}, which does not hold it. Index and shards are of different models or versions: download them again.`,
        { tensor: name, file },
      );
    }
    tensors.set(name, { tensor, shard, file });
  }
  return { metadata, tensors, shards };
}

function parseIndex(text: string): { metadata: Record<string, unknown>; weightMap: Map<string, string> } {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw invalid("it is not JSON", { cause });
  }
  if (!isRecord(index) || !isRecord(index.weight_map)) throw invalid("it has no weight_map object");
  const weightMap = new Map<string, string>();
  for (const [name, file] of Object.entries(index.weight_map)) {
    if (typeof file !== "string" || !isFileName(file)) {
      throw invalid(`weight_map gives ${JSON.stringify(file)} for ${JSON.stringify(name)}, not a file name`);
    }
    weightMap.set(name, file);
  }
  return { metadata: isRecord(index.metadata) ? index.metadata : {}, weightMap };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A bare name: an index must not reach out of its folder. */
function isFileName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);
}

function invalid(why: string, options?: ErrorOptions): SafetensorsError {
  return new SafetensorsError("SAFETENSORS_INDEX_INVALID", `safetensors index: ${why}`, {}, options);
}
