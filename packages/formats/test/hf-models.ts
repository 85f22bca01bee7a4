import { type Dtype, writeSafetensors } from "@realizar/safetensors";

/** A Hugging Face model: its config.json, and the names and shapes of its tensors as transformers saves them. */
export interface HfFixture {
  readonly config: Record<string, unknown>;
  readonly shapes: Record<string, readonly number[]>;
}

/** Sizes of the models of the test data's `architectures`. */
export interface Sizes {
  readonly hidden: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headDim: number;
  readonly inner: number;
  readonly layers: number;
  readonly vocabulary: number;
}

const SIZES: Sizes = {
  hidden: 128,
  heads: 4,
  keyHeads: 2,
  headDim: 32,
  inner: 256,
  layers: 2,
  vocabulary: 512,
};

const config = (type: string, s: Sizes, more: Record<string, unknown> = {}) => ({
  model_type: type,
  hidden_size: s.hidden,
  intermediate_size: s.inner,
  num_hidden_layers: s.layers,
  num_attention_heads: s.heads,
  num_key_value_heads: s.keyHeads,
  max_position_embeddings: 256,
  rms_norm_eps: 1e-5,
  vocab_size: s.vocabulary,
  ...more,
});

type Shapes = Record<string, readonly number[]>;

function layered(s: Sizes, layer: (at: string) => Shapes, prefix = "model.layers"): Shapes {
  return Object.assign({}, ...Array.from({ length: s.layers }, (_, index) => layer(`${prefix}.${index}`)));
}

const ends = (s: Sizes, head = true): Shapes => ({
  "model.embed_tokens.weight": [s.vocabulary, s.hidden],
  "model.norm.weight": [s.hidden],
  ...(head ? { "lm_head.weight": [s.vocabulary, s.hidden] } : {}),
});

const attention = (at: string, s: Sizes): Shapes => ({
  [`${at}.self_attn.q_proj.weight`]: [s.heads * s.headDim, s.hidden],
  [`${at}.self_attn.k_proj.weight`]: [s.keyHeads * s.headDim, s.hidden],
  [`${at}.self_attn.v_proj.weight`]: [s.keyHeads * s.headDim, s.hidden],
  [`${at}.self_attn.o_proj.weight`]: [s.hidden, s.heads * s.headDim],
});

const biases = (at: string, s: Sizes): Shapes => ({
  [`${at}.self_attn.q_proj.bias`]: [s.heads * s.headDim],
  [`${at}.self_attn.k_proj.bias`]: [s.keyHeads * s.headDim],
  [`${at}.self_attn.v_proj.bias`]: [s.keyHeads * s.headDim],
});

const headNorms = (at: string, queries: number, keys = queries): Shapes => ({
  [`${at}.self_attn.q_norm.weight`]: [queries],
  [`${at}.self_attn.k_norm.weight`]: [keys],
});

const norms = (at: string, s: Sizes, ...names: string[]): Shapes =>
  Object.fromEntries(names.map((name) => [`${at}.${name}_layernorm.weight`, [s.hidden]]));

const mlp = (at: string, s: Sizes): Shapes => ({
  [`${at}.mlp.gate_proj.weight`]: [s.inner, s.hidden],
  [`${at}.mlp.up_proj.weight`]: [s.inner, s.hidden],
  [`${at}.mlp.down_proj.weight`]: [s.hidden, s.inner],
});

const dense = (s: Sizes, ...more: ((at: string) => Shapes)[]): Shapes =>
  layered(s, (at) => ({
    ...attention(at, s),
    ...norms(at, s, "input", "post_attention"),
    ...mlp(at, s),
    ...Object.assign({}, ...more.map((add) => add(at))),
  }));

function llama(type = "llama", more: Record<string, unknown> = {}, s = SIZES): HfFixture {
  return { config: config(type, s, { rope_theta: 10_000, ...more }), shapes: { ...ends(s), ...dense(s) } };
}

