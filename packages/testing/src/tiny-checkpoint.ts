import type { Checkpoint, CheckpointTensor, MetadataValue } from "@realizar/formats";
import { GGML_TYPES, type GgmlTypeName, type GgufValue } from "@realizar/gguf";
import type { Tokenizer } from "@realizar/tokenizers";
import { encode } from "./encode.ts";
import { normals, seeded, seedOf } from "./random.ts";

/** Sizes of a tiny model: odd ones by default, so that padding is tested. */
export interface TinySizes {
  readonly vocab: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly context: number;
  readonly window: number;
  /** 0 for none. */
  readonly experts: number;
  readonly expertsUsed: number;
  readonly expertFfn: number;
}

export interface TinyOptions {
  readonly seed?: number;
  /** Type of matrices whose rows are whole blocks of it; the others stay F32. */
  readonly type?: GgmlTypeName;
  readonly sizes?: Partial<TinySizes>;
  /** Keys under the architecture's name, over those that the architecture has anyway. */
  readonly keys?: Keys;
  /** F32 vectors beside those that the architecture has, such as rope factors; in place of them under the same name. */
  readonly vectors?: Readonly<Record<string, readonly number[]>>;
  readonly tokenizer?: Tokenizer;
}

const SIZES: TinySizes = {
  vocab: 101,
  dim: 24,
  layers: 3,
  heads: 4,
  kvHeads: 2,
  headDim: 6,
  ffn: 172,
  context: 64,
  window: 5,
  experts: 0,
  expertsUsed: 2,
  expertFfn: 20,
};

type Shapes = Readonly<Record<string, readonly number[]>>;
type Keys = Readonly<Record<string, TinyValue>>;

/** What a key of a tiny checkpoint may hold. */
export type TinyValue = string | number | boolean | readonly boolean[];

/** What distinguishes an architecture: its own sizes and keys, and the tensors of a layer and around them. */
interface Recipe {
  readonly sizes?: Partial<TinySizes>;
  readonly keys?: (s: TinySizes) => Keys;
  readonly layer: (s: TinySizes) => Shapes;
  readonly outer: (s: TinySizes) => Shapes;
}

const tied = (s: TinySizes): Shapes => ({
  "token_embd.weight": [s.vocab, s.dim],
  "output_norm.weight": [s.dim],
});
const untied = (s: TinySizes): Shapes => ({ ...tied(s), "output.weight": [s.vocab, s.dim] });
const projections = (s: TinySizes): Shapes => ({
  "attn_q.weight": [s.heads * s.headDim, s.dim],
  "attn_k.weight": [s.kvHeads * s.headDim, s.dim],
  "attn_v.weight": [s.kvHeads * s.headDim, s.dim],
  "attn_output.weight": [s.dim, s.heads * s.headDim],
});
const projectionBiases = (s: TinySizes): Shapes => ({
  "attn_q.bias": [s.heads * s.headDim],
  "attn_k.bias": [s.kvHeads * s.headDim],
  "attn_v.bias": [s.kvHeads * s.headDim],
});
const fusedProjections = (s: TinySizes): Shapes => ({
  "attn_qkv.weight": [(s.heads + 2 * s.kvHeads) * s.headDim, s.dim],
  "attn_output.weight": [s.dim, s.heads * s.headDim],
});
const gated = (s: TinySizes): Shapes => ({
  "ffn_gate.weight": [s.ffn, s.dim],
  "ffn_up.weight": [s.ffn, s.dim],
  "ffn_down.weight": [s.dim, s.ffn],
});
const experts = (s: TinySizes): Shapes => ({
  "ffn_gate_inp.weight": [s.experts, s.dim],
  "ffn_gate_exps.weight": [s.experts, s.expertFfn, s.dim],
  "ffn_up_exps.weight": [s.experts, s.expertFfn, s.dim],
  "ffn_down_exps.weight": [s.experts, s.dim, s.expertFfn],
});
const mlp = (s: TinySizes): Shapes => (s.experts > 0 ? experts(s) : gated(s));
const norms =
  (...names: readonly string[]) =>
  (s: TinySizes): Shapes =>
    Object.fromEntries(names.map((name) => [`${name}.weight`, [s.dim]]));
