import type { Checkpoint } from "@realizar/formats";
import { dequantize, type GgmlTypeName } from "@realizar/gguf";
import { writeSafetensors } from "@realizar/safetensors";

/** One tensor as transformers saves it. */
interface Saved {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** A tensor of a checkpoint, as numbers; `bytes` where its type is not F32. */
interface Tensor extends Saved {
  readonly data: Float32Array;
  readonly type: GgmlTypeName;
  readonly bytes: Uint8Array;
}

/** What becomes of one tensor of a layer: `name` begins with the layer's place. */
type Rule = (tensor: Tensor, c: Config, layer: Layer) => Record<string, Saved>;

/** Tensors of one layer, by their names within it. */
type Layer = ReadonlyMap<string, Tensor>;

interface Config {
  readonly heads: number;
  readonly kvHeads: number;
}

/** What differs between model types. */
interface Recipe {
  readonly modelType: string;
  readonly config?: (key: (name: string) => unknown) => Record<string, unknown>;
  readonly outer?: Readonly<Record<string, string>>;
  readonly at?: string;
  readonly rules: Readonly<Record<string, Rule | string>>;
  /** Norms are saved with 1 taken off. */
  readonly normsLessOne?: boolean;
}

const OUTER: Readonly<Record<string, string>> = {
  "token_embd.weight": "model.embed_tokens.weight",
  "output_norm.weight": "model.norm.weight",
  "output.weight": "lm_head.weight",
};

const pair = (gguf: string, hf: string) => ({
  [`${gguf}.weight`]: `${hf}.weight`,
  [`${gguf}.bias`]: `${hf}.bias`,
});

const PROJECTIONS = {
  ...pair("attn_q", "self_attn.q_proj"),
  ...pair("attn_k", "self_attn.k_proj"),
  ...pair("attn_v", "self_attn.v_proj"),
  ...pair("attn_output", "self_attn.o_proj"),
};
const HEAD_NORMS = { ...pair("attn_q_norm", "self_attn.q_norm"), ...pair("attn_k_norm", "self_attn.k_norm") };
const PRE_NORMS = {
  ...pair("attn_norm", "input_layernorm"),
  ...pair("ffn_norm", "post_attention_layernorm"),
};
const GATED = {
  ...pair("ffn_gate", "mlp.gate_proj"),
  ...pair("ffn_up", "mlp.up_proj"),
  ...pair("ffn_down", "mlp.down_proj"),
};

/** Pairs of neighbours to halves: row h headDim / 2 + j of a head is its row 2 j + h. */
function halves({ shape: [rows = 0, ...rest], data }: Tensor, heads: number): Saved {
  const headRows = rows / heads;
  const columns = data.length / rows;
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [head, within] = [Math.floor(row / headRows), row % headRows];
    const to = head * headRows + (within % 2) * (headRows / 2) + (within >> 1);
    out.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  }
  return { shape: [rows, ...rest], data: out };
}

const TURNED: Recipe["rules"] = {
  ...PROJECTIONS,
  "attn_q.weight": (t, c) => ({ "self_attn.q_proj.weight": halves(t, c.heads) }),
  "attn_q.bias": (t, c) => ({ "self_attn.q_proj.bias": halves(t, c.heads) }),
  "attn_k.weight": (t, c) => ({ "self_attn.k_proj.weight": halves(t, c.kvHeads) }),
  "attn_k.bias": (t, c) => ({ "self_attn.k_proj.bias": halves(t, c.kvHeads) }),
};

/** [experts, ...] to a tensor an expert. */
const eachExpert =
  (name: (expert: number) => string): Rule =>
  ({ shape: [experts = 0, ...shape], data }) =>
    Object.fromEntries(
      Array.from({ length: experts }, (_, i) => {
        const size = data.length / experts;
        return [name(i), { shape, data: data.slice(i * size, (i + 1) * size) }];
      }),
    );

/** Gate and up rows by turns: two of [experts, n, ...] to [experts, 2 n, ...]. */
function byTurns(gate: Tensor, up: Tensor): Saved {
  const [experts = 0, rows = 0, ...rest] = gate.shape;
  const columns = gate.data.length / experts / rows;
  const data = new Float32Array(2 * gate.data.length);
  for (let row = 0; row < experts * rows; row++) {
    data.set(gate.data.subarray(row * columns, (row + 1) * columns), 2 * row * columns);
    data.set(up.data.subarray(row * columns, (row + 1) * columns), (2 * row + 1) * columns);
  }
  return { shape: [experts, 2 * rows, ...rest], data };
}