function mixtral(): HfFixture {
  const s = SIZES;
  return {
    config: config("mixtral", s, {
      num_local_experts: 4,
      num_experts_per_tok: 2,
      tie_word_embeddings: false,
    }),
    shapes: {
      ...ends(s),
      ...layered(s, (at) => ({
        ...attention(at, s),
        ...norms(at, s, "input", "post_attention"),
        [`${at}.block_sparse_moe.gate.weight`]: [4, s.hidden],
        ...Object.fromEntries(
          [0, 1, 2, 3].flatMap((expert) => [
            [`${at}.block_sparse_moe.experts.${expert}.w1.weight`, [s.inner, s.hidden]],
            [`${at}.block_sparse_moe.experts.${expert}.w2.weight`, [s.hidden, s.inner]],
            [`${at}.block_sparse_moe.experts.${expert}.w3.weight`, [s.inner, s.hidden]],
          ]),
        ),
      })),
    },
  };
}

function qwen3Moe(fused: boolean): HfFixture {
  const s = { ...SIZES, headDim: 64 };
  const width = 96;
  return {
    config: config("qwen3_moe", s, {
      head_dim: 64,
      num_experts: 4,
      num_experts_per_tok: 2,
      moe_intermediate_size: width,
      rope_parameters: { rope_theta: 10_000, rope_type: "default" },
    }),
    shapes: {
      ...ends(s),
      ...layered(s, (at) => ({
        ...attention(at, s),
        ...headNorms(at, s.headDim),
        ...norms(at, s, "input", "post_attention"),
        [`${at}.mlp.gate.weight`]: [4, s.hidden],
        ...(fused
          ? {
              [`${at}.mlp.experts.gate_up_proj`]: [4, 2 * width, s.hidden],
              [`${at}.mlp.experts.down_proj`]: [4, s.hidden, width],
            }
          : Object.fromEntries(
              [0, 1, 2, 3].flatMap((expert) => [
                [`${at}.mlp.experts.${expert}.gate_proj.weight`, [width, s.hidden]],
                [`${at}.mlp.experts.${expert}.up_proj.weight`, [width, s.hidden]],
                [`${at}.mlp.experts.${expert}.down_proj.weight`, [s.hidden, width]],
              ]),
            )),
      })),
    },
  };
}

function gemma3(wrapped: boolean, more: Record<string, unknown> = {}): HfFixture {
  const s = { ...SIZES, headDim: 64, layers: 7 };
  const inner = config("gemma3_text", s, {
    head_dim: 64,
    rope_theta: 1_000_000,
    rope_local_base_freq: 10_000,
    sliding_window: 16,
    query_pre_attn_scalar: 64,
    final_logit_softcapping: null,
    ...more,
  });
  const shapes = {
    ...ends(s, false),
    ...dense(
      s,
      (at) => norms(at, s, "pre_feedforward", "post_feedforward"),
      (at) => headNorms(at, s.headDim),
    ),
  };
  if (!wrapped) return { config: inner, shapes };
  const images = { "vision_tower.a.weight": [1], "multi_modal_projector.b": [1] };
  const renamed = Object.entries(shapes).map(([name, shape]) => [`language_model.${name}`, shape]);
  return {
    config: { model_type: "gemma3", text_config: { ...inner, model_type: undefined } },
    shapes: { ...Object.fromEntries(renamed), ...images },
  };
}

function gemma2(): HfFixture {
  const s = { ...SIZES, headDim: 48, layers: 4 };
  return {
    config: config("gemma2", s, {
      head_dim: 48,
      rope_theta: 10_000,
      sliding_window: 16,
      query_pre_attn_scalar: 144,
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
    }),
    shapes: { ...ends(s, false), ...dense(s, (at) => norms(at, s, "pre_feedforward", "post_feedforward")) },
  };
}

function phi3(more: Record<string, unknown> = {}): HfFixture {
  const s = SIZES;
  return {
    config: config("phi3", s, { rope_theta: 10_000, sliding_window: null, ...more }),
    shapes: {
      ...ends(s),
      ...layered(s, (at) => ({
        ...norms(at, s, "input", "post_attention"),
        [`${at}.self_attn.qkv_proj.weight`]: [(s.heads + 2 * s.keyHeads) * s.headDim, s.hidden],
        [`${at}.self_attn.o_proj.weight`]: [s.hidden, s.heads * s.headDim],
        [`${at}.mlp.gate_up_proj.weight`]: [2 * s.inner, s.hidden],
        [`${at}.mlp.down_proj.weight`]: [s.hidden, s.inner],
      })),
    },
  };
}