const preNorms = norms("attn_norm", "ffn_norm");
const headNorms = (s: TinySizes): Shapes => ({
  "attn_q_norm.weight": [s.headDim],
  "attn_k_norm.weight": [s.headDim],
});
const layerNorm = (name: string, s: TinySizes): Shapes => ({
  [`${name}.weight`]: [s.dim],
  [`${name}.bias`]: [s.dim],
});
const encoderKeys = (): Keys => ({ "attention.causal": false, "attention.layer_norm_epsilon": 1e-12 });
const encoderOuter = (s: TinySizes): Shapes => ({
  "token_embd.weight": [s.vocab, s.dim],
  "token_types.weight": [2, s.dim],
  ...layerNorm("token_embd_norm", s),
});
const expertKeys = (s: TinySizes): Keys => ({
  expert_count: s.experts,
  expert_used_count: s.expertsUsed,
  expert_feed_forward_length: s.expertFfn,
});
const gemmaLayer = (s: TinySizes): Shapes => ({
  ...preNorms(s),
  ...norms("post_attention_norm", "post_ffw_norm")(s),
  ...projections(s),
  ...gated(s),
});

const RECIPES: Readonly<Record<string, Recipe>> = {
  bert: {
    sizes: { kvHeads: 4 },
    keys: (s) => ({ ...encoderKeys(), pooling_type: 2, "attention.key_length": s.headDim }),
    layer: (s) => ({
      ...projections(s),
      ...projectionBiases(s),
      "attn_output.bias": [s.dim],
      ...layerNorm("attn_output_norm", s),
      "ffn_up.weight": [s.ffn, s.dim],
      "ffn_up.bias": [s.ffn],
      "ffn_down.weight": [s.dim, s.ffn],
      "ffn_down.bias": [s.dim],
      ...layerNorm("layer_output_norm", s),
    }),
    outer: (s) => ({ ...encoderOuter(s), "position_embd.weight": [s.context, s.dim] }),
  },
  gemma: { layer: (s) => ({ ...preNorms(s), ...projections(s), ...gated(s) }), outer: tied },
  gemma2: { keys: (s) => ({ "attention.sliding_window": s.window }), layer: gemmaLayer, outer: tied },
  gemma3: {
    keys: (s) => ({ "attention.sliding_window": s.window, "rope.freq_base": 1e6, "rope.scaling.factor": 8 }),
    sizes: { layers: 7 },
    layer: (s) => ({ ...gemmaLayer(s), ...headNorms(s) }),
    outer: tied,
  },
  "gpt-oss": {
    sizes: { experts: 5, headDim: 8 },
    keys: (s) => ({
      ...expertKeys(s),
      "attention.sliding_window": s.window,
      "rope.scaling.type": "yarn",
      "rope.scaling.factor": 32,
      "rope.scaling.original_context_length": 16,
    }),
    layer: (s) => ({
      ...norms("attn_norm", "post_attention_norm")(s),
      ...projections(s),
      ...projectionBiases(s),
      "attn_output.bias": [s.dim],
      "attn_sinks.weight": [s.heads],
      ...experts(s),
      "ffn_gate_inp.bias": [s.experts],
      "ffn_gate_exps.bias": [s.experts, s.expertFfn],
      "ffn_up_exps.bias": [s.experts, s.expertFfn],
      "ffn_down_exps.bias": [s.experts, s.dim],
    }),
    outer: untied,
  },
  granite: {
    keys: () => ({
      "attention.scale": 0.3,
      embedding_scale: 3,
      residual_scale: 0.5,
      logit_scale: 2,
    }),
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...gated(s) }),
    outer: tied,
  },
  llama: {
    keys: (s) => (s.experts > 0 ? expertKeys(s) : {}),
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...mlp(s) }),
    outer: untied,
  },
  "nomic-bert": {
    sizes: { kvHeads: 4 },
    keys: (s) => ({
      ...encoderKeys(),
      pooling_type: 1,
      "rope.freq_base": 1000,
      "attention.key_length": s.headDim,
    }),
    layer: (s) => ({
      ...fusedProjections(s),
      ...gated(s),
      ...layerNorm("attn_output_norm", s),
      ...layerNorm("layer_output_norm", s),
    }),
    outer: encoderOuter,
  },
  olmo2: {
    layer: (s) => ({
      ...norms("post_attention_norm", "post_ffw_norm")(s),
      ...projections(s),
      "attn_q_norm.weight": [s.heads * s.headDim],
      "attn_k_norm.weight": [s.kvHeads * s.headDim],
      ...gated(s),
    }),
    outer: untied,
  },
  phi3: {
    keys: (s) => ({ "attention.sliding_window": s.window }),
    layer: (s) => ({
      ...preNorms(s),
      ...fusedProjections(s),
      "ffn_up.weight": [2 * s.ffn, s.dim],
      "ffn_down.weight": [s.dim, s.ffn],
    }),
    outer: untied,
  },
  qwen2: {
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...projectionBiases(s), ...gated(s) }),
    outer: untied,
  },
  qwen3: {
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...headNorms(s), ...gated(s) }),
    outer: tied,
  },
  qwen3moe: {
    sizes: { experts: 5 },
    keys: expertKeys,
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...headNorms(s), ...experts(s) }),
    outer: untied,
  },
  smollm3: {
    sizes: { layers: 5 },
    layer: (s) => ({ ...preNorms(s), ...projections(s), ...gated(s) }),
    outer: tied,
  },
};

