import { GgufShardError } from "./errors.ts";
import type { GgufFile, GgufTensor } from "./gguf-file.ts";
import { MAX_SHARDS } from "./limits.ts";
import { findNumber } from "./metadata.ts";
import { type GgufInput, openGguf } from "./read.ts";

/** What a shard's file name says: `<prefix>-00001-of-00003.gguf`. */
export interface ShardName {
  readonly prefix: string;
  /** From 0, though names count from 1. */
  readonly index: number;
  readonly count: number;
}

/** Source: llama_split_path of llama.cpp: "%s-%05d-of-%05d.gguf". */
const SHARD_NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

/** The parts of a shard's name (or path, or URL without a query), undefined where it is none. */
export function parseShardName(name: string): ShardName | undefined {
  const match = SHARD_NAME.exec(name);
  if (!match) return undefined;
  const [, prefix = "", number, total] = match;
  const index = Number(number) - 1;
  const count = Number(total);
  return index >= 0 && index < count ? { prefix, index, count } : undefined;
}

/** The name of shard `index` (from 0) of `count`. */
export function formatShardName({ prefix, index, count }: ShardName): string {
  return `${prefix}-${String(index + 1).padStart(5, "0")}-of-${String(count).padStart(5, "0")}.gguf`;
}

/** The names of all shards of the model that `name` is one of, in order; just `name` where it is no shard. */
export function shardNames(name: string): string[] {
  const shard = parseShardName(name);
  if (!shard || shard.count > MAX_SHARDS) return [name];
  return Array.from({ length: shard.count }, (_, index) => formatShardName({ ...shard, index }));
}

/**
 * Reads the shards of one split model, in order, as one file: the metadata of the first, the tensors of all, each with
 * the index of its shard, and offsets within that shard.
 *
 * @throws GgufShardError unless split.no, split.count and split.tensors.count say these are all its shards in order;
 *   also what openGguf throws
 */
export async function openGgufShards(inputs: readonly GgufInput[]): Promise<GgufFile> {
  if (inputs.length > MAX_SHARDS) throw new GgufShardError(MAX_SHARDS, `more than ${MAX_SHARDS} shards`);
  const files: GgufFile[] = [];
  for (const input of inputs) files.push(await openGguf(input));
  const first = files[0];
  if (!first) throw new GgufShardError(0, "no shards were given");
  const expected = findNumber(first.metadata, "split.tensors.count");
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (const [shard, file] of files.entries()) {
    checkPlace(file, shard, files.length);
    for (const tensor of file.tensors) {
      if (names.has(tensor.name))
        throw new GgufShardError(shard, `tensor ${JSON.stringify(tensor.name)} appears twice`);
      names.add(tensor.name);
      tensors.push({ ...tensor, shard });
    }
  }
  if (expected !== undefined && expected !== tensors.length) {
    throw new GgufShardError(
      files.length - 1,
      `the shards hold ${tensors.length} tensors, but split.tensors.count is ${expected}`,
    );
  }
  return { ...first, tensors, size: files.reduce((sum, file) => sum + file.size, 0) };
}

/** A model that was never split may lack the keys: it is shard 0 of 1. */
function checkPlace({ metadata }: GgufFile, shard: number, count: number): void {
  const no = findNumber(metadata, "split.no") ?? 0;
  const total = findNumber(metadata, "split.count") ?? 1;
  if (no !== shard) throw new GgufShardError(shard, `split.no is ${no}; give the shards in order`);
  if (total !== count)
    throw new GgufShardError(shard, `split.count is ${total}, but ${count} files were given`);
}
