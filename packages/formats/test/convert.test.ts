import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { writeGguf } from "@realizar/gguf";
import { type Checkpoint, openCheckpoint, openCheckpointFrom } from "../src/index.ts";
import { bytesOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";
import { fixtureFiles, HF_FIXTURES } from "./hf-models.ts";

/** A GGUF file of a checkpoint: its metadata and tensors as they stand. */
async function converted(checkpoint: Checkpoint, vocabulary: boolean): Promise<Uint8Array> {
  const more = vocabulary ? await checkpoint.vocabulary?.() : undefined;
  const metadata = new Map([...checkpoint.gguf, ...(more ?? [])]);
  const tensors = [...checkpoint.tensors.values()].map((tensor) => ({
    ...tensor,
    data: () => bytesOf(tensor),
  }));
  return new Uint8Array(Buffer.concat(await Array.fromAsync(writeGguf({ metadata, tensors }))));
}

async function expectSame(copy: Checkpoint, original: Checkpoint): Promise<void> {
  expect(copy.architecture).toBe(original.architecture);
  for (const [key, value] of original.metadata) expect([key, copy.metadata.get(key)]).toEqual([key, value]);
  expect([...copy.tensors.keys()]).toEqual([...original.tensors.keys()]);
  for (const [name, tensor] of original.tensors) {
    const same = copy.tensors.get(name)!;
    expect([name, same.type, same.shape]).toEqual([name, tensor.type, tensor.shape]);
    expect(Buffer.compare(await bytesOf(same), await bytesOf(tensor))).toBe(0);
  }
}

describe("a view written as it stands is the same model in GGUF", () => {
  for (const name of ["llama 3", "gemma3_text", "gpt_oss, MXFP4", "bert"]) {
    test(name, async () => {
      const view = await openCheckpointFrom(fixtureFiles(HF_FIXTURES[name]!.fixture, "BF16"));
      await expectSame(await openCheckpointFrom(await converted(view, false)), view);
    });
  }
  test.skipIf(!testData)(titled("with its vocabulary"), async () => {
    const view = await openCheckpoint(join(testData!, "stories260K/hf"));
    const copy = await openCheckpointFrom(await converted(view, true));
    await expectSame(copy, view);
    const [mine, theirs] = [await copy.tokenizer(), await view.tokenizer()];
    expect(mine.encode("Once upon a time")).toEqual(theirs.encode("Once upon a time"));
    expect(mine.special).toMatchObject({ bos: 1, eos: 2 });
    view.close();
  });
});
