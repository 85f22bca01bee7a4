import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { hfModelTypes, openCheckpoint, openCheckpointFrom } from "../src/index.ts";
import { codeOf, floatsOf } from "./bytes.ts";
import { testData, titled } from "./data.ts";
import { fixtureFiles, HF_FIXTURES } from "./hf-models.ts";

/** Keys a twin lacks or leaves out that a view has, and the other way round. */
const NOT_COMPARED = /\.attention\.sliding_window$/;

describe("every model type", () => {
  test("has a fixture", () => {
    const types = Object.values(HF_FIXTURES).map(({ fixture }) => fixture.config.model_type as string);
    expect([...new Set(types)].sort()).toEqual([...hfModelTypes]);
  });
  for (const [name, { fixture, architecture }] of Object.entries(HF_FIXTURES)) {
    test(`${name} opens as ${architecture}`, async () => {
      const checkpoint = await openCheckpointFrom(fixtureFiles(fixture));
      expect(checkpoint.architecture).toBe(architecture);
      expect(checkpoint.metadata.get(`${architecture}.block_count`)).toBeGreaterThan(1);
      for (const tensor of checkpoint.tensors.values()) {
        const bytes = new Uint8Array(tensor.byteLength).fill(0xaa);
        await tensor.readInto(bytes, 0);
        const part = new Uint8Array(Math.min(37, tensor.byteLength));
        const offset = Math.floor((tensor.byteLength - part.byteLength) / 2);
        await tensor.readInto(part, offset);
        expect(part).toEqual(bytes.slice(offset, offset + part.byteLength));
      }
    });
    test(`${name} says which tensors are missing`, async () => {
      const names = Object.keys(fixture.shapes).filter((tensor) => /layers?\.1\..*weight$/.test(tensor));
      const { [names[0]!]: _, ...shapes } = fixture.shapes;
      expect(openCheckpointFrom(fixtureFiles({ ...fixture, shapes }))).rejects.toMatchObject({
        code: "FORMATS_TENSORS_MISSING",
      });
    });
  }
});

describe.skipIf(!testData)(titled("the same names, shapes and hyperparameters as GGUF"), () => {
  for (const [name, { fixture, twin }] of Object.entries(HF_FIXTURES)) {
    if (!twin) continue;
    test(`${name} and ${twin}.gguf`, async () => {
      const gguf = await openCheckpoint(join(testData!, `architectures/${twin}.gguf`));
      const view = await openCheckpointFrom(fixtureFiles(fixture));
      const shapes = (from: typeof view) =>
        Object.fromEntries([...from.tensors].map(([tensor, { type, shape }]) => [tensor, [type, ...shape]]));
      expect(shapes(view)).toEqual(shapes(gguf));
      for (const [key, value] of gguf.metadata) {
        if (!key.startsWith(`${gguf.architecture}.`) || NOT_COMPARED.test(key)) continue;
        expect([key, view.metadata.get(key)]).toEqual([key, value]);
      }
      gguf.close();
    });
  }
});

