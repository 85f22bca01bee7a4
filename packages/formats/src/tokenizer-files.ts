import { openGguf } from "@realizar/gguf";
import {
  PRE_TOKENIZER_NAMES,
  type SpecialIds,
  type Tokenizer,
  tokenizerFromSentencePiece,
  tokenizerFromTokenizerJson,
  tokenizerFromVocabAndMerges,
  tokenizerFromVocabTxt,
} from "@realizar/tokenizers";
import { FormatsError } from "./errors.ts";
import {
  type Folder,
  isObject,
  type JsonObject,
  memoryFolder,
  readBytes,
  readJson,
  readText,
} from "./folder.ts";
import { ggufTokenizer } from "./gguf-checkpoint.ts";
import { onlyGguf } from "./gguf-files.ts";
import { readSpecialTokens, type SpecialTokens, specialTexts, withSpecialIds } from "./hf/special-tokens.ts";
import { nameFile } from "./name-file.ts";
import { fileFolder, kindOfPath, splitPath } from "./sources/file.ts";

/** Settings of tokenizers whose files do not say everything. */
export interface TokenizerOptions {
  /** How a vocabulary with merges cuts text into words, by llama.cpp's names: "gpt-2", "llama-bpe", "qwen2" ... */
  readonly preTokenizer?: string;
}

/** Reads a tokenizer from a file of a folder; undefined where the folder lacks a part. */
type ReadTokenizer = (
  folder: Folder,
  name: string,
  tokens: SpecialTokens,
  options: TokenizerOptions,
) => Promise<Tokenizer | undefined>;

/** Vocabularies, and the merges that go with each. */
const MERGES: Readonly<Record<string, string>> = { "vocab.json": "merges.txt", "encoder.json": "vocab.bpe" };

/** Pre-tokenizers of models that are published with vocab.json and merges.txt. */
const PRE_TOKENIZERS: ReadonlyMap<string, string> = new Map([
  ["gpt2", "gpt-2"],
  ["qwen2", "qwen2"],
  ["qwen3", "qwen2"],
  ["qwen3_moe", "qwen2"],
]);

const fromJson: ReadTokenizer = async (folder, name, { config }) => {
  const json = await readJson(folder, name);
  return json && tokenizerFromTokenizerJson(json, config);
};

const fromModel: ReadTokenizer = async (folder, name, { config }) => {
  const bytes = await readBytes(folder, name);
  return bytes && tokenizerFromSentencePiece(bytes, Object.keys(config).length > 0 ? config : undefined);
};

const fromWords: ReadTokenizer = async (folder, name, { config }) => {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  return tokenizerFromVocabTxt(text, {
    ...(typeof config.do_lower_case === "boolean" ? { lowercase: config.do_lower_case } : {}),
    ...(typeof config.strip_accents === "boolean" ? { stripAccents: config.strip_accents } : {}),
    specialTexts: specialTexts(config),
  });
};

const fromMerges: ReadTokenizer = async (folder, name, tokens, options) => {
  const vocab = await readJson(folder, name);
  const merges = await readText(folder, MERGES[name]!);
  if (!vocab) return undefined;
  if (merges === undefined) {
    throw new FormatsError(
      "FORMATS_NO_TOKENIZER",
      `${folder.path} has ${name} but not its merges, ${MERGES[name]}; put them beside it`,
      { path: folder.path },
    );
  }
  const preTokenizer = options.preTokenizer ?? PRE_TOKENIZERS.get(tokens.modelType ?? "");
  if (preTokenizer === undefined) {
    throw new FormatsError(
      "FORMATS_NO_TOKENIZER",
      `${folder.path}: ${name} does not say how text is cut into words; name a preTokenizer: ${PRE_TOKENIZER_NAMES.join(", ")}`,
      { path: folder.path, known: PRE_TOKENIZER_NAMES },
    );
  }
  const ids = vocab as Readonly<Record<string, number>>;
  const controlTokens = await addedTokens(folder, tokens.config);
  const special: { -readonly [key in keyof SpecialIds]: SpecialIds[key] } = {};
  for (const [key, text] of Object.entries(specialTexts(tokens.config))) {
    const from = [ids, controlTokens].find((named) => Object.hasOwn(named, text));
    const id = from?.[text];
    if (id !== undefined) special[key as keyof SpecialIds] = id;
  }
  return tokenizerFromVocabAndMerges(ids, merges.split(/\r?\n/), {
    preTokenizer,
    special,
    controlTokens,
    addBos: tokens.config.add_bos_token === true,
    addEos: tokens.config.add_eos_token === true,
  });
};