function olmo2(type = "olmo2", more: Record<string, unknown> = {}): HfFixture {
  const s = { ...SIZES, keyHeads: 4 };
  return {
    config: config(type, s, { rope_theta: 500_000, ...more }),
    shapes: {
      ...ends(s),
      ...layered(s, (at) => ({
        ...attention(at, s),
        ...headNorms(at, s.hidden),
        ...norms(at, s, "post_attention", "post_feedforward"),
        ...mlp(at, s),
      })),
    },
  };
}

function gptOss(packed: boolean): HfFixture {
  const s = SIZES;
  const experts = 2;
  return {
    config: config("gpt_oss", s, {
      head_dim: 32,
      num_local_experts: experts,
      num_experts_per_tok: 2,
      sliding_window: 128,
      rope_theta: 150_000,
      rope_scaling: {
        rope_type: "yarn",
        factor: 32,
        beta_fast: 32,
        beta_slow: 1,
        original_max_position_embeddings: 4096,
        truncate: false,
      },
      tie_word_embeddings: false,
      ...(packed ? { quantization_config: { quant_method: "mxfp4" } } : {}),
    }),
    shapes: {
      ...ends(s),
      ...layered(s, (at) => ({
        ...attention(at, s),
        ...biases(at, s),
        [`${at}.self_attn.o_proj.bias`]: [s.hidden],
        [`${at}.self_attn.sinks`]: [s.heads],
        ...norms(at, s, "input", "post_attention"),
        [`${at}.mlp.router.weight`]: [experts, s.hidden],
        [`${at}.mlp.router.bias`]: [experts],
        [`${at}.mlp.experts.gate_up_proj_bias`]: [experts, 2 * s.inner],
        [`${at}.mlp.experts.down_proj_bias`]: [experts, s.hidden],
        ...(packed
          ? {
              [`${at}.mlp.experts.gate_up_proj_blocks`]: [experts, 2 * s.inner, s.hidden / 32, 16],
              [`${at}.mlp.experts.gate_up_proj_scales`]: [experts, 2 * s.inner, s.hidden / 32],
              [`${at}.mlp.experts.down_proj_blocks`]: [experts, s.hidden, s.inner / 32, 16],
              [`${at}.mlp.experts.down_proj_scales`]: [experts, s.hidden, s.inner / 32],
            }
          : {
              [`${at}.mlp.experts.gate_up_proj`]: [experts, s.hidden, 2 * s.inner],
              [`${at}.mlp.experts.down_proj`]: [experts, s.inner, s.hidden],
            }),
      })),
    },
  };
}

const pair = (at: string, weight: readonly number[]): Shapes => ({
  [`${at}.weight`]: weight,
  [`${at}.bias`]: [weight[0]!],
});

function bert(): HfFixture {
  const s = SIZES;
  const { num_key_value_heads: _, rms_norm_eps: __, ...rest } = config("bert", s);
  return {
    config: { ...rest, layer_norm_eps: 1e-12, type_vocab_size: 2 },
    shapes: {
      "bert.embeddings.position_ids": [1, 256],
      "bert.embeddings.word_embeddings.weight": [s.vocabulary, s.hidden],
      "bert.embeddings.position_embeddings.weight": [256, s.hidden],
      "bert.embeddings.token_type_embeddings.weight": [2, s.hidden],
      ...pair("bert.embeddings.LayerNorm", [s.hidden]),
      ...layered(
        s,
        (at) => ({
          ...pair(`${at}.attention.self.query`, [s.hidden, s.hidden]),
          ...pair(`${at}.attention.self.key`, [s.hidden, s.hidden]),
          ...pair(`${at}.attention.self.value`, [s.hidden, s.hidden]),
          ...pair(`${at}.attention.output.dense`, [s.hidden, s.hidden]),
          ...pair(`${at}.attention.output.LayerNorm`, [s.hidden]),
          ...pair(`${at}.intermediate.dense`, [s.inner, s.hidden]),
          ...pair(`${at}.output.dense`, [s.hidden, s.inner]),
          ...pair(`${at}.output.LayerNorm`, [s.hidden]),
        }),
        "bert.encoder.layer",
      ),
      ...pair("bert.pooler.dense", [s.hidden, s.hidden]),
    },
  };
}

