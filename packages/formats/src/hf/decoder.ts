import {
  count,
  findInteger,
  findNumber,
  findRopeInteger,
  findRopeNumber,
  float,
  float32,
  getCount,
  type HfConfig,
  headDimension,
  integer,
  type Parameter,
  ropeType,
  uint32,
  unsupported,
} from "./config.ts";
import { optional, plain, type Rule } from "./model.ts";

/** What may stand before the names of a decoder's tensors, alone or inside a model of text and images. */
export const decoderPrefixes: readonly string[] = [
  "language_model.model.",
  "model.language_model.",
  "language_model.",
  "model.",
];

/** Buffers old checkpoints carry, and the image half of models of text and images. */
export const decoderIgnored: RegExp =
  /rotary_emb\.inv_freq$|attention\.(masked_bias|bias)$|^vision_tower\.|^multi_modal_projector\.|^vision_model\./;

/** Heads of queries. */
export const queryHeads = (config: HfConfig): number => getCount(config, "num_attention_heads");

/** Heads of keys and values: as many as of queries where config.json does not say. */
export const keyHeads = (config: HfConfig): number =>
  findInteger(config, "num_key_value_heads") ?? queryHeads(config);

/**
 * Rope scaling types that become metadata; llama3's becomes a tensor, rope_freqs.weight; llama.cpp knows no "dynamic".
 * Source: `set_gguf_parameters` of llama.cpp's conversion/base.py.
 */
const SCALING_TYPES: Readonly<Record<string, string | undefined>> = {
  default: undefined,
  llama3: undefined,
  linear: "linear",
  yarn: "yarn",
  longrope: "longrope",
  su: "longrope",
  dynamic: "dynamic",
};

const scalingType: Parameter = (config) => {
  const type = ropeType(config);
  if (type === undefined) return undefined;
  if (!Object.hasOwn(SCALING_TYPES, type)) {
    unsupported(
      config,
      "rope_scaling",
      `type ${JSON.stringify(type)}; known are ${Object.keys(SCALING_TYPES)}`,
    );
  }
  const value = SCALING_TYPES[type];
  return value === undefined ? undefined : { type: "string", value };
};

/** Scalings that start from the context before them. */
const SCALED_FROM: ReadonlySet<string> = new Set(["yarn", "dynamic"]);

/** A number of the rope parameters, where the scaling is one of `types`. */
function scaling(types: readonly string[], value: (config: HfConfig) => number | undefined): Parameter {
  return (config) => (types.includes(ropeType(config) ?? "") ? float32(value(config)) : undefined);
}

const yarn = (...keys: readonly string[]): Parameter =>
  scaling(["yarn"], (config) => findRopeNumber(config, ...keys));

/** Rope: base frequency and scaling. */
export const ropeParameters: Readonly<Record<string, Parameter>> = {
  "rope.freq_base": (config) =>
    float32(findNumber(config, "rope_theta") ?? findRopeNumber(config, "rope_theta") ?? 10_000),
  "rope.scaling.type": scalingType,
  "rope.scaling.factor": scaling(["linear", "yarn", "dynamic"], (config) => findRopeNumber(config, "factor")),
  "rope.scaling.original_context_length": (config) =>
    SCALED_FROM.has(ropeType(config) ?? "")
      ? uint32(
          findRopeInteger(config, "original_max_position_embeddings") ??
            getCount(config, "original_max_position_embeddings", "max_position_embeddings"),
        )
      : undefined,
  "rope.scaling.yarn_ext_factor": yarn("extrapolation_factor"),
  "rope.scaling.yarn_attn_factor": yarn("attention_factor", "attn_factor"),
  "rope.scaling.yarn_beta_fast": yarn("beta_fast"),
  "rope.scaling.yarn_beta_slow": yarn("beta_slow"),
};

/** Which layers slide their window, where config.json lists the kinds of layers. */
export const slidingPattern: Parameter = ({ json: { layer_types: kinds } }) =>
  Array.isArray(kinds)
    ? { type: "array", elementType: "bool", value: kinds.map((kind) => kind === "sliding_attention") }
    : undefined;