/** [matrices, rows, columns] to [matrices, columns, rows]. */
function transposed({ shape: [matrices = 0, rows = 0, columns = 0], data }: Saved): Saved {
  const out = new Float32Array(data.length);
  for (let m = 0; m < matrices; m++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++)
        out[(m * columns + c) * rows + r] = data[(m * rows + r) * columns + c]!;
    }
  }
  return { shape: [matrices, columns, rows], data: out };
}

const MXFP4_BLOCK = 17;

/** OpenAI's pair of MXFP4 tensors; `rows` are taken by turns from all of `parts`. */
function packed(name: string, ...parts: readonly Tensor[]): Record<string, Saved> {
  const [experts = 0, rows = 0, columns = 0] = parts[0]!.shape;
  const perRow = columns / 32;
  const all = experts * rows * parts.length;
  const blocks = new Uint8Array(all * perRow * 16);
  const scales = new Uint8Array(all * perRow);
  for (let row = 0; row < all; row++) {
    const { bytes } = parts[row % parts.length]!;
    const from = Math.floor(row / parts.length) * perRow;
    for (let b = 0; b < perRow; b++) {
      const block = bytes.subarray((from + b) * MXFP4_BLOCK, (from + b + 1) * MXFP4_BLOCK);
      const code = (i: number) => (block[1 + (i % 16)]! >> (i < 16 ? 0 : 4)) & 15;
      scales[row * perRow + b] = block[0]!;
      for (let i = 0; i < 16; i++) blocks[(row * perRow + b) * 16 + i] = code(2 * i) | (code(2 * i + 1) << 4);
    }
  }
  const shape = [experts, rows * parts.length, perRow];
  return {
    [`${name}_blocks`]: { shape: [...shape, 16], data: blocks },
    [`${name}_scales`]: { shape, data: scales },
  };
}

const gateUp: Rule = (gate, _, layer) => {
  const up = layer.get("ffn_up_exps.weight")!;
  return gate.type === "MXFP4"
    ? packed("mlp.experts.gate_up_proj", gate, up)
    : { "mlp.experts.gate_up_proj": transposed(byTurns(gate, up)) };
};

