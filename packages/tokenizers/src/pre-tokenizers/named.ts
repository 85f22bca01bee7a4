import { UnknownKindError } from "../errors.ts";
import { compilePattern } from "../pattern.ts";
import { digitGroups } from "./digit-groups.ts";
import { inSequence, type Splitter, splitBy } from "./split.ts";
import { splitTrailingSpace } from "./trailing-space.ts";

/**
 * The pre-tokenizers GGUF files name in `tokenizer.ggml.pre`. Names, patterns and flags are those of llama.cpp's
 * src/llama-vocab.cpp; where it approximates a model's own pattern (its engine lacks `\p{Lu}`), the model's is used.
 */
export interface NamedPreTokenizer {
  readonly split: Splitter;
  /** A word that is a token is that token, whatever the merges say. */
  readonly ignoreMerges: boolean;
  /** What `add_bos_token` is where a file does not say. */
  readonly addBos: boolean;
  /** What `add_sep_token` is where a file does not say. */
  readonly addSep: boolean;
  /** Words are spelled in GPT-2's byte alphabet; otherwise in plain characters with U+2581 for spaces and byte tokens. */
  readonly byteLevel: boolean;
}

/** A step: a pattern whose matches are cut out, or a splitter of its own where a pattern would take quadratic time. */
type Step = string | Splitter;

interface Definition {
  readonly names: readonly string[];
  readonly steps: readonly Step[];
  readonly ignoreMerges?: boolean;
  readonly addBos?: boolean;
  readonly addSep?: boolean;
  readonly byteLevel?: boolean;
}

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const SPACES = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;
const SYMBOLS = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*`;
const WORD = String.raw`[^\r\n\p{L}\p{N}]?\p{L}+`;

const GPT2 = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const LLAMA3 = String.raw`${CONTRACTIONS}|${WORD}|\p{N}{1,3}|${SYMBOLS}|${SPACES}`;
const QWEN2 = String.raw`${CONTRACTIONS}|${WORD}|\p{N}|${SYMBOLS}|${SPACES}`;

const UPPER = String.raw`\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}`;
const LOWER = String.raw`\p{Ll}\p{Lm}\p{Lo}\p{M}`;
const casedWords = (suffix: string) =>
  String.raw`[^\r\n\p{L}\p{N}]?[${UPPER}]*[${LOWER}]+${suffix}|[^\r\n\p{L}\p{N}]?[${UPPER}]+[${LOWER}]*${suffix}`;
const CASED_SYMBOLS = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*`;
const O200K = String.raw`${casedWords(`${CONTRACTIONS}?`)}|\p{N}{1,3}|${CASED_SYMBOLS}|${SPACES}`;
const TEKKEN = String.raw`${casedWords("")}|\p{N}|${CASED_SYMBOLS}|${SPACES}`;

const ASCII_PUNCTUATION = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]";
const DEEPSEEK3 = [
  String.raw`\p{N}{1,3}`,
  "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
  String.raw`${ASCII_PUNCTUATION}[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|${SPACES}`,
];
/** The letters of the cased scripts, as DeepSeek's tokenizer.json lists them: ranges of code points in hexadecimal. */
const DEEPSEEK_RANGES = [
  "41-5a 61-7a b5 c0-d6 d8-f6 f8-1ba 1bc-1bf 1c4-293 295-2af 370-373 376 377 37b-37d 37f 386 388-38a",
  "38c 38e-3a1 3a3-3f5 3f7-481 48a-52f 531-556 10a0-10c5 13a0-13f5 13f8-13fd 1c90-1cba 1cbd-1cbf",
  "1d00-1d2b 1d6b-1d77 1d79-1d9a 1e00-1f15 1f18-1f1d 1f20-1f45 1f48-1f4d 1f50-1f57 1f59 1f5b 1f5d",
  "1f5f-1f7d 1f80-1fb4 1fb6-1fbc 1fbe 1fc2-1fc4 1fc6-1fcc 1fd0-1fd3 1fd6-1fdb 1fe0-1fec 1ff2-1ff4",
  "1ff6-1ffc 2102 2107 210a-2113 2115 2119-211d 2124 2126 2128 212a-212d 212f-2134 2139 213c-213f",
  "2145-2149 214e 2183 2184 2c00-2c7b 2c7e-2ce4 2ceb-2cee 2cf2 2cf3 a640-a66d a680-a69b a722-a76f",
  "a771-a787 a78b-a78e ab70-abbf fb00-fb06 fb13-fb17 ff21-ff3a ff41-ff5a 10400-1044f 104b0-104d3",
  "104d8-104fb 10c80-10cb2 10cc0-10cf2 118a0-118df 1e900-1e943",
];
const DEEPSEEK_LETTERS = `[${DEEPSEEK_RANGES.join(" ")
  .split(" ")
  .map((range) => range.replace(/[0-9a-f]+/g, "\\x{$&}"))
  .join("")}]`;

