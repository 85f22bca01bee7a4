import { GGML_TYPES, type GgmlTypeName } from "./ggml-types.ts";

/** What a choice of types depends on besides the tensor itself. */
export interface MixContext {
  /** Blocks of the model: `<architecture>.block_count`. */
  readonly layers: number;
  /** Experts of a mixture, 0 or absent for none: `<architecture>.expert_count`. */
  readonly expertCount?: number;
  /** Query heads that share one key-value head; 1 where absent. */
  readonly gqa?: number;
  /** Whether `token_embd.weight` serves as the output too, there being no `output.weight`. */
  readonly tiedEmbeddings?: boolean;
}

/** MixContext and the layer of the tensor, 0 outside any block. */
interface Place extends Required<MixContext> {
  readonly layer: number;
}

type Choice = GgmlTypeName | ((place: Place) => GgmlTypeName | undefined);

/** A recipe of types for a whole file. Where a rule is absent or gives undefined, `base` holds. */
interface Mix {
  /** Value of `general.file_type`: enum llama_ftype of llama.h. */
  readonly fileType: number;
  readonly base: GgmlTypeName;
  readonly tokenEmbd?: Choice;
  readonly attnV?: Choice;
  readonly attnOutput?: Choice;
  readonly ffnDown?: Choice;
  /** In mixtures of 8 experts attn_output is Q5_K. */
  readonly liftsExpertOutput?: boolean;
}

/** First and last eighth of the layers, and every third between. */
function moreBits({ layer, layers }: Place): boolean {
  const eighth = Math.trunc(layers / 8);
  return layer < eighth || layer >= Math.trunc((7 * layers) / 8) || (layer - eighth) % 3 === 2;
}

/** `type` where layers share key-value heads by fours. */
const whereGqa4 =
  (type: GgmlTypeName): Choice =>
  ({ gqa }) =>
    gqa >= 4 ? type : undefined;

/** `type` in the first `count` layers. */
const inFirst =
  (count: number, type: GgmlTypeName): Choice =>
  ({ layer }) =>
    layer < count ? type : undefined;

/** `type` in the first 1 / `part` of the layers. */
const inFirstPart =
  (part: number, type: GgmlTypeName, otherwise?: GgmlTypeName): Choice =>
  ({ layer, layers }) =>
    layer < Math.trunc(layers / part) ? type : otherwise;

const whereMoreBits =
  (type: GgmlTypeName): Choice =>
  (place) =>
    moreBits(place) ? type : undefined;

/** Source: llama_tensor_get_type_impl of src/llama-quant.cpp (ggml-org/llama.cpp), without an importance matrix. */
const MIXES = {
  F32: { fileType: 0, base: "F32" },
  F16: { fileType: 1, base: "F16" },
  BF16: { fileType: 32, base: "BF16" },
  Q8_0: { fileType: 7, base: "Q8_0" },
  Q4_0: { fileType: 2, base: "Q4_0" },
  Q4_1: { fileType: 3, base: "Q4_1" },
  Q5_0: { fileType: 8, base: "Q5_0" },
  Q5_1: { fileType: 9, base: "Q5_1" },
  Q2_K: {
    fileType: 10,
    base: "Q2_K",
    attnV: ({ gqa }) => (gqa >= 4 ? "Q4_K" : "Q3_K"),
    attnOutput: "Q3_K",
    ffnDown: "Q3_K",
    liftsExpertOutput: true,
  },
  Q3_K_S: { fileType: 11, base: "Q3_K", liftsExpertOutput: true },
  Q3_K_M: {
    fileType: 12,
    base: "Q3_K",
    attnV: ({ layer }) => (layer < 2 ? "Q5_K" : "Q4_K"),
    attnOutput: "Q4_K",
    ffnDown: inFirstPart(16, "Q5_K", "Q4_K"),
    liftsExpertOutput: true,
  },
  Q3_K_L: { fileType: 13, base: "Q3_K", attnV: "Q5_K", attnOutput: "Q5_K", ffnDown: "Q5_K" },
  Q4_K_S: {
    fileType: 14,
    base: "Q4_K",
    attnV: inFirst(4, "Q5_K"),
    ffnDown: inFirstPart(8, "Q5_K"),
    liftsExpertOutput: true,
  },
  Q4_K_M: {
    fileType: 15,
    base: "Q4_K",
    attnV: whereMoreBits("Q6_K"),
    ffnDown: whereMoreBits("Q6_K"),
    liftsExpertOutput: true,
  },
  Q5_K_S: { fileType: 16, base: "Q5_K" },
  Q5_K_M: { fileType: 17, base: "Q5_K", attnV: whereMoreBits("Q6_K"), ffnDown: whereMoreBits("Q6_K") },
  Q6_K: { fileType: 18, base: "Q6_K" },
  IQ4_NL: {
    fileType: 25,
    base: "IQ4_NL",
    attnV: whereGqa4("Q5_K"),
    ffnDown: inFirstPart(8, "Q5_K"),
    liftsExpertOutput: true,
  },
  IQ4_XS: {
    fileType: 30,
    base: "IQ4_XS",
    attnV: whereGqa4("Q5_K"),
    ffnDown: inFirstPart(8, "Q5_K"),
    liftsExpertOutput: true,
  },
  TQ1_0: { fileType: 36, base: "TQ1_0", tokenEmbd: "Q4_K" },
  TQ2_0: { fileType: 37, base: "TQ2_0", tokenEmbd: "Q4_K" },
} as const satisfies Record<string, Mix>;