/** What every decoder of RMS norms has. Defaults are those of transformers' LlamaConfig. */
export const decoderParameters: Readonly<Record<string, Parameter>> = {
  pooling_type: (config) => uint32(config.pooling),
  vocab_size: count("vocab_size"),
  context_length: count("max_position_embeddings"),
  embedding_length: count("hidden_size"),
  block_count: count("num_hidden_layers"),
  feed_forward_length: integer("intermediate_size"),
  "attention.head_count": (config) => uint32(queryHeads(config)),
  "attention.head_count_kv": (config) => uint32(keyHeads(config)),
  "attention.layer_norm_rms_epsilon": float("rms_norm_eps", 1e-6),
  "attention.key_length": integer("head_dim"),
  "attention.value_length": integer("head_dim"),
  "rope.dimension_count": (config) => uint32(headDimension(config)),
  ...ropeParameters,
};

/** Embeddings, the final norm and, unless tied to the embeddings, the output matrix. */
export const decoderEnds: Readonly<Record<string, Rule>> = {
  "token_embd.weight": plain("embed_tokens.weight"),
  "output_norm.weight": plain("norm.weight"),
  "output.weight": (input, name, layer) => outputMatrix(input, name, layer),
};

/** lm_head.weight: left out where tied, required where config.json says it is not. */
export const outputMatrix: Rule = (input, name, layer) => {
  const tied = input.config.json.tie_word_embeddings;
  const found = plain("lm_head.weight")(input, name, layer);
  if (tied === true) return undefined;
  return tied === false ? found : optional(() => found)(input, name, layer);
};

/** Values, output and their biases: alike in all decoders with split projections. */
export const attentionOutputs: Readonly<Record<string, Rule>> = {
  "blk.{layer}.attn_v.weight": plain("layers.{layer}.self_attn.v_proj.weight"),
  "blk.{layer}.attn_v.bias": optional(plain("layers.{layer}.self_attn.v_proj.bias")),
  "blk.{layer}.attn_output.weight": plain("layers.{layer}.self_attn.o_proj.weight"),
  "blk.{layer}.attn_output.bias": optional(plain("layers.{layer}.self_attn.o_proj.bias")),
};

/** Queries and keys as they stand: rope of halves. */
export const queriesAndKeys: Readonly<Record<string, Rule>> = {
  "blk.{layer}.attn_q.weight": plain("layers.{layer}.self_attn.q_proj.weight"),
  "blk.{layer}.attn_q.bias": optional(plain("layers.{layer}.self_attn.q_proj.bias")),
  "blk.{layer}.attn_k.weight": plain("layers.{layer}.self_attn.k_proj.weight"),
  "blk.{layer}.attn_k.bias": optional(plain("layers.{layer}.self_attn.k_proj.bias")),
};

/** Norms of each head's queries and keys. */
export const headNorms: Readonly<Record<string, Rule>> = {
  "blk.{layer}.attn_q_norm.weight": plain("layers.{layer}.self_attn.q_norm.weight"),
  "blk.{layer}.attn_k_norm.weight": plain("layers.{layer}.self_attn.k_norm.weight"),
};

/** Norms before attention and before the feed-forward network. */
export const preNorms: Readonly<Record<string, Rule>> = {
  "blk.{layer}.attn_norm.weight": plain("layers.{layer}.input_layernorm.weight"),
  "blk.{layer}.ffn_norm.weight": plain("layers.{layer}.post_attention_layernorm.weight"),
};

/** A gated feed-forward network. */
export const gatedFeedForward: Readonly<Record<string, Rule>> = {
  "blk.{layer}.ffn_gate.weight": plain("layers.{layer}.mlp.gate_proj.weight"),
  "blk.{layer}.ffn_gate.bias": optional(plain("layers.{layer}.mlp.gate_proj.bias")),
  "blk.{layer}.ffn_up.weight": plain("layers.{layer}.mlp.up_proj.weight"),
  "blk.{layer}.ffn_up.bias": optional(plain("layers.{layer}.mlp.up_proj.bias")),
  "blk.{layer}.ffn_down.weight": plain("layers.{layer}.mlp.down_proj.weight"),
  "blk.{layer}.ffn_down.bias": optional(plain("layers.{layer}.mlp.down_proj.bias")),
};