function nomic(): HfFixture {
  const s = SIZES;
  return {
    config: {
      model_type: "nomic_bert",
      n_embd: s.hidden,
      n_layer: s.layers,
      n_head: s.heads,
      n_inner: s.inner,
      n_positions: 8192,
      max_trained_positions: 2048,
      layer_norm_epsilon: 1e-12,
      rotary_emb_base: 1000,
      activation_function: "swiglu",
      prenorm: false,
      rotary_emb_fraction: 1.0,
      vocab_size: s.vocabulary,
    },
    shapes: {
      "embeddings.word_embeddings.weight": [s.vocabulary, s.hidden],
      "embeddings.token_type_embeddings.weight": [2, s.hidden],
      ...pair("emb_ln", [s.hidden]),
      ...layered(
        s,
        (at) => ({
          [`${at}.attn.Wqkv.weight`]: [3 * s.hidden, s.hidden],
          [`${at}.attn.out_proj.weight`]: [s.hidden, s.hidden],
          ...pair(`${at}.norm1`, [s.hidden]),
          [`${at}.mlp.fc11.weight`]: [s.inner, s.hidden],
          [`${at}.mlp.fc12.weight`]: [s.inner, s.hidden],
          [`${at}.mlp.fc2.weight`]: [s.hidden, s.inner],
          ...pair(`${at}.norm2`, [s.hidden]),
        }),
        "encoder.layers",
      ),
    },
  };
}