describe("hyperparameters", () => {
  const metadata = async (name: string) =>
    (await openCheckpointFrom(fixtureFiles(HF_FIXTURES[name]!.fixture))).metadata;

  test("Mistral keeps its window", async () => {
    expect((await metadata("mistral")).get("llama.attention.sliding_window")).toBe(64);
  });
  test("Gemma's windows, scale and second rope", async () => {
    const two = await metadata("gemma2");
    expect(two.get("gemma2.attention.sliding_window")).toBe(16);
    expect(two.get("gemma2.attention.scale")).toBe(Math.fround(1 / 12));
    const three = await metadata("gemma3_text");
    expect(three.get("gemma3.attention.sliding_window")).toBe(16);
    expect(three.get("gemma3.rope.freq_base_swa")).toBe(10_000);
    expect(three.has("gemma3.attention.scale")).toBe(false);
    expect(three.has("gemma3.final_logit_softcapping")).toBe(false);
  });
  test("Granite's multipliers, without head_dim", async () => {
    const granite = await metadata("granite");
    expect(granite.get("granite.attention.scale")).toBe(0.015625);
    expect(granite.get("granite.embedding_scale")).toBe(12);
    expect(granite.get("granite.residual_scale")).toBe(Math.fround(0.22));
    expect(granite.get("granite.logit_scale")).toBe(16);
    expect(granite.has("granite.attention.key_length")).toBe(false);
    expect(granite.get("granite.rope.dimension_count")).toBe(32);
  });
  test("gpt-oss's yarn and experts", async () => {
    const oss = await metadata("gpt_oss, MXFP4");
    expect(oss.get("gpt-oss.rope.scaling.type")).toBe("yarn");
    expect(oss.get("gpt-oss.rope.scaling.factor")).toBe(32);
    expect(oss.get("gpt-oss.rope.scaling.original_context_length")).toBe(4096);
    expect(oss.get("gpt-oss.rope.scaling.yarn_beta_fast")).toBe(32);
    expect(oss.get("gpt-oss.rope.scaling.yarn_beta_slow")).toBe(1);
    expect(oss.get("gpt-oss.expert_feed_forward_length")).toBe(256);
    expect(oss.get("general.file_type")).toBe(38);
  });
  test("Phi 3's long rope", async () => {
    const checkpoint = await openCheckpointFrom(fixtureFiles(HF_FIXTURES["phi3, long"]!.fixture));
    expect(checkpoint.metadata.get("phi3.rope.scaling.type")).toBe("longrope");
    expect(checkpoint.metadata.get("phi3.rope.scaling.original_context_length")).toBe(256);
    // sqrt(1 + ln 4 / ln 256) = sqrt(1.25)
    expect(checkpoint.metadata.get("phi3.rope.scaling.attn_factor")).toBe(Math.fround(Math.sqrt(1.25)));
    expect((await floatsOf(checkpoint.tensors.get("rope_factors_long.weight")))[3]).toBe(4);
    expect((await floatsOf(checkpoint.tensors.get("rope_factors_short.weight")))[3]).toBe(1.5);
  });
  test("encoders look both ways", async () => {
    const bert = await metadata("bert");
    expect(bert.get("bert.attention.causal")).toBe(false);
    expect(bert.get("bert.attention.layer_norm_epsilon")).toBe(Math.fround(1e-12));
    const nomic = await metadata("nomic_bert");
    expect(nomic.get("nomic-bert.context_length")).toBe(2048);
    expect(nomic.get("nomic-bert.rope.freq_base")).toBe(1000);
  });
  test("pooling comes from modules.json", async () => {
    for (const [mode, type] of [
      ["pooling_mode_mean_tokens", 1],
      ["pooling_mode_cls_token", 2],
      ["pooling_mode_lasttoken", 3],
      ["pooling_mode_max_tokens", undefined],
    ] as const) {
      const files = fixtureFiles(HF_FIXTURES.bert!.fixture, "F32", {
        "modules.json": JSON.stringify([
          { type: "sentence_transformers.models.Transformer", path: "" },
          { type: "sentence_transformers.models.Pooling", path: "1_Pooling" },
        ]),
        "1_Pooling/config.json": JSON.stringify({ [mode]: true }),
      });
      expect((await openCheckpointFrom(files)).metadata.get("bert.pooling_type")).toBe(type!);
    }
  });
});

describe("modules.json", () => {
  const opened = (text: string) =>
    openCheckpointFrom(
      fixtureFiles(HF_FIXTURES.bert!.fixture, "F32", { "modules.json": text, "x/config.json": "{" }),
    );
  test("that is not JSON is refused", async () => {
    expect(await codeOf(opened("["))).toBe("FORMATS_CONFIG_INVALID");
  });
  test("does not reach out of its folder", async () => {
    for (const path of ["../x", "/x", "a/../../x", ""]) {
      const { metadata } = await opened(JSON.stringify([{ type: "a.Pooling", path }]));
      expect(metadata.has("bert.pooling_type")).toBe(false);
    }
    expect(await codeOf(opened(JSON.stringify([{ type: "a.Pooling", path: "x" }])))).toBe(
      "FORMATS_CONFIG_INVALID",
    );
  });
  test("that is no list is passed over", async () => {
    expect((await opened("{}")).metadata.has("bert.pooling_type")).toBe(false);
  });
});

