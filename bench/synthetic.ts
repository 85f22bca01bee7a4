/**
 * Writes a seeded random model of a named shape, for measuring speed: true sizes, true types, a real-sized vocabulary,
 * weights that are noise.
 *
 *   bun bench/synthetic.ts --shape tinyllama-1.1b --type q8_0 OUT.gguf
 */

import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { parseArgs } from "node:util";
import {
  GGML_TYPES,
  type GgmlTypeName,
  type GgufMetadata,
  ggmlByteLength,
  isQuantizable,
  MIX_NAMES,
  type MixName,
  quantize,
  tensorTypeFor,
  writeGguf,
} from "@realizar/gguf";

interface Shape {
  readonly vocab: number;
  readonly dim: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly ffn: number;
  readonly context: number;
  readonly ropeBase: number;
  readonly tied: boolean;
}

/** Hyperparameters of the published configurations. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  "tinyllama-1.1b": {
    vocab: 32000,
    dim: 2048,
    layers: 22,
    heads: 32,
    kvHeads: 4,
    ffn: 5632,
    context: 2048 * 2,
    ropeBase: 10000,
    tied: false,
  },
  "smollm-135m": {
    vocab: 49152,
    dim: 576,
    layers: 30,
    heads: 9,
    kvHeads: 3,
    ffn: 1536,
    context: 2048,
    ropeBase: 10000,
    tied: true,
  },
  "llama-8b": {
    vocab: 128256,
    dim: 4096,
    layers: 32,
    heads: 32,
    kvHeads: 8,
    ffn: 14336,
    context: 8192,
    ropeBase: 500000,
    tied: false,
  },
};

/** What `--type` takes: the mixes, and every single type that can be written. */
const TYPES: readonly string[] = [
  ...new Set<string>([
    ...MIX_NAMES,
    ...Object.keys(GGML_TYPES).filter((type) => isQuantizable(type as GgmlTypeName)),
  ]),
];

/** Single types that are no mix, and the mix that gives a plain matrix this type. */
const PURE: Readonly<Record<string, MixName>> = { Q3_K: "Q3_K_S", Q4_K: "Q4_K_S", Q5_K: "Q5_K_S" };

/** A tensor that every mix gives its base type. */
const PLAIN_MATRIX = "blk.0.ffn_gate.weight";

/** Numbers from which every tensor is cut; a multiple of every block length. */
const POOL = 1 << 18;

