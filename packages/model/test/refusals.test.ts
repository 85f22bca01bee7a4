import { describe, expect, test } from "bun:test";
import type { Checkpoint, CheckpointTensor } from "@realizar/formats";
import { type TinyOptions, tinyCheckpoint } from "@realizar/testing";
import {
  ARCHITECTURES,
  BadHyperparameterError,
  MissingHyperparameterError,
  MissingTensorError,
  ModelError,
  prepareModel,
  TensorShapeError,
  UnknownArchitectureError,
} from "../src/index.ts";

const options = { kvType: "f32", pages: 1, maxRows: 1, maxOutputRows: 1 } as const;
const refusal = (checkpoint: Checkpoint) =>
  prepareModel(checkpoint, options).then(
    () => undefined,
    (error: unknown) => error as ModelError,
  );
const tiny = (keys: TinyOptions["keys"], architecture = "llama") => tinyCheckpoint(architecture, { keys });

function without(checkpoint: Checkpoint, name: string): Checkpoint {
  return { ...checkpoint, tensors: new Map([...checkpoint.tensors].filter(([key]) => key !== name)) };
}

function withShape(checkpoint: Checkpoint, name: string, shape: readonly number[]): Checkpoint {
  const changed: CheckpointTensor = { ...checkpoint.tensors.get(name)!, shape };
  return { ...checkpoint, tensors: new Map([...checkpoint.tensors, [name, changed]]) };
}

test("an unknown architecture names the known", async () => {
  for (const architecture of ["mamba", "toString", ""]) {
    const error = await refusal({ ...tiny({}), architecture });
    expect(error).toBeInstanceOf(UnknownArchitectureError);
    expect(ModelError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ code: "MODEL_UNKNOWN_ARCHITECTURE", architecture, known: ARCHITECTURES });
  }
});

describe("missing keys", () => {
  for (const name of [
    "block_count",
    "embedding_length",
    "attention.head_count",
    "context_length",
    "feed_forward_length",
    "attention.layer_norm_rms_epsilon",
  ]) {
    test(name, async () => {
      const checkpoint = tiny({});
      const metadata = new Map([...checkpoint.metadata].filter(([key]) => key !== `llama.${name}`));
      const error = await refusal({ ...checkpoint, metadata });
      expect(error).toBeInstanceOf(MissingHyperparameterError);
      expect(error).toMatchObject({ key: `llama.${name}` });
    });
  }
  for (const architecture of ["qwen3moe", "gpt-oss"]) {
    test(`experts of ${architecture}`, async () => {
      expect(await refusal(tiny({ expert_count: 0 }, architecture))).toBeInstanceOf(
        MissingHyperparameterError,
      );
    });
  }
});

describe("bad values", () => {
  const cases: readonly NonNullable<TinyOptions["keys"]>[] = [
    { block_count: 0 },
    { block_count: 1025 },
    { block_count: 2.5 },
    { embedding_length: -24 },
    { context_length: 2 ** 30 },
    { "attention.head_count_kv": 3 },
    { "attention.head_count_kv": 8 },
    { "attention.value_length": 12 },
    { "attention.layer_norm_rms_epsilon": 0 },
    { "attention.layer_norm_rms_epsilon": "1e-5" },
    { "rope.dimension_count": 5 },
    { "rope.dimension_count": 8 },
    { "attention.sliding_window": -1 },
    { expert_count: 4, expert_used_count: 5 },
    { expert_count: 5000 },
  ];
  for (const keys of cases) {
    test(JSON.stringify(keys), async () => {
      const error = await refusal(tiny(keys));
      expect(error).toBeInstanceOf(BadHyperparameterError);
      expect(error).toMatchObject({ code: "MODEL_BAD_HYPERPARAMETER" });
    });
  }
  test("a width that the heads do not divide", async () => {
    const checkpoint = tiny({ "attention.head_count": 5, "attention.head_count_kv": 5 });
    const metadata = new Map([...checkpoint.metadata].filter(([key]) => !key.endsWith("key_length")));
    expect(await refusal({ ...checkpoint, metadata })).toBeInstanceOf(BadHyperparameterError);
  });
  test("a long value is cut in the message", async () => {
    const error = await refusal(tiny({ "rope.scaling.type": "x".repeat(1000) }));
    expect(error!.message.length).toBeLessThan(400);
  });
});

describe("tensors", () => {
  test("every tensor of every architecture is needed, or its absence means something", async () => {
    for (const architecture of ARCHITECTURES) {
      const checkpoint = tinyCheckpoint(architecture);
      for (const name of checkpoint.tensors.keys()) {
        if (/\.bias$|^output\.weight|^token_types|attn_qkv/.test(name)) continue;
        const error = await refusal(without(checkpoint, name));
        expect(error).toBeInstanceOf(MissingTensorError);
      }
    }
  });
  test("the missing tensor is named with its shape", async () => {
    const error = await refusal(without(tiny({}), "blk.1.attn_k.weight"));
    expect(error).toMatchObject({ tensor: "blk.1.attn_k.weight", shape: [12, 24] });
    expect(error!.message).toContain("[12, 24]");
  });
  test("an embedding without rows is none", async () => {
    const error = await refusal(withShape(tiny({}), "token_embd.weight", [0, 24]));
    expect(error).toBeInstanceOf(MissingTensorError);
    expect(error!.message).toContain('no tensor "token_embd.weight"; it is incomplete');
  });
  test("a wrong shape is named with the right one", async () => {
    const error = await refusal(withShape(tiny({}), "blk.1.attn_k.weight", [24, 12]));
    expect(error).toBeInstanceOf(TensorShapeError);
    expect(error).toMatchObject({ expected: [12, 24], actual: [24, 12] });
  });
  test("a tensor of another rank is refused", async () => {
    expect(await refusal(withShape(tiny({}), "output_norm.weight", [4, 6]))).toBeInstanceOf(TensorShapeError);
    const bert = tinyCheckpoint("bert");
    expect(await refusal(withShape(bert, "token_types.weight", [48]))).toBeInstanceOf(TensorShapeError);
  });
  test("rope factors of another rank are refused before they are read", async () => {
    const checkpoint = tiny({});
    const freqs: CheckpointTensor = { ...checkpoint.tensors.get("output_norm.weight")!, shape: [4, 6] };
    const tensors = new Map([...checkpoint.tensors, ["rope_freqs.weight", freqs]]);
    expect(await refusal({ ...checkpoint, tensors })).toBeInstanceOf(TensorShapeError);
    const wrong = { ...freqs, shape: [24] };
    const longer = { ...checkpoint, tensors: new Map([...checkpoint.tensors, ["rope_freqs.weight", wrong]]) };
    expect(await refusal(longer)).toBeInstanceOf(BadHyperparameterError);
  });
});
