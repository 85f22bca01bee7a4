import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "../src/index.ts";
import { bytesOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";

const TWINS = [
  ["checkpoints/qwen2-hf-sharded", "architectures/qwen2.gguf"],
  ["checkpoints/qwen3-hf", "architectures/qwen3.gguf"],
  ["stories260K/hf", "stories260K/stories260K-f32.gguf"],
] as const;

const open: Checkpoint[] = [];
afterAll(() => {
  for (const checkpoint of open) checkpoint.close();
});

async function opened(path: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(join(testData!, path));
  open.push(checkpoint);
  return checkpoint;
}

describe.skipIf(!testData)(titled("Hugging Face folders equal their GGUF twins"), () => {
  for (const [folder, file] of TWINS) {
    test(folder, async () => {
      const [view, twin] = [await opened(folder), await opened(file)];
      expect(view.format).toBe("safetensors");
      expect(twin.format).toBe("gguf");
      expect(view.architecture).toBe(twin.architecture);
      for (const [key, value] of twin.metadata) {
        if (key.startsWith(`${twin.architecture}.`))
          expect([key, view.metadata.get(key)]).toEqual([key, value]);
      }
      const tied = view.tensors.has("output.weight") ? [] : ["output.weight"];
      const names = [...twin.tensors.keys()].filter((name) => !tied.includes(name));
      expect([...view.tensors.keys()].sort()).toEqual(names.sort());
      for (const name of names) {
        const [mine, theirs] = [view.tensors.get(name)!, twin.tensors.get(name)!];
        expect([name, mine.type, mine.shape]).toEqual([name, theirs.type, [...theirs.shape]]);
        expect(Buffer.compare(await bytesOf(mine), await bytesOf(theirs))).toBe(0);
      }
      expect(view.byteLength).toBe(names.reduce((sum, name) => sum + twin.tensors.get(name)!.byteLength, 0));
    });
  }
});