const RECIPES: Readonly<Record<string, Recipe>> = {
  bert: {
    modelType: "bert",
    config: (key) => ({
      layer_norm_eps: key("attention.layer_norm_epsilon"),
      type_vocab_size: 2,
      num_key_value_heads: undefined,
    }),
    at: "encoder.layer",
    outer: {
      "token_embd.weight": "embeddings.word_embeddings.weight",
      "position_embd.weight": "embeddings.position_embeddings.weight",
      "token_types.weight": "embeddings.token_type_embeddings.weight",
      ...pair("token_embd_norm", "embeddings.LayerNorm"),
    },
    rules: {
      ...pair("attn_q", "attention.self.query"),
      ...pair("attn_k", "attention.self.key"),
      ...pair("attn_v", "attention.self.value"),
      ...pair("attn_output", "attention.output.dense"),
      ...pair("attn_output_norm", "attention.output.LayerNorm"),
      ...pair("ffn_up", "intermediate.dense"),
      ...pair("ffn_down", "output.dense"),
      ...pair("layer_output_norm", "output.LayerNorm"),
    },
  },
  gemma: { modelType: "gemma", rules: { ...PROJECTIONS, ...PRE_NORMS, ...GATED }, normsLessOne: true },
  gemma2: {
    modelType: "gemma2",
    config: (key) => ({
      sliding_window: key("attention.sliding_window"),
      query_pre_attn_scalar: key("attention.key_length"),
      attn_logit_softcapping: 50,
      final_logit_softcapping: 30,
    }),
    rules: {
      ...PROJECTIONS,
      ...GATED,
      ...pair("attn_norm", "input_layernorm"),
      ...pair("post_attention_norm", "post_attention_layernorm"),
      ...pair("ffn_norm", "pre_feedforward_layernorm"),
      ...pair("post_ffw_norm", "post_feedforward_layernorm"),
    },
    normsLessOne: true,
  },
  "gpt-oss": {
    modelType: "gpt_oss",
    config: (key) => ({
      sliding_window: key("attention.sliding_window"),
      intermediate_size: key("expert_feed_forward_length"),
      num_local_experts: key("expert_count"),
      num_experts_per_tok: key("expert_used_count"),
    }),
    rules: {
      ...PROJECTIONS,
      ...pair("attn_norm", "input_layernorm"),
      ...pair("post_attention_norm", "post_attention_layernorm"),
      "attn_sinks.weight": "self_attn.sinks",
      ...pair("ffn_gate_inp", "mlp.router"),
      "ffn_gate_exps.weight": gateUp,
      "ffn_gate_exps.bias": (gate, _, layer) => ({
        "mlp.experts.gate_up_proj_bias": byTurns(gate, layer.get("ffn_up_exps.bias")!),
      }),
      "ffn_up_exps.weight": () => ({}),
      "ffn_up_exps.bias": () => ({}),
      "ffn_down_exps.weight": (down) =>
        down.type === "MXFP4"
          ? packed("mlp.experts.down_proj", down)
          : { "mlp.experts.down_proj": transposed(down) },
      "ffn_down_exps.bias": "mlp.experts.down_proj_bias",
    },
  },
  granite: {
    modelType: "granite",
    config: (key) => ({
      attention_multiplier: key("attention.scale"),
      embedding_multiplier: key("embedding_scale"),
      residual_multiplier: key("residual_scale"),
      logits_scaling: key("logit_scale"),
    }),
    rules: { ...TURNED, ...PRE_NORMS, ...GATED },
  },
  llama: {
    modelType: "llama",
    config: (key) => ({ sliding_window: key("attention.sliding_window") }),
    rules: { ...TURNED, ...PRE_NORMS, ...GATED },
  },
  mixtral: {
    modelType: "mixtral",
    config: (key) => ({
      num_local_experts: key("expert_count"),
      num_experts_per_tok: key("expert_used_count"),
    }),
    rules: {
      ...TURNED,
      ...PRE_NORMS,
      "ffn_gate_inp.weight": "block_sparse_moe.gate.weight",
      "ffn_gate_exps.weight": eachExpert((i) => `block_sparse_moe.experts.${i}.w1.weight`),
      "ffn_down_exps.weight": eachExpert((i) => `block_sparse_moe.experts.${i}.w2.weight`),
      "ffn_up_exps.weight": eachExpert((i) => `block_sparse_moe.experts.${i}.w3.weight`),
    },
  },
  "nomic-bert": {
    modelType: "nomic_bert",
    config: (key) => ({
      n_embd: key("embedding_length"),
      n_layer: key("block_count"),
      n_head: key("attention.head_count"),
      n_inner: key("feed_forward_length"),
      n_positions: key("context_length"),
      layer_norm_epsilon: key("attention.layer_norm_epsilon"),
      rotary_emb_base: key("rope.freq_base"),
      activation_function: "swiglu",
    }),
    at: "encoder.layers",
    outer: {
      "token_embd.weight": "embeddings.word_embeddings.weight",
      "token_types.weight": "embeddings.token_type_embeddings.weight",
      ...pair("token_embd_norm", "emb_ln"),
    },
    rules: {
      "attn_qkv.weight": "attn.Wqkv.weight",
      "attn_output.weight": "attn.out_proj.weight",
      ...pair("attn_output_norm", "norm1"),
      "ffn_up.weight": "mlp.fc11.weight",
      "ffn_gate.weight": "mlp.fc12.weight",
      "ffn_down.weight": "mlp.fc2.weight",
      ...pair("layer_output_norm", "norm2"),
    },
  },
  olmo2: {
    modelType: "olmo2",
    rules: {
      ...PROJECTIONS,
      ...HEAD_NORMS,
      ...GATED,
      ...pair("post_attention_norm", "post_attention_layernorm"),
      ...pair("post_ffw_norm", "post_feedforward_layernorm"),
    },
  },
  phi3: {
    modelType: "phi3",
    config: (key) => ({ sliding_window: key("attention.sliding_window") }),
    rules: {
      ...PRE_NORMS,
      "attn_qkv.weight": "self_attn.qkv_proj.weight",
      "attn_output.weight": "self_attn.o_proj.weight",
      "ffn_up.weight": "mlp.gate_up_proj.weight",
      "ffn_down.weight": "mlp.down_proj.weight",
    },
  },
  qwen2: { modelType: "qwen2", rules: { ...PROJECTIONS, ...PRE_NORMS, ...GATED } },
  qwen3: { modelType: "qwen3", rules: { ...PROJECTIONS, ...HEAD_NORMS, ...PRE_NORMS, ...GATED } },
  qwen3moe: {
    modelType: "qwen3_moe",
    config: (key) => ({
      num_experts: key("expert_count"),
      num_experts_per_tok: key("expert_used_count"),
      moe_intermediate_size: key("expert_feed_forward_length"),
    }),
    rules: {
      ...PROJECTIONS,
      ...HEAD_NORMS,
      ...PRE_NORMS,
      "ffn_gate_inp.weight": "mlp.gate.weight",
      "ffn_gate_exps.weight": eachExpert((i) => `mlp.experts.${i}.gate_proj.weight`),
      "ffn_down_exps.weight": eachExpert((i) => `mlp.experts.${i}.down_proj.weight`),
      "ffn_up_exps.weight": eachExpert((i) => `mlp.experts.${i}.up_proj.weight`),
    },
  },
  smollm3: { modelType: "smollm3", rules: { ...TURNED, ...PRE_NORMS, ...GATED } },
};

