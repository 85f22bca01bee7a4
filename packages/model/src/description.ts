import type { Checkpoint } from "@realizar/formats";
import { DTYPES, type KvType } from "@realizar/tensor";
import type { Program } from "./architecture.ts";
import { keysOf } from "./keys.ts";

/** How one vector is made of the final hidden states of a text: their mean, the first, or the last. */
export type Pooling = "mean" | "cls" | "last";

/** `pooling_type` of a GGUF: enum llama_pooling_type of llama.h. */
const POOLINGS: Readonly<Record<number, Pooling>> = { 1: "mean", 2: "cls", 3: "last" };
/** Its greatest value, which is for models that rank. */
const RANK = 4;

/** What a model is, for those who plan around it. */
export interface ModelDescription {
  readonly architecture: string;
  readonly vocabSize: number;
  /** Positions that the model was trained for. */
  readonly contextSize: number;
  readonly embeddingLength: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Numbers in all tensors. */
  readonly parameters: number;
  /** Bytes of keys and values of one position, all layers. */
  kvBytesPerToken(type: KvType): number;
  /** How one vector is made of a text, where the file says so. */
  readonly pooling?: Pooling;
  /** Whether a row sees only what lies before it: false for encoders. */
  readonly causal: boolean;
}

/** Numbers stored together in the KV cache, and their bytes. */
const KV_BLOCKS: Readonly<Record<KvType, { readonly blockLength: number; readonly blockBytes: number }>> = {
  f32: DTYPES.F32,
  f16: DTYPES.F16,
  q8_0: DTYPES.Q8_0,
  q16: { blockLength: 32, blockBytes: 68 },
};

export function describe(checkpoint: Checkpoint, { config }: Program): ModelDescription {
  let parameters = 0;
  for (const { shape } of checkpoint.tensors.values()) {
    parameters += shape.reduce((product, size) => product * size, 1);
  }
  const keys = keysOf(checkpoint.metadata, checkpoint.architecture);
  const pooling = POOLINGS[keys.countOrZero("pooling_type", RANK, 0)];
  return {
    architecture: checkpoint.architecture,
    vocabSize: config.vocab,
    contextSize: config.context,
    embeddingLength: config.dim,
    layers: config.layers,
    heads: config.heads,
    kvHeads: config.kvHeads,
    headDim: config.headDim,
    parameters,
    kvBytesPerToken(type) {
      const { blockLength, blockBytes } = KV_BLOCKS[type];
      return 2 * config.layers * config.kvHeads * Math.ceil(config.headDim / blockLength) * blockBytes;
    },
    ...(pooling && { pooling }),
    causal: config.attention.causal,
  };
}
