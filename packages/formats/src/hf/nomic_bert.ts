import { bert, encoderParameters, weightAndBias } from "./bert.ts";
import {
  count,
  float,
  getCount,
  type HfConfig,
  type Parameter,
  sharedHeadDimension,
  uint32,
  unsupported,
} from "./config.ts";
import { type HfModel, plain } from "./model.ts";

/**
 * Positions the model was trained on: config.json says 8192, reached by scaling at run time.
 * Source: `NomicBertModel` of llama.cpp's conversion/bert.py.
 */
const contextLength: Parameter = (config) => {
  const positions = getCount(config, "n_positions");
  const trained = config.json.max_trained_positions ?? 2048;
  return uint32(positions > 2048 && trained === 2048 ? 2048 : positions);
};

/** Settings of config.json the architecture has one value for. */
const FIXED = {
  activation_function: "swiglu",
  prenorm: false,
  qkv_proj_bias: false,
  mlp_fc1_bias: false,
  mlp_fc2_bias: false,
  rotary_emb_fraction: 1,
  rotary_emb_interleaved: false,
} as const;

function refuseOthers(config: HfConfig): void {
  for (const [key, value] of Object.entries(FIXED)) {
    const given = config.json[key] ?? value;
    if (given !== value) {
      unsupported(config, key, `to ${JSON.stringify(given)}; this architecture has ${JSON.stringify(value)}`);
    }
  }
}

/** Nomic's encoders: BERT with rope and a gated feed-forward network. */
export const nomicBert: HfModel = {
  modelTypes: ["nomic_bert"],
  architecture: "nomic-bert",
  prefixes: bert.prefixes,
  parameters: {
    vocab_size: count("vocab_size"),
    context_length: contextLength,
    embedding_length: count("n_embd"),
    block_count: count("n_layer"),
    feed_forward_length: count("n_inner"),
    "attention.head_count": count("n_head"),
    "attention.layer_norm_epsilon": float(["layer_norm_epsilon", "layer_norm_eps"], 1e-12),
    "rope.freq_base": float("rotary_emb_base", 10_000),
    "rope.dimension_count": (config) => uint32(sharedHeadDimension(config)),
    ...encoderParameters,
  },
  tensors: {
    "token_embd.weight": plain("embeddings.word_embeddings.weight"),
    "token_types.weight": plain("embeddings.token_type_embeddings.weight"),
    ...weightAndBias("token_embd_norm", "emb_ln"),
    "blk.{layer}.attn_qkv.weight": plain("encoder.layers.{layer}.attn.Wqkv.weight"),
    "blk.{layer}.attn_output.weight": plain("encoder.layers.{layer}.attn.out_proj.weight"),
    ...weightAndBias("blk.{layer}.attn_output_norm", "encoder.layers.{layer}.norm1"),
    "blk.{layer}.ffn_up.weight": plain("encoder.layers.{layer}.mlp.fc11.weight"),
    "blk.{layer}.ffn_gate.weight": plain("encoder.layers.{layer}.mlp.fc12.weight"),
    "blk.{layer}.ffn_down.weight": plain("encoder.layers.{layer}.mlp.fc2.weight"),
    ...weightAndBias("blk.{layer}.layer_output_norm", "encoder.layers.{layer}.norm2"),
  },
  check: refuseOthers,
  ignored: bert.ignored,
};
