import { count, float, type Parameter, uint32 } from "./config.ts";
import { type HfModel, plain, type Rule } from "./model.ts";

/** What encoders add to their sizes. */
export const encoderParameters: Readonly<Record<string, Parameter>> = {
  "attention.causal": () => ({ type: "bool", value: false }),
  pooling_type: (config) => uint32(config.pooling),
};

/** Token, type and position embeddings' norm of encoders, and their names. */
export function weightAndBias(gguf: string, hf: string): Readonly<Record<string, Rule>> {
  return { [`${gguf}.weight`]: plain(`${hf}.weight`), [`${gguf}.bias`]: plain(`${hf}.bias`) };
}

/** BERT encoders. Pooler and language-model head are left out, as in GGUF. */
export const bert: HfModel = {
  modelTypes: ["bert"],
  architecture: "bert",
  prefixes: ["bert."],
  parameters: {
    vocab_size: count("vocab_size"),
    context_length: count("max_position_embeddings"),
    embedding_length: count("hidden_size"),
    block_count: count("num_hidden_layers"),
    feed_forward_length: count("intermediate_size"),
    "attention.head_count": count("num_attention_heads"),
    "attention.layer_norm_epsilon": float("layer_norm_eps", 1e-12),
    ...encoderParameters,
  },
  tensors: {
    "token_embd.weight": plain("embeddings.word_embeddings.weight"),
    "position_embd.weight": plain("embeddings.position_embeddings.weight"),
    "token_types.weight": plain("embeddings.token_type_embeddings.weight"),
    ...weightAndBias("token_embd_norm", "embeddings.LayerNorm"),
    ...weightAndBias("blk.{layer}.attn_q", "encoder.layer.{layer}.attention.self.query"),
    ...weightAndBias("blk.{layer}.attn_k", "encoder.layer.{layer}.attention.self.key"),
    ...weightAndBias("blk.{layer}.attn_v", "encoder.layer.{layer}.attention.self.value"),
    ...weightAndBias("blk.{layer}.attn_output", "encoder.layer.{layer}.attention.output.dense"),
    ...weightAndBias("blk.{layer}.attn_output_norm", "encoder.layer.{layer}.attention.output.LayerNorm"),
    ...weightAndBias("blk.{layer}.ffn_up", "encoder.layer.{layer}.intermediate.dense"),
    ...weightAndBias("blk.{layer}.ffn_down", "encoder.layer.{layer}.output.dense"),
    ...weightAndBias("blk.{layer}.layer_output_norm", "encoder.layer.{layer}.output.LayerNorm"),
  },
  ignored: /^embeddings\.position_ids$|^pooler\.|^cls\./,
};
