import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type GgmlTypeName, type GgufTensorSource, type GgufValue, writeGgufBytes } from "@realizar/gguf";
import { type TinySizes, tinyCheckpoint } from "./tiny-checkpoint.ts";

/** Control and byte tokens as SentencePiece orders them, then the pieces that a tiny model writes with. */
const CONTROL = ["<unk>", "<s>", "</s>"] as const;
const BYTES = 256;
const PIECES = ["▁", ..."etaoinshrdlcumwfgypbvkxjqzTHASIO.,!?'"];
const FIRST_PIECE = CONTROL.length + BYTES;

/** Tokens of a tiny file's vocabulary. */
export const TINY_VOCAB = FIRST_PIECE + PIECES.length;

/** Kinds of tokens (llama.cpp, include/llama.h, llama_token_type). */
const TYPE = { normal: 1, unknown: 2, control: 3, byte: 6 } as const;

export interface TinyFileOptions {
  readonly seed?: number;
  /** Type of the matrices; F32 by default. */
  readonly type?: GgmlTypeName;
  readonly sizes?: Partial<Omit<TinySizes, "vocab">>;
  /** Jinja source. */
  readonly chatTemplate?: string;
}

const SIZES: Partial<TinySizes> = {
  dim: 32,
  layers: 2,
  heads: 4,
  kvHeads: 2,
  headDim: 8,
  ffn: 64,
  context: 256,
};

/**
 * Writes a seeded random llama with a SentencePiece vocabulary of single letters. What it says is letters without
 * sense, the same ones for the same options; it does not end by itself.
 * @param path of the .gguf file; its folder is made
 * @returns the path
 */
export async function writeTinyGguf(path: string, options: TinyFileOptions = {}): Promise<string> {
  const sizes = { ...SIZES, ...options.sizes, vocab: TINY_VOCAB };
  const { gguf, tensors } = tinyCheckpoint("llama", { seed: options.seed, type: options.type, sizes });
  if (gguf === undefined) throw new RangeError("a tiny checkpoint has GGUF metadata");
  const bytes = await writeGgufBytes({
    metadata: new Map([...gguf, ...vocabulary(options.chatTemplate)]),
    tensors: [...tensors.values()].map(
      ({ name, type, shape, byteLength, readInto }): GgufTensorSource => ({
        name,
        type: type as GgmlTypeName,
        shape,
        data: async () => {
          const data = new Uint8Array(byteLength);
          await readInto(data, 0);
          return name === "output.weight" && type === "F32" ? louder(data, sizes.dim!) : data;
        },
      }),
    ),
  });
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  return path;
}

/** Output rows of pieces times 3, all others 0, so that samplers with a floor choose among pieces only. */
function louder(bytes: Uint8Array, columns: number): Uint8Array {
  const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  for (const [i, value] of floats.entries()) floats[i] = i < FIRST_PIECE * columns ? 0 : 3 * value;
  return bytes;
}

function vocabulary(chatTemplate: string | undefined): [string, GgufValue][] {
  const byteTokens = Array.from(
    { length: BYTES },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const tokens = [...CONTROL, ...byteTokens, ...PIECES];
  const types = tokens.map((_, id) =>
    id === 0 ? TYPE.unknown : id < CONTROL.length ? TYPE.control : id < FIRST_PIECE ? TYPE.byte : TYPE.normal,
  );
  const id = (value: number): GgufValue => ({ type: "uint32", value });
  return [
    ["general.name", { type: "string", value: "tiny" }],
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", { type: "array", elementType: "string", value: tokens }],
    [
      "tokenizer.ggml.scores",
      {
        type: "array",
        elementType: "float32",
        value: Float32Array.from(tokens, (_, i) => -Math.max(0, i - FIRST_PIECE)),
      },
    ],
    ["tokenizer.ggml.token_type", { type: "array", elementType: "int32", value: Int32Array.from(types) }],
    ["tokenizer.ggml.unknown_token_id", id(0)],
    ["tokenizer.ggml.bos_token_id", id(1)],
    ["tokenizer.ggml.eos_token_id", id(2)],
    ...(chatTemplate === undefined
      ? []
      : [["tokenizer.chat_template", { type: "string", value: chatTemplate }] as [string, GgufValue]]),
  ];
}