/** mulberry32: a uniform number in [0, 1) a call. */
function coin(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Pieces of a SentencePiece vocabulary: unknown, BOS, EOS, the bytes, then words of syllables. */
function vocabulary(size: number): { tokens: string[]; scores: Float32Array; types: Int32Array } {
  const tokens = [
    "<unk>",
    "<s>",
    "</s>",
    ...Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, "0")}>`),
  ];
  const onsets = [
    "",
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "k",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "st",
    "tr",
    "pl",
    "gr",
  ];
  const vowels = ["a", "e", "i", "o", "u", "ai", "ou"];
  const syllables = onsets.flatMap((onset) => vowels.map((vowel) => onset + vowel));
  const seen = new Set(tokens);
  const take = (token: string) => {
    if (tokens.length < size && !seen.has(token)) {
      seen.add(token);
      tokens.push(token);
    }
  };
  for (let c = 32; c < 127; c++) take(String.fromCharCode(c));
  take("\u2581");
  for (const a of syllables) take(`\u2581${a}`);
  for (const a of syllables) take(a);
  for (const a of syllables) for (const b of syllables) take(`\u2581${a}${b}`);
  for (const a of syllables) for (const b of syllables) for (const c of syllables) take(`\u2581${a}${b}${c}`);
  return {
    tokens,
    scores: Float32Array.from(tokens, (_, i) => (i < 259 ? 0 : -i)),
    types: Int32Array.from(tokens, (_, i) => (i === 0 ? 2 : i < 3 ? 3 : i < 259 ? 6 : 1)),
  };
}

/** Metadata and tensors of a LLaMA of this shape. `seed` decides every number. */
export function synthetic(
  shape: Shape,
  type: string,
  seed: number,
): { metadata: GgufMetadata; tensors: SyntheticTensor[] } {
  const { vocab, dim, layers, heads, kvHeads, ffn, context, ropeBase, tied } = shape;
  const kv = (dim / heads) * kvHeads;
  const words = vocabulary(vocab);
  const metadata: GgufMetadata = new Map<string, never>(
    Object.entries({
      "general.architecture": { type: "string", value: "llama" },
      "general.name": { type: "string", value: `synthetic ${type}` },
      "llama.vocab_size": { type: "uint32", value: vocab },
      "llama.context_length": { type: "uint32", value: context },
      "llama.embedding_length": { type: "uint32", value: dim },
      "llama.block_count": { type: "uint32", value: layers },
      "llama.feed_forward_length": { type: "uint32", value: ffn },
      "llama.attention.head_count": { type: "uint32", value: heads },
      "llama.attention.head_count_kv": { type: "uint32", value: kvHeads },
      "llama.rope.dimension_count": { type: "uint32", value: dim / heads },
      "llama.rope.freq_base": { type: "float32", value: ropeBase },
      "llama.attention.layer_norm_rms_epsilon": { type: "float32", value: Math.fround(1e-5) },
      "tokenizer.ggml.model": { type: "string", value: "llama" },
      "tokenizer.ggml.tokens": { type: "array", elementType: "string", value: words.tokens },
      "tokenizer.ggml.scores": { type: "array", elementType: "float32", value: words.scores },
      "tokenizer.ggml.token_type": { type: "array", elementType: "int32", value: words.types },
      "tokenizer.ggml.bos_token_id": { type: "uint32", value: 1 },
      "tokenizer.ggml.eos_token_id": { type: "uint32", value: 2 },
      "tokenizer.ggml.unknown_token_id": { type: "uint32", value: 0 },
    }) as never,
  );
  const shapes: [string, number[]][] = [["token_embd.weight", [vocab, dim]]];
  for (let i = 0; i < layers; i++) {
    shapes.push(
      [`blk.${i}.attn_norm.weight`, [dim]],
      [`blk.${i}.attn_q.weight`, [dim, dim]],
      [`blk.${i}.attn_k.weight`, [kv, dim]],
      [`blk.${i}.attn_v.weight`, [kv, dim]],
      [`blk.${i}.attn_output.weight`, [dim, dim]],
      [`blk.${i}.ffn_norm.weight`, [dim]],
      [`blk.${i}.ffn_gate.weight`, [ffn, dim]],
      [`blk.${i}.ffn_up.weight`, [ffn, dim]],
      [`blk.${i}.ffn_down.weight`, [dim, ffn]],
    );
  }
  shapes.push(["output_norm.weight", [dim]]);
  if (!tied) shapes.push(["output.weight", [vocab, dim]]);

  const wanted = type.toUpperCase();
  const typeOf = (name: string, dims: number[]): GgmlTypeName => {
    if (dims.length === 1) return "F32";
    const mix = MIX_NAMES.find((known) => known === wanted);
    if (mix !== undefined)
      return tensorTypeFor(mix as MixName, name, dims, {
        layers,
        gqa: heads / kvHeads,
        tiedEmbeddings: tied,
      });
    // A single type for all matrices; where rows are no whole blocks of it, llama.cpp's stand-in.
    const pure = PURE[wanted];
    return pure === undefined
      ? (wanted as GgmlTypeName)
      : tensorTypeFor(pure, PLAIN_MATRIX, dims, { layers });
  };
  const uniform = coin(seed);
  const floats = Float32Array.from(
    { length: POOL },
    () => (uniform() + uniform() + uniform() + uniform() - 2) * 0.035,
  );
  const pools = new Map<GgmlTypeName, Uint8Array>();
  const tensors = shapes.map(([name, dims]): SyntheticTensor => {
    const kind = typeOf(name, dims);
    const salt = Math.floor(uniform() * 2 ** 32);
    return {
      name,
      type: kind,
      shape: dims,
      data: () => {
        if (dims.length === 1) return new Uint8Array(new Float32Array(dims[0]!).fill(1).buffer);
        if (!pools.has(kind)) {
          if (!isQuantizable(kind)) throw new RangeError(`cannot write ${kind}`);
          pools.set(kind, quantize(kind, floats, POOL));
        }
        return noise(
          pools.get(kind)!,
          ggmlByteLength(
            kind,
            dims.reduce((a, b) => a * b, 1),
          ),
          ggmlByteLength(kind, 256),
          salt,
        );
      },
    };
  });
  return { metadata, tensors };
}

interface SyntheticTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  readonly shape: number[];
  readonly data: () => Uint8Array | AsyncIterable<Uint8Array>;
}

/** `bytes` bytes cut from the pool, starting anew at a random whole step every megabyte. */
async function* noise(
  pool: Uint8Array,
  bytes: number,
  step: number,
  salt: number,
): AsyncGenerator<Uint8Array> {
  const uniform = coin(salt);
  const longest = Math.floor(pool.length / 2 / step) * step;
  for (let left = bytes; left > 0; ) {
    const count = Math.min(left, longest);
    const start = Math.floor((uniform() * (pool.length - longest)) / step) * step;
    yield pool.subarray(start, start + count);
    left -= count;
  }
}

/** Writes such a model; its bytes. @throws RangeError for a type that cannot be written */
export async function writeSynthetic(shape: Shape, type: string, seed: number, out: string): Promise<number> {
  const contents = synthetic(shape, type, seed);
  const partial = `${out}.part`;
  const file = createWriteStream(partial);
  let bytes = 0;
  for await (const chunk of writeGguf(contents)) {
    bytes += chunk.length;
    if (!file.write(chunk)) await once(file, "drain");
  }
  file.end();
  await once(file, "finish");
  await rename(partial, out);
  return bytes;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { shape: { type: "string" }, type: { type: "string" }, seed: { type: "string", default: "1" } },
  });
  const shape = SHAPES[values.shape ?? ""];
  const [out] = positionals;
  if (shape === undefined || values.type === undefined || out === undefined) {
    console.error(
      `usage: bun bench/synthetic.ts --shape ${Object.keys(SHAPES).join("|")} --type ${TYPES.join("|").toLowerCase()} [--seed N] OUT.gguf`,
    );
    process.exit(2);
  }
  if (!TYPES.includes(values.type.toUpperCase())) {
    console.error(`unknown type ${values.type}: ${TYPES.join(", ").toLowerCase()}`);
    process.exit(2);
  }
  console.log(`${out}: ${await writeSynthetic(shape, values.type, Number(values.seed), out)} bytes`);
}
