import { describe, expect, test } from "bun:test";
import {
  formatShardName,
  GgufShardError,
  type GgufValue,
  openGgufShards,
  parseShardName,
  shardNames,
  writeGgufBytes,
} from "../src/index.ts";

describe("shard names", () => {
  test("are parsed, formatted and listed", () => {
    const name = "dir/model-Q4_K_M-00002-of-00003.gguf";
    expect(parseShardName(name)).toEqual({ prefix: "dir/model-Q4_K_M", index: 1, count: 3 });
    expect(formatShardName(parseShardName(name)!)).toBe(name);
    expect(shardNames(name)).toEqual([
      "dir/model-Q4_K_M-00001-of-00003.gguf",
      name,
      "dir/model-Q4_K_M-00003-of-00003.gguf",
    ]);
  });

  test("other names stand alone", () => {
    for (const name of [
      "model.gguf",
      "m-1-of-2.gguf",
      "m-00000-of-00002.gguf",
      "m-00003-of-00002.gguf",
      "m-00001-of-99999.gguf",
    ]) {
      expect(shardNames(name)).toEqual([name]);
    }
  });
});

/** Shard `no` of `count` with one tensor per name. */
function shard(no: number, count: number, total: number, names: string[]): Promise<Uint8Array> {
  const metadata = new Map<string, GgufValue>([
    ["general.name", { type: "string", value: `shard ${no}` }],
    ["split.no", { type: "uint16", value: no }],
    ["split.count", { type: "uint16", value: count }],
    ["split.tensors.count", { type: "int32", value: total }],
  ]);
  const tensors = names.map(
    (name) => ({ name, type: "I8", shape: [2], data: () => new Uint8Array([no, 1]) }) as const,
  );
  return writeGgufBytes({ metadata, tensors });
}

describe("openGgufShards", () => {
  test("merges the tensor tables; each tensor knows its shard", async () => {
    const shards = [await shard(0, 2, 3, ["a"]), await shard(1, 2, 3, ["b", "c"])];
    const file = await openGgufShards(shards);
    expect(file.metadata.get("general.name")?.value).toBe("shard 0");
    expect(file.size).toBe(shards[0]!.length + shards[1]!.length);
    expect(file.tensors.map(({ name, shard: of, offset }) => [name, of, shards[of]![offset]])).toEqual([
      ["a", 0, 0],
      ["b", 1, 1],
      ["c", 1, 1],
    ]);
  });

  test("a whole model is one shard", async () => {
    const whole = await writeGgufBytes({ metadata: new Map(), tensors: [] });
    expect((await openGgufShards([whole])).tensors).toEqual([]);
    await expect(openGgufShards([whole, whole])).rejects.toBeInstanceOf(GgufShardError);
  });

  test("missing, misplaced, repeated or incomplete shards are refused", async () => {
    const [a, b] = [await shard(0, 2, 2, ["a"]), await shard(1, 2, 2, ["b"])];
    await expect(openGgufShards([])).rejects.toBeInstanceOf(GgufShardError);
    await expect(openGgufShards([a])).rejects.toThrow("split.count");
    await expect(openGgufShards([b, a])).rejects.toThrow("in order");
    await expect(openGgufShards([a, await shard(1, 2, 2, ["a"])])).rejects.toThrow("twice");
    await expect(openGgufShards([a, await shard(1, 2, 2, ["b", "c"])])).rejects.toThrow(
      "split.tensors.count",
    );
    await expect(openGgufShards(new Array(10_001).fill(a))).rejects.toBeInstanceOf(GgufShardError);
  });
});