const NEWLINES: Step = "[^\\n]+|[\\n]+";
const BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+";
const HAN = String.raw`\p{Han}`;

const DEFINITIONS: readonly Definition[] = [
  {
    names: ["default", ""],
    steps: [String.raw`[\p{P}$+<=>^~|]+`, GPT2, String.raw`\p{N}+`, "[0-9][0-9][0-9]"],
  },
  {
    names: [
      "llama3",
      "llama-v3",
      "llama-bpe",
      "falcon3",
      "falcon-h1",
      "pixtral",
      "midm-2.0",
      "lfm2",
      "jina-v5-nano",
    ],
    steps: [LLAMA3],
    ignoreMerges: true,
    addBos: true,
  },
  { names: ["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], steps: [LLAMA3] },
  {
    names: ["jais-2"],
    steps: [
      String.raw`${CONTRACTIONS}|${WORD}|\p{N}{1,3}|${SYMBOLS}|\s*[\r\n]+|${[512, 256, 128, 64, 32, 16, 8, 4]
        .map((count) => String.raw`\s{${count}}(?!\S)`)
        .join("|")}|\s{1,2}(?!\S)|\s`,
    ],
  },
  {
    names: ["deepseek-llm"],
    steps: [
      "[\\r\\n]",
      String.raw`\s?${DEEPSEEK_LETTERS}+`,
      String.raw`\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+`,
      splitTrailingSpace,
      "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
      String.raw`\p{N}+`,
    ],
  },
  {
    names: ["deepseek-coder"],
    steps: [
      "[\\r\\n]",
      String.raw`\s?\p{L}+`,
      String.raw`\s?\p{P}+`,
      "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+",
      String.raw`\p{N}`,
    ],
  },
  { names: ["deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"], steps: DEEPSEEK3 },
  {
    names: ["falcon"],
    steps: [String.raw`[\p{P}$+<=>^~|\x60]+`, GPT2, "[0-9][0-9][0-9]"],
  },
  {
    names: ["starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"],
    steps: [String.raw`\p{N}`, GPT2],
  },
  {
    names: [
      ...[
        "gpt-2",
        "phi-2",
        "jina-es",
        "jina-de",
        "gigachat",
        "jina-v2-es",
        "jina-v2-de",
        "a.x-4.0",
        "mellum",
      ],
      ...["modern-bert", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4"],
    ],
    steps: [GPT2],
  },
  { names: ["jina-v1-en", "jina-v2-code", "roberta-bpe"], steps: [GPT2], addSep: true },
  {
    names: [
      "qwen2",
      "deepseek-r1-qwen",
      "kormo",
      "f2llmv2",
      "stablelm2",
      "hunyuan",
      "solar-open",
      "megrez",
      "grok-2",
    ],
    steps: [QWEN2],
  },
  {
    names: ["qwen35"],
    steps: [
      String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|${SPACES}`,
    ],
  },
  { names: ["ufakzeka"], steps: [String.raw`${WORD}|\p{N}|${SYMBOLS}|${SPACES}`] },
  { names: ["laguna"], steps: [NEWLINES, QWEN2] },
  { names: ["poro-chat", "bloom", "gpt3-finnish"], steps: [BLOOM] },
  { names: ["viking"], steps: [BLOOM, String.raw`\p{N}`] },
  { names: ["tekken"], steps: [TEKKEN], ignoreMerges: true, addBos: true },
  { names: ["gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"], steps: [O200K] },
  { names: ["granite-embed-multi-97m"], steps: [O200K], ignoreMerges: true },
  { names: ["tiny_aya", "cohere2moe"], steps: [digitGroups({ atWordEnd: true }), O200K] },
  { names: ["superbpe"], steps: [String.raw`\p{N}+`, digitGroups()] },
  {
    names: ["bailingmoe", "bailingmoe2", "llada-moe"],
    steps: [
      String.raw`'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|${SYMBOLS}|\s*[\r\n]|\s+(?!\S)|\s+`,
    ],
  },
  {
    names: ["seed-coder"],
    steps: [String.raw`${CONTRACTIONS}|${WORD}|\p{N}| ?[^\s\p{L}\p{N}\r\n]+|${SPACES}`],
  },
  {
    names: ["exaone-moe"],
    steps: [
      String.raw`${CONTRACTIONS}|[^\r\n\p{L}\p{N}]?\p{L}[\p{L}\p{M}]*(?: \p{L}[\p{L}\p{M}]*)*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+`,
    ],
  },
  {
    names: ["chameleon"],
    steps: [
      "<sentinel:[0-9]+>",
      "IMGIMG[A-I]{1,4}Z",
      "[\\t\\n]|    |  ",
      String.raw`\p{N}`,
      "[\\p{P}!-/:-@\\[-`{-~]",
      GPT2,
    ],
    addBos: true,
  },
  {
    names: ["spark2_5"],
    steps: [
      DEEPSEEK3[0]!,
      DEEPSEEK3[1]!,
      String.raw`${ASCII_PUNCTUATION}[A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+|[\r\n]|\s+(?!\S)|\s+`,
      String.raw`\p{N}`,
    ],
  },
  {
    names: ["youtu"],
    steps: [
      "[\uac00-\ud7a3\u3131-\u318e]+|[！…“”‘’—：；，\u3001-\u303f\ufe30-\ufe4f]+|[\u3105-\u312f]+|[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
      String.raw`${casedWords(`${CONTRACTIONS}?`)}|\p{N}|${CASED_SYMBOLS}|${SPACES}`,
    ],
    ignoreMerges: true,
  },
  {
    names: ["minicpm5"],
    steps: [String.raw`\p{N}{1,3}`, String.raw`${CONTRACTIONS}|${WORD}|\p{N}+|${SYMBOLS}|${SPACES}`],
    ignoreMerges: true,
  },
  {
    names: ["afmoe"],
    steps: [
      digitGroups(),
      "[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f\u2f00-\u2fdf\u0e00-\u0e7f\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+",
      DEEPSEEK3[2]!,
    ],
  },
  {
    names: ["kimi-k2"],
    steps: [
      String.raw`${HAN}+|[^\r\n\p{L}\p{N}]?[${UPPER}&&[^${HAN}]]*[${LOWER}&&[^${HAN}]]+${CONTRACTIONS}?|[^\r\n\p{L}\p{N}]?[${UPPER}&&[^${HAN}]]+[${LOWER}&&[^${HAN}]]*${CONTRACTIONS}?|\p{N}{1,3}|${SYMBOLS}|${SPACES}`,
    ],
  },
  { names: ["gemma4", "granite-embed-multi-311m"], steps: [NEWLINES], addBos: true, byteLevel: false },
  { names: ["sarvam-moe"], steps: [NEWLINES], byteLevel: false },
];

const BY_NAME: ReadonlyMap<string, Definition> = new Map(
  DEFINITIONS.flatMap((definition) => definition.names.map((name) => [name, definition] as const)),
);

/** The names `namedPreTokenizer` knows. */
export const PRE_TOKENIZER_NAMES: readonly string[] = [...BY_NAME.keys()].filter((name) => name !== "");

/** @throws UnknownKindError */
export function namedPreTokenizer(name: string): NamedPreTokenizer {
  const definition = BY_NAME.get(name);
  if (!definition) {
    throw new UnknownKindError(
      "pre-tokenizer",
      name,
      `Known are ${PRE_TOKENIZER_NAMES.join(", ")}. Convert the model with one of these as tokenizer.ggml.pre, or load its tokenizer.json.`,
    );
  }
  return {
    split: inSequence(
      definition.steps.map((step) =>
        typeof step === "string" ? splitBy(compilePattern(step), "isolated") : step,
      ),
    ),
    ignoreMerges: definition.ignoreMerges ?? false,
    addBos: definition.addBos ?? false,
    addSep: definition.addSep ?? false,
    byteLevel: definition.byteLevel ?? true,
  };
}

/** GPT-2's own split, which tokenizer.json's ByteLevel uses too. */
export function gpt2Splitter(): Splitter {
  return splitBy(compilePattern(GPT2), "isolated");
}