/** A whole-file quantization, by the name it goes by. */
export type MixName = keyof typeof MIXES;

/** Every whole-file quantization `tensorTypeFor` knows. */
export const MIX_NAMES = Object.keys(MIXES) as readonly MixName[];

/** Value of `general.file_type` for a mix. */
export function fileTypeOf(mix: MixName): number {
  return MIXES[mix].fileType;
}

/** The type for rows that are no whole number of 256-element blocks: tensor_type_fallback of llama-quant.cpp. */
const NARROW: Partial<Record<GgmlTypeName, GgmlTypeName>> = {
  Q2_K: "Q4_0",
  Q3_K: "Q4_0",
  TQ1_0: "Q4_0",
  TQ2_0: "Q4_0",
  Q4_K: "Q5_0",
  Q5_K: "Q5_1",
  Q6_K: "Q8_0",
  IQ4_XS: "IQ4_NL",
};

/** Parts of names whose tensors stay as they are: tensor_allows_quantization of llama-quant.cpp. */
const KEPT = [
  "_norm.weight",
  "ffn_gate_inp.weight",
  "position_embd",
  "token_types",
  "ssm_conv1d",
  "shortconv.conv.weight",
  "attn_rel_b.weight",
  "altup",
  "laurel",
  "per_layer_model_proj",
  ".patch_embd",
];

/**
 * The type llama.cpp gives a tensor of a model quantized as `mix`. Vectors, norms, routers and the like are F32.
 *
 * @param name GGUF name, such as "blk.3.ffn_down.weight"
 * @param shape row-major; the last dimension is the row length
 */
export function tensorTypeFor(
  mix: MixName,
  name: string,
  shape: readonly number[],
  context: MixContext,
): GgmlTypeName {
  if (!quantizes(name, shape)) return "F32";
  const recipe: Mix = MIXES[mix];
  const rowLength = shape.at(-1)!;
  if (GGML_TYPES[recipe.base].blockLength === 1) return recipe.base;
  const place: Place = {
    layers: context.layers,
    expertCount: context.expertCount ?? 0,
    gqa: context.gqa ?? 1,
    tiedEmbeddings: context.tiedEmbeddings ?? false,
    layer: Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? 0),
  };
  return fit(wanted(recipe, name, rowLength, place), rowLength);
}

function quantizes(name: string, shape: readonly number[]): boolean {
  // ggml counts dimensions up to the last that is not 1
  const outermost = shape.findIndex((dimension) => dimension !== 1);
  const rank = outermost < 0 ? 1 : shape.length - outermost;
  return rank >= 2 && name.endsWith("weight") && !KEPT.some((part) => name.includes(part));
}

function wanted(recipe: Mix, name: string, rowLength: number, place: Place): GgmlTypeName {
  const { base } = recipe;
  const embedding = name === "token_embd.weight" || name === "per_layer_token_embd.weight";
  if (name === "output.weight" || (embedding && place.tiedEmbeddings)) {
    return base === "Q8_0" || rowLength % GGML_TYPES[base].blockLength !== 0 ? "Q8_0" : "Q6_K";
  }
  const eightExperts = place.expertCount === 8;
  if (embedding) return choose(recipe.tokenEmbd, place) ?? base;
  if (/attn_(v|qkv|kv_b)\.weight/.test(name)) {
    if (eightExperts) return "Q8_0";
    const type = choose(recipe.attnV, place) ?? base;
    // 80 layers with shared heads: the 70B models, whose attn_v is small beside the rest
    const small = place.layers === 80 && place.gqa > 1;
    return small && (type === "Q3_K" || type === "Q4_K") ? "Q5_K" : type;
  }
  if (name.includes("attn_k.weight")) return eightExperts ? "Q8_0" : base;
  if (name.includes("ffn_down")) return choose(recipe.ffnDown, place) ?? base;
  if (name.includes("attn_output.weight")) {
    if (eightExperts) return recipe.liftsExpertOutput ? "Q5_K" : base;
    return choose(recipe.attnOutput, place) ?? base;
  }
  return base;
}

function choose(choice: Choice | undefined, place: Place): GgmlTypeName | undefined {
  return typeof choice === "function" ? choice(place) : choice;
}

/** `type` where the row is whole blocks of it, else its narrower stand-in, else F16. */
function fit(type: GgmlTypeName, rowLength: number): GgmlTypeName {
  if (rowLength % GGML_TYPES[type].blockLength === 0) return type;
  const narrow = NARROW[type];
  return narrow && rowLength % GGML_TYPES[narrow].blockLength === 0 ? narrow : "F16";
}
