import { describe, expect, test } from "bun:test";
import { type Checkpoint, openCheckpointFrom } from "@realizar/formats";
import { hfFolder, TINY_ARCHITECTURES, type TinyOptions, tinyCheckpoint } from "@realizar/testing";
import { logProbabilities, outputsOf } from "./run.ts";

const TOKENS = [1, 100, 7, 7, 42, 99, 3, 64, 12, 0, 5];

/** Architecture, options, and what config.json says beside the sizes. */
type Twin = readonly [architecture: string, options: TinyOptions, config?: Readonly<Record<string, unknown>>];

/** A head as wide as the model shared out: granite and encoders have no other. */
const WHOLE: TinyOptions = { sizes: { dim: 24, headDim: 6, heads: 4 } };
const GPT_OSS_YARN = {
  rope_scaling: { rope_type: "yarn", factor: 32, original_max_position_embeddings: 16 },
};

const TWINS: Readonly<Record<string, Twin>> = {
  ...Object.fromEntries(TINY_ARCHITECTURES.map((name) => [name, [name, WHOLE] as const])),
  gemma3: [
    "gemma3",
    { keys: { "rope.scaling.factor": 8, "rope.scaling.type": "linear" } },
    { rope_scaling: { rope_type: "linear", factor: 8 } },
  ],
  "gpt-oss": ["gpt-oss", {}, GPT_OSS_YARN],
  mixtral: ["llama", { sizes: { experts: 4, ffn: 20 } }],
  "mistral with a window": ["llama", { keys: { "attention.sliding_window": 3 } }, { model_type: "mistral" }],
  "llama of wide heads": ["llama", { sizes: { headDim: 10, heads: 6, kvHeads: 1 } }],
  "llama, linear": [
    "llama",
    { keys: { "rope.scaling.type": "linear", "rope.scaling.factor": 4 } },
    { rope_scaling: { type: "linear", factor: 4 } },
  ],
  "llama, yarn": [
    "llama",
    {
      keys: {
        "rope.scaling.type": "yarn",
        "rope.scaling.factor": 4,
        "rope.scaling.original_context_length": 16,
      },
    },
    { rope_scaling: { rope_type: "yarn", factor: 4, original_max_position_embeddings: 16 } },
  ],
  "llama, dynamic within its context": ["llama", {}, { rope_scaling: { rope_type: "dynamic", factor: 4 } }],
  "phi3, longrope": [
    "phi3",
    {
      keys: {
        "rope.scaling.type": "longrope",
        "rope.scaling.original_context_length": 16,
        "rope.scaling.attn_factor": Math.sqrt(1.5),
      },
      vectors: { "rope_factors_long.weight": [1, 2, 4], "rope_factors_short.weight": [1, 1, 1] },
    },
    {
      original_max_position_embeddings: 16,
      rope_scaling: { type: "longrope", long_factor: [1, 2, 4], short_factor: [1, 1, 1] },
    },
  ],
  "OLMo 3": [
    "olmo2",
    { keys: { "attention.sliding_window": 3, "attention.sliding_window_pattern": [true, false, true] } },
    {
      model_type: "olmo3",
      sliding_window: 3,
      layer_types: ["sliding_attention", "full_attention", "sliding_attention"],
    },
  ],
};

/** Of gpt-oss, whose experts alone are MXFP4. */
function mxfp4Experts(): Checkpoint {
  const sizes = { dim: 32, expertFfn: 64 };
  const [plain, packed] = [
    tinyCheckpoint("gpt-oss", { sizes }),
    tinyCheckpoint("gpt-oss", { sizes, type: "MXFP4" }),
  ];
  const tensors = [...plain.tensors].map(([name, tensor]) => {
    return [name, /_exps\.weight$/.test(name) ? packed.tensors.get(name)! : tensor] as const;
  });
  return { ...plain, tensors: new Map(tensors) };
}

async function expectTwins(gguf: Checkpoint, config: Readonly<Record<string, unknown>> = {}) {
  const folder = await openCheckpointFrom(await hfFolder(withoutFactors(gguf), config));
  expect(folder.architecture).toBe(gguf.architecture);
  const [ours, theirs] = [await outputsOf(folder, TOKENS), await outputsOf(gguf, TOKENS)];
  let largest = 0;
  for (const [i, row] of ours.rows.entries()) {
    const [a, b] = [logProbabilities(row), logProbabilities(theirs.rows[i]!)];
    for (const [j, value] of a.entries()) largest = Math.max(largest, Math.abs(value - b[j]!));
  }
  expect(largest).toBeLessThan(1e-5);
}

/** Rope factors are in config.json there. */
function withoutFactors(checkpoint: Checkpoint): Checkpoint {
  const tensors = [...checkpoint.tensors].filter(([name]) => !name.startsWith("rope_"));
  return { ...checkpoint, tensors: new Map(tensors) };
}

describe("a Hugging Face folder gives the numbers of its GGUF twin", () => {
  for (const [name, [architecture, options, config]] of Object.entries(TWINS)) {
    test(name, () => expectTwins(tinyCheckpoint(architecture, options), config));
  }
  test("gpt-oss with experts in MXFP4", () =>
    expectTwins(mxfp4Experts(), { ...GPT_OSS_YARN, quantization_config: { quant_method: "mxfp4" } }));
});