/** Tokens beside the vocabulary: of added_tokens.json and of tokenizer_config.json. */
async function addedTokens(folder: Folder, config: JsonObject): Promise<Record<string, number>> {
  const added = Object.entries((await readJson(folder, "added_tokens.json")) ?? {});
  const decoder = isObject(config.added_tokens_decoder) ? Object.entries(config.added_tokens_decoder) : [];
  for (const [id, token] of decoder) {
    if (isObject(token) && typeof token.content === "string") added.push([token.content, Number(id)]);
  }
  return Object.fromEntries(added.filter((entry): entry is [string, number] => Number.isInteger(entry[1])));
}

const fromGguf: ReadTokenizer = async (folder, name) => {
  const source = await folder.open(name);
  try {
    return ggufTokenizer(name, await openGguf(source));
  } finally {
    source.close?.();
  }
};

/** Files a tokenizer may lie in, in the order they are looked for. */
const FILES: readonly (readonly [name: string, read: ReadTokenizer])[] = [
  ["tokenizer.json", fromJson],
  ["tokenizer.model", fromModel],
  ["spiece.model", fromModel],
  ["sentencepiece.bpe.model", fromModel],
  ["vocab.json", fromMerges],
  ["encoder.json", fromMerges],
  ["vocab.txt", fromWords],
];

/** How a file of another name is read, by how its name ends. */
const ENDINGS: readonly (readonly [ending: string, read: ReadTokenizer])[] = [
  [".gguf", fromGguf],
  [".json", fromJson],
  [".model", fromModel],
  [".txt", fromWords],
];

/**
 * The tokenizer of a folder: tokenizer.json, or a SentencePiece model, or a vocabulary with merges, or vocab.txt, or its
 * GGUF file's; with the special tokens of tokenizer_config.json, special_tokens_map.json, config.json and
 * generation_config.json.
 * @throws FormatsError FORMATS_NO_TOKENIZER; the errors of \@realizar/tokenizers
 */
export async function folderTokenizer(folder: Folder, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const tokens = await readSpecialTokens(folder);
  const names = new Set(await folder.names());
  for (const [name, read] of FILES) {
    const tokenizer = names.has(name) ? await read(folder, name, tokens, options) : undefined;
    if (tokenizer) return withSpecialIds(tokenizer, tokens);
  }
  const gguf = await onlyGguf(folder);
  const tokenizer = gguf === undefined ? undefined : await fromGguf(folder, gguf, tokens, options);
  if (tokenizer) return tokenizer;
  throw new FormatsError(
    "FORMATS_NO_TOKENIZER",
    `${folder.path} holds no tokenizer: none of ${FILES.map(([name]) => name).join(", ")}, nor a GGUF file`,
    { path: folder.path },
  );
}

/**
 * The tokenizer at a path: a .gguf file with or without weights, a tokenizer.json, a SentencePiece .model, a vocab.txt,
 * a vocab.json or encoder.json with its merges beside it, or a folder of any of them. Needs node:fs.
 * @throws FormatsError FORMATS_NOT_FOUND, FORMATS_UNKNOWN_FORMAT, FORMATS_NO_TOKENIZER
 */
export async function openTokenizer(path: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const kind = kindOfPath(path);
  if (kind === "absent") {
    throw new FormatsError("FORMATS_NOT_FOUND", `${path} does not exist; check the path`, { path });
  }
  if (kind === "folder") return nameFile(path, () => folderTokenizer(fileFolder(path), options));
  const { folder, name } = splitPath(path);
  return nameFile(path, () => tokenizerIn(fileFolder(folder), name, options));
}

/** As {@link openTokenizer}, of a folder anywhere, or of its file `name`. */
export async function openTokenizerFrom(
  input: Folder | Readonly<Record<string, Uint8Array | Blob>>,
  name?: string,
  options: TokenizerOptions = {},
): Promise<Tokenizer> {
  const folder =
    "names" in input && typeof input.names === "function"
      ? (input as Folder)
      : memoryFolder(input as Record<string, Uint8Array>);
  return name === undefined ? folderTokenizer(folder, options) : tokenizerIn(folder, name, options);
}

async function tokenizerIn(folder: Folder, name: string, options: TokenizerOptions): Promise<Tokenizer> {
  if (name.endsWith(".safetensors")) return folderTokenizer(folder, options);
  const read =
    FILES.find(([file]) => file === name)?.[1] ??
    ENDINGS.find(([ending]) => name.toLowerCase().endsWith(ending))?.[1];
  if (!read) {
    throw new FormatsError(
      "FORMATS_UNKNOWN_FORMAT",
      `${folder.path}: ${name} is no tokenizer file this can read; known are .gguf, tokenizer.json, .model, vocab.txt, and vocab.json or encoder.json with merges`,
      { path: name },
    );
  }
  const tokens = await readSpecialTokens(folder);
  const tokenizer = await read(folder, name, tokens, options);
  if (!tokenizer) {
    throw new FormatsError("FORMATS_NOT_FOUND", `${folder.path}: there is no ${name}`, { path: name });
  }
  return read === fromGguf ? tokenizer : withSpecialIds(tokenizer, tokens);
}