describe("what a config leaves out", () => {
  const { fixture } = HF_FIXTURES["llama 3"]!;
  const opened = (change: Record<string, unknown>) =>
    openCheckpointFrom(fixtureFiles({ ...fixture, config: { ...fixture.config, ...change } }));

  test("keys' heads, epsilon and rope have defaults", async () => {
    const { metadata } = await openCheckpointFrom(
      fixtureFiles({
        config: {
          ...HF_FIXTURES.olmo2!.fixture.config,
          num_key_value_heads: undefined,
          rms_norm_eps: undefined,
          rope_theta: undefined,
        },
        shapes: HF_FIXTURES.olmo2!.fixture.shapes,
      }),
    );
    expect(metadata.get("olmo2.attention.head_count_kv")).toBe(4);
    expect(metadata.get("olmo2.attention.layer_norm_rms_epsilon")).toBe(Math.fround(1e-6));
    expect(metadata.get("olmo2.rope.freq_base")).toBe(10_000);
  });
  test("Llama 3's scaling has defaults", async () => {
    const bare = await opened({ rope_theta: undefined, rope_scaling: { type: "llama3" } });
    const full = await opened({
      rope_theta: 10_000,
      rope_scaling: { type: "llama3", factor: 8, low_freq_factor: 1, high_freq_factor: 4 },
      original_max_position_embeddings: 8192,
    });
    const factors = (from: typeof bare) => floatsOf(from.tensors.get("rope_freqs.weight"));
    expect(await factors(bare)).toEqual(await factors(full));
  });
  test("rope parameters may differ between layers, or name the base themselves", async () => {
    const nested = await opened({
      rope_theta: undefined,
      rope_scaling: undefined,
      rope_parameters: {
        full_attention: { rope_type: "linear", factor: 4, rope_theta: 7 },
        sliding_attention: { rope_theta: 5 },
      },
    });
    expect(nested.metadata.get("llama.rope.freq_base")).toBe(7);
    expect(nested.metadata.get("llama.rope.scaling.type")).toBe("linear");
    expect(nested.metadata.get("llama.rope.scaling.factor")).toBe(4);
    const gemma = HF_FIXTURES.gemma3_text!.fixture;
    const config = {
      ...gemma.config,
      rope_theta: undefined,
      rope_local_base_freq: undefined,
      rope_parameters: { full_attention: { rope_theta: 9 }, sliding_attention: { rope_theta: 5 } },
    };
    const three = await openCheckpointFrom(fixtureFiles({ ...gemma, config }));
    expect(three.metadata.get("gemma3.rope.freq_base")).toBe(9);
    expect(three.metadata.get("gemma3.rope.freq_base_swa")).toBe(5);
  });
  test("dynamic scaling starts from the model's context", async () => {
    const { metadata } = await opened({ rope_scaling: { type: "dynamic", factor: 2.5 } });
    expect(metadata.get("llama.rope.scaling.type")).toBe("dynamic");
    expect(metadata.get("llama.rope.scaling.factor")).toBe(2.5);
    expect(metadata.get("llama.rope.scaling.original_context_length")).toBe(256);
    expect(metadata.get("llama.context_length")).toBe(256);
  });
  test("yarn without an original context takes the model's", async () => {
    const { metadata } = await opened({ rope_scaling: { type: "yarn", factor: 4, attn_factor: 0.5 } });
    expect(metadata.get("llama.rope.scaling.original_context_length")).toBe(256);
    expect(metadata.get("llama.rope.scaling.yarn_attn_factor")).toBe(0.5);
  });
  test("Phi 3's factor at its original length, and by yarn", async () => {
    const long = HF_FIXTURES["phi3, long"]!.fixture;
    const scaling = long.config.rope_scaling as Record<string, unknown>;
    const factor = async (change: Record<string, unknown>) =>
      (
        await openCheckpointFrom(fixtureFiles({ ...long, config: { ...long.config, ...change } }))
      ).metadata.get("phi3.rope.scaling.attn_factor");
    expect(await factor({ original_max_position_embeddings: 1024 })).toBe(1);
    const yarn = { rope_scaling: { ...scaling, type: "yarn", factor: 4 } };
    expect(await factor(yarn)).toBe(Math.fround(0.1 * Math.log(4) + 1));
  });
});

describe("settings that cannot be expressed are refused", () => {
  const refused = async (name: string, change: Record<string, unknown>) => {
    const { fixture } = HF_FIXTURES[name]!;
    return codeOf(openCheckpointFrom(fixtureFiles({ ...fixture, config: { ...fixture.config, ...change } })));
  };
  const unsupported: [string, Record<string, unknown>][] = [
    ["qwen2", { use_sliding_window: true }],
    ["qwen3_moe", { norm_topk_prob: false }],
    ["smollm3", { no_rope_layers: [1, 0, 1, 0, 1] }],
    ["smollm3", { no_rope_layers: null, no_rope_layer_interval: 3 }],
    ["nomic_bert", { activation_function: "gelu" }],
    ["llama", { rope_scaling: { type: "ntk-by-parts", factor: 2 } }],
    ["llama 3", { head_dim: 2 ** 31 }],
    ["llama", { quantization_config: { quant_method: "gptq" } }],
    ["phi3", { rope_scaling: { type: "longrope", long_factor: [1], short_factor: [1] } }],
  ];
  for (const [name, change] of unsupported) {
    test(`${name} with ${JSON.stringify(change)}`, async () => {
      expect(await refused(name, change)).toBe("FORMATS_UNSUPPORTED");
    });
  }
  const invalid: [string, Record<string, unknown>][] = [
    ["llama", { hidden_size: undefined }],
    ["llama", { num_hidden_layers: 0 }],
    ["llama", { num_hidden_layers: 100_000 }],
    ["llama", { num_attention_heads: -1 }],
    ["llama", { num_attention_heads: 2.5 }],
    ["llama", { hidden_size: 2 ** 33 }],
    ["llama", { num_attention_heads: 3 }],
    ["llama", { rms_norm_eps: "small" }],
    ["llama", { model_type: undefined }],
    ["llama", { rope_scaling: { type: "yarn", factor: 2, original_max_position_embeddings: 0.5 } }],
    ["phi3", { rope_scaling: { type: "longrope", long_factor: "1", short_factor: [1] } }],
  ];
  for (const [name, change] of invalid) {
    test(`${name} with ${JSON.stringify(change)}`, async () => {
      expect(await refused(name, change)).toBe("FORMATS_CONFIG_INVALID");
    });
  }
  test("heads that do not divide the rows", async () => {
    expect(await refused("llama", { head_dim: 32, num_attention_heads: 128, num_key_value_heads: 2 })).toBe(
      "FORMATS_TENSOR_SHAPE",
    );
  });
  test("smollm3 with its usual layers", async () => {
    expect(await refused("smollm3", { no_rope_layers: null, no_rope_layer_interval: 4 })).toBe("none");
  });
});