const GEMMA3: Recipe = {
  ...RECIPES.gemma2!,
  modelType: "gemma3_text",
  config: (key) => ({
    sliding_window: key("attention.sliding_window"),
    query_pre_attn_scalar: key("attention.key_length"),
  }),
  rules: { ...RECIPES.gemma2!.rules, ...HEAD_NORMS },
};

/**
 * A tiny checkpoint as the Hugging Face folder that transformers would have saved: config.json and model.safetensors.
 * It undoes what converting to GGUF does: heads turned by halves, experts and fused matrices laid out as there.
 */
export async function hfFolder(
  checkpoint: Checkpoint,
  moreConfig: Readonly<Record<string, unknown>> = {},
): Promise<Record<string, Uint8Array>> {
  const { architecture, metadata, tensors } = checkpoint;
  const key = (name: string) => metadata.get(`${architecture}.${name}`);
  const mixtral = architecture === "llama" && key("expert_count") !== undefined;
  const recipe = architecture === "gemma3" ? GEMMA3 : RECIPES[mixtral ? "mixtral" : architecture]!;
  const c: Config = {
    heads: key("attention.head_count") as number,
    kvHeads: key("attention.head_count_kv") as number,
  };
  const layers: Map<string, Tensor>[] = [];
  const saved: Record<string, Saved> = {};
  for (const [name, tensor] of tensors) {
    const bytes = new Uint8Array(tensor.byteLength);
    await tensor.readInto(bytes, 0);
    const data = dequantize(tensor.type, bytes);
    const lessOne = recipe.normsLessOne && name.endsWith("norm.weight");
    const read: Tensor = {
      shape: tensor.shape,
      type: tensor.type,
      bytes,
      data: lessOne ? data.map((value) => value - 1) : data,
    };
    const [, layer, within] = /^blk\.(\d+)\.(.*)$/.exec(name) ?? [];
    const at = Number(layer);
    if (within === undefined) saved[(recipe.outer ?? OUTER)[name]!] = read;
    else {
      layers[at] ??= new Map();
      layers[at].set(within, read);
    }
  }
  for (const [i, layer] of layers.entries()) {
    for (const [name, tensor] of layer) {
      const rule = recipe.rules[name];
      if (rule === undefined) throw new RangeError(`${recipe.modelType} has no name for ${name}`);
      const made = typeof rule === "string" ? { [rule]: tensor } : rule(tensor, c, layer);
      for (const [hf, part] of Object.entries(made))
        saved[`${recipe.at ?? "model.layers"}.${i}.${hf}`] = part;
    }
  }
  const config = {
    model_type: recipe.modelType,
    hidden_size: key("embedding_length"),
    intermediate_size: key("feed_forward_length"),
    num_hidden_layers: key("block_count"),
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: key("attention.key_length"),
    max_position_embeddings: key("context_length"),
    rms_norm_eps: key("attention.layer_norm_rms_epsilon"),
    rope_theta: key("rope.freq_base"),
    vocab_size: tensors.get("token_embd.weight")!.shape[0],
    tie_word_embeddings: !tensors.has("output.weight"),
    ...recipe.config?.(key),
    ...moreConfig,
  };
  return {
    "config.json": new TextEncoder().encode(JSON.stringify(config)),
    "model.safetensors": writeSafetensors(
      Object.entries(saved).map(([name, { shape, data }]) => ({
        name,
        dtype: data instanceof Uint8Array ? "U8" : "F32",
        shape,
        data,
      })),
    ),
  };
}