/** Architectures that a tiny checkpoint can be made of. */
export const TINY_ARCHITECTURES: readonly string[] = Object.keys(RECIPES);

/** A seeded random model of an architecture, in memory. The same options give the same bytes. */
export function tinyCheckpoint(architecture: string, options: TinyOptions = {}): Checkpoint {
  const recipe = Object.hasOwn(RECIPES, architecture) ? RECIPES[architecture] : undefined;
  if (!recipe) throw new RangeError(`no recipe for architecture ${JSON.stringify(architecture)}`);
  const s = { ...SIZES, ...recipe.sizes, ...options.sizes };
  const shapes: Record<string, readonly number[]> = { ...recipe.outer(s) };
  for (let i = 0; i < s.layers; i++) {
    for (const [name, shape] of Object.entries(recipe.layer(s))) shapes[`blk.${i}.${name}`] = shape;
  }
  const tensors = new Map<string, CheckpointTensor>();
  for (const [name, shape] of Object.entries(shapes)) {
    tensors.set(name, tinyTensor(name, shape, options.type ?? "F32", options.seed ?? 1));
  }
  for (const [name, numbers] of Object.entries(options.vectors ?? {})) {
    tensors.set(
      name,
      inMemory(name, "F32", [numbers.length], new Uint8Array(Float32Array.from(numbers).buffer)),
    );
  }
  const gguf = ggufMetadata(architecture, { ...commonKeys(s), ...recipe.keys?.(s), ...options.keys });
  return {
    path: `tiny-${architecture}`,
    format: "gguf",
    architecture,
    metadata: new Map([...gguf].map(([key, { value }]) => [key, value as MetadataValue])),
    gguf,
    tensors,
    byteLength: [...tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0),
    tokenizer: () =>
      options.tokenizer
        ? Promise.resolve(options.tokenizer)
        : Promise.reject(new RangeError("this tiny checkpoint was made without a tokenizer")),
    close() {},
  };
}

function commonKeys(s: TinySizes): Keys {
  return {
    context_length: s.context,
    embedding_length: s.dim,
    block_count: s.layers,
    feed_forward_length: s.ffn,
    "attention.head_count": s.heads,
    "attention.head_count_kv": s.kvHeads,
    "attention.key_length": s.headDim,
    "attention.value_length": s.headDim,
    "attention.layer_norm_rms_epsilon": 1e-5,
  };
}

function ggufMetadata(architecture: string, keys: Keys): ReadonlyMap<string, GgufValue> {
  return new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: architecture }],
    ...Object.entries(keys).map(([key, value]): [string, GgufValue] => [
      `${architecture}.${key}`,
      ggufValue(key, value),
    ]),
  ]);
}

/** Keys that GGUF keeps as float32 even where their value is whole. */
const FLOAT_KEY = /(factor|freq_base|base_swa|epsilon|scale|softcapping)$/;

function ggufValue(key: string, value: TinyValue): GgufValue {
  if (typeof value === "string") return { type: "string", value };
  if (typeof value === "boolean") return { type: "bool", value };
  if (typeof value === "object") return { type: "array", elementType: "bool", value };
  if (FLOAT_KEY.test(key) || !Number.isInteger(value)) return { type: "float32", value: Math.fround(value) };
  return value < 0 ? { type: "int32", value } : { type: "uint32", value };
}

/** Norms lie about 1, biases and sinks about 0, matrices keep the size of what they multiply. */
function tinyTensor(
  name: string,
  shape: readonly number[],
  wanted: GgmlTypeName,
  seed: number,
): CheckpointTensor {
  const columns = shape.at(-1)!;
  const length = shape.reduce((product, size) => product * size, 1);
  const matrix = shape.length > 1 && name.endsWith(".weight");
  const type = matrix && columns % GGML_TYPES[wanted].blockLength === 0 ? wanted : "F32";
  const random = seeded(seedOf(name) ^ seed);
  const mean = !matrix && name.endsWith("norm.weight") ? 1 : 0;
  const floats = normals(random, length, matrix ? 1 / Math.sqrt(columns) : 0.1, mean);
  return inMemory(name, type, shape, encode(type, floats, columns, random));
}

function inMemory(
  name: string,
  type: GgmlTypeName,
  shape: readonly number[],
  bytes: Uint8Array,
): CheckpointTensor {
  return {
    name,
    type,
    shape,
    byteLength: bytes.byteLength,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.length)),
  };
}
