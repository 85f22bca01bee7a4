import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Checkpoint, CheckpointTensor } from "@realizar/formats";
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
/** A WordPiece vocabulary as GGUF has it: "▁" begins a word, and what goes on in one has no mark. */
const LETTERS = [..."etaoinshrdlcumwfgypbvkxjqz0123456789"];
const WORD_PIECES = [
  ...["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"],
  ...[...LETTERS, ...".,!?'"].map((letter) => `▁${letter}`),
  ...LETTERS,
];
const SPECIAL_WORD_PIECES = 5;

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

export interface TinyEncoderOptions {
  readonly architecture?: "bert" | "nomic-bert";
  readonly seed?: number;
  readonly sizes?: Partial<Omit<TinySizes, "vocab">>;
  /** llama.cpp's number of how it pools: 1 mean, 2 [CLS], 3 last. */
  readonly pooling?: number;
}

/**
 * Writes a seeded random encoder with a WordPiece vocabulary of single letters and digits.
 * @param path of the .gguf file; its folder is made
 * @returns the path
 */
export async function writeTinyEncoder(path: string, options: TinyEncoderOptions = {}): Promise<string> {
  const { architecture = "bert", seed, pooling } = options;
  const sizes = { ...SIZES, kvHeads: 4, ...options.sizes, vocab: WORD_PIECES.length };
  const keys: Record<string, number> = pooling === undefined ? {} : { pooling_type: pooling };
  return writeCheckpoint(path, tinyCheckpoint(architecture, { seed, sizes, keys }), wordPieceVocabulary());
}

/**
 * Writes a seeded random llama with a SentencePiece vocabulary of single letters. What it says is letters without
 * sense, the same ones for the same options; it does not end by itself.
 * @param path of the .gguf file; its folder is made
 * @returns the path
 */
export async function writeTinyGguf(path: string, options: TinyFileOptions = {}): Promise<string> {
  const sizes = { ...SIZES, ...options.sizes, vocab: TINY_VOCAB };
  const checkpoint = tinyCheckpoint("llama", { seed: options.seed, type: options.type, sizes });
  return writeCheckpoint(path, checkpoint, vocabulary(options.chatTemplate), ({ name, type }, data) =>
    name === "output.weight" && type === "F32" ? louder(data, sizes.dim!) : data,
  );
}

/** @param change may change a tensor's bytes */
async function writeCheckpoint(
  path: string,
  { gguf, tensors }: Checkpoint,
  vocabulary: readonly [string, GgufValue][],
  change: (tensor: CheckpointTensor, data: Uint8Array) => Uint8Array = (_, data) => data,
): Promise<string> {
  if (gguf === undefined) throw new RangeError("a tiny checkpoint has GGUF metadata");
  const bytes = await writeGgufBytes({
    metadata: new Map([...gguf, ...vocabulary]),
    tensors: [...tensors.values()].map(
      (tensor): GgufTensorSource => ({
        name: tensor.name,
        type: tensor.type as GgmlTypeName,
        shape: tensor.shape,
        data: async () => {
          const data = new Uint8Array(tensor.byteLength);
          await tensor.readInto(data, 0);
          return change(tensor, data);
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

function wordPieceVocabulary(): [string, GgufValue][] {
  const types = WORD_PIECES.map((_, id) =>
    id === 1 ? TYPE.unknown : id < SPECIAL_WORD_PIECES ? TYPE.control : TYPE.normal,
  );
  const names = ["padding", "unknown", "cls", "seperator", "mask"]; // GGUF's spelling
  return [
    ["general.name", { type: "string", value: "tiny encoder" }],
    ["tokenizer.ggml.model", { type: "string", value: "bert" }],
    ["tokenizer.ggml.tokens", { type: "array", elementType: "string", value: WORD_PIECES }],
    ["tokenizer.ggml.token_type", { type: "array", elementType: "int32", value: Int32Array.from(types) }],
    ...names.map((name, value): [string, GgufValue] => [
      `tokenizer.ggml.${name}_token_id`,
      { type: "uint32", value },
    ]),
  ];
}