/** A model a row; `twin` is the GGUF file of the test data that llama.cpp runs with the same sizes. */
export const HF_FIXTURES: Record<string, { fixture: HfFixture; architecture: string; twin?: string }> = {
  llama: { fixture: llama("llama", { tie_word_embeddings: false }), architecture: "llama", twin: "llama" },
  mistral: { fixture: llama("mistral", { sliding_window: 64 }), architecture: "llama", twin: "llama" },
  "llama 3": {
    fixture: llama("llama", {
      rope_theta: 500_000,
      rope_scaling: {
        rope_type: "llama3",
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 64,
      },
    }),
    architecture: "llama",
    twin: "llama3-ropefreqs",
  },
  mixtral: { fixture: mixtral(), architecture: "llama", twin: "mixtral-moe" },
  qwen2: {
    fixture: {
      config: config("qwen2", SIZES, {
        rope_theta: 1_000_000,
        use_sliding_window: false,
        sliding_window: 32,
      }),
      shapes: { ...ends(SIZES), ...dense(SIZES, (at) => biases(at, SIZES)) },
    },
    architecture: "qwen2",
    twin: "qwen2",
  },
  qwen3: {
    fixture: {
      config: config(
        "qwen3",
        { ...SIZES, headDim: 64 },
        { head_dim: 64, rope_theta: 1_000_000, tie_word_embeddings: true },
      ),
      shapes: {
        ...ends(SIZES),
        ...dense({ ...SIZES, headDim: 64 }, (at) => headNorms(at, 64)),
      },
    },
    architecture: "qwen3",
    twin: "qwen3",
  },
  qwen3_moe: { fixture: qwen3Moe(false), architecture: "qwen3moe", twin: "qwen3moe" },
  "qwen3_moe, fused": { fixture: qwen3Moe(true), architecture: "qwen3moe", twin: "qwen3moe" },
  gemma: {
    fixture: {
      config: config("gemma", { ...SIZES, headDim: 64 }, { head_dim: 32, rope_theta: 10_000 }),
      shapes: { ...ends(SIZES), ...dense(SIZES) },
    },
    architecture: "gemma",
  },
  gemma2: { fixture: gemma2(), architecture: "gemma2", twin: "gemma2" },
  gemma3_text: { fixture: gemma3(false), architecture: "gemma3", twin: "gemma3" },
  "gemma3_text, layers by kind": {
    fixture: gemma3(false, {
      layer_types: Array.from({ length: 7 }, (_, i) => (i === 3 ? "full_attention" : "sliding_attention")),
    }),
    architecture: "gemma3",
  },
  "gemma3, with images": { fixture: gemma3(true), architecture: "gemma3", twin: "gemma3" },
  phi3: { fixture: phi3(), architecture: "phi3", twin: "phi3" },
  "phi3, long": {
    fixture: phi3({
      max_position_embeddings: 1024,
      original_max_position_embeddings: 256,
      rope_scaling: {
        type: "longrope",
        long_factor: Array.from({ length: 16 }, (_, i) => 1 + i),
        short_factor: Array.from({ length: 16 }, () => 1.5),
      },
    }),
    architecture: "phi3",
  },
  smollm3: {
    fixture: {
      config: config(
        "smollm3",
        { ...SIZES, layers: 5 },
        { rope_theta: 2_000_000, no_rope_layers: [1, 1, 1, 0, 1] },
      ),
      shapes: { ...ends(SIZES, false), ...dense({ ...SIZES, layers: 5 }) },
    },
    architecture: "smollm3",
    twin: "smollm3",
  },
  olmo2: { fixture: olmo2(), architecture: "olmo2", twin: "olmo2" },
  olmo3: {
    fixture: olmo2("olmo3", {
      sliding_window: 64,
      layer_types: ["sliding_attention", "full_attention"],
    }),
    architecture: "olmo2",
  },
  granite: {
    fixture: llama("granite", {
      head_dim: 99,
      attention_multiplier: 0.015625,
      embedding_multiplier: 12,
      residual_multiplier: 0.22,
      logits_scaling: 16,
    }),
    architecture: "granite",
  },
  "gpt_oss, MXFP4": { fixture: gptOss(true), architecture: "gpt-oss" },
  "gpt_oss, BF16": { fixture: gptOss(false), architecture: "gpt-oss" },
  bert: { fixture: bert(), architecture: "bert" },
  nomic_bert: { fixture: nomic(), architecture: "nomic-bert" },
};

/** Dtype of a fixture's tensor. */
function dtypeOf(name: string, matrices: Dtype): Dtype {
  if (/_blocks$|_scales$/.test(name)) return "U8";
  return name.endsWith("position_ids") ? "I64" : matrices;
}

/** The bytes of a fixture's tensor: 0, 1, 2, ... after a start of its own, as elements of its dtype. */
export function fixtureData(name: string, dtype: Dtype, count: number): ArrayBufferView {
  const start = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 997, 7);
  if (dtype === "U8" || dtype === "F8_E4M3")
    return Uint8Array.from({ length: count }, (_, i) => (start + i * 7) & 255);
  if (dtype === "I64") return new BigInt64Array(count);
  if (dtype === "BF16") return Uint16Array.from({ length: count }, (_, i) => 0x3c00 + ((start + i) % 0x500));
  if (dtype === "F64") return Float64Array.from({ length: count }, (_, i) => start + i / 2);
  return Float32Array.from({ length: count }, (_, i) => start + i / 2);
}

/** The files of a fixture's folder. */
export function fixtureFiles(
  { config, shapes }: HfFixture,
  matrices: Dtype = "F32",
  more: Record<string, string> = {},
): Record<string, Uint8Array> {
  const encoder = new TextEncoder();
  const tensors = Object.entries(shapes).map(([name, shape]) => {
    const dtype = dtypeOf(name, matrices);
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    return { name, dtype, shape, data: fixtureData(name, dtype, count) };
  });
  return {
    "config.json": encoder.encode(JSON.stringify(config)),
    "model.safetensors": writeSafetensors(tensors),
    ...Object.fromEntries(Object.entries(more).map(([name, text]) => [name, encoder.encode(text)])),
  };
}
