import type { GgufMetadata, GgufValue } from "@realizar/gguf";
import type { SpecialIds, Tokenizer } from "@realizar/tokenizers";
import { FormatsError } from "../errors.ts";
import { type Folder, isObject, type JsonObject, readJson } from "../folder.ts";
import { preTokenizerName } from "./pre-tokenizer-name.ts";

/** Types of a token. Source: enum llama_token_type of llama.cpp's include/llama.h. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;
const BYTE = 6;

/** Keys of special ids; "seperator" is GGUF's spelling. */
const ID_KEYS: Readonly<Record<keyof SpecialIds, string>> = {
  bos: "bos",
  eos: "eos",
  eot: "eot",
  unk: "unknown",
  pad: "padding",
  sep: "seperator",
  cls: "cls",
  mask: "mask",
};

/** Ids that readers give a default where a file is silent, and how a file says that there is none. */
const DEFAULTED: ReadonlySet<keyof SpecialIds> = new Set(["bos", "eos", "unk"]);
const ABSENT = 0xffff_ffff;

/** A vocabulary, by id. */
interface Tokens {
  readonly texts: string[];
  readonly types: number[];
}

/**
 * A folder's tokenizer.json as the `tokenizer.ggml.*` keys of a GGUF file.
 * @param tokenizer the folder's tokenizer, for its special ids
 * @param vocabSize rows of the embeddings: ids beyond the vocabulary become unused tokens
 * @param preTokenizer llama.cpp's name of the pre-tokenizer, where tokenizer.json's is not recognized
 * @throws FormatsError FORMATS_NO_TOKENIZER without a tokenizer.json, FORMATS_UNSUPPORTED for a kind GGUF has no name for
 */
export async function vocabularyMetadata(
  folder: Folder,
  tokenizer: Tokenizer,
  vocabSize: number,
  preTokenizer?: string,
): Promise<GgufMetadata> {
  const json = await readJson(folder, "tokenizer.json");
  if (!json || !isObject(json.model)) {
    throw new FormatsError(
      "FORMATS_NO_TOKENIZER",
      `${folder.path} has no tokenizer.json, from which a GGUF vocabulary is made; save one with transformers' save_pretrained`,
      { path: folder.path },
    );
  }
  const { model } = json;
  const tokens = tokensOf(json, model, Math.max(vocabSize, tokenizer.vocabSize));
  const kind = kindOf(json, model);
  const build = KINDS[kind];
  if (!build) {
    throw new FormatsError(
      "FORMATS_UNSUPPORTED",
      `${folder.path}: tokenizer.json holds a model of type ${JSON.stringify(model.type)}, which GGUF has no form for`,
      { path: folder.path, key: "model.type" },
    );
  }
  const metadata = new Map<string, GgufValue>(build(tokens, { json, model, folder, preTokenizer }));
  metadata.set("tokenizer.ggml.tokens", { type: "array", elementType: "string", value: tokens.texts });
  metadata.set("tokenizer.ggml.token_type", {
    type: "array",
    elementType: "int32",
    value: Int32Array.from(tokens.types),
  });
  const special = specialIds(tokenizer, kind);
  for (const [name, key] of Object.entries(ID_KEYS) as [keyof SpecialIds, string][]) {
    const value = special[name] ?? (DEFAULTED.has(name) ? ABSENT : undefined);
    if (value !== undefined) metadata.set(`tokenizer.ggml.${key}_token_id`, { type: "uint32", value });
  }
  metadata.set("tokenizer.ggml.add_bos_token", { type: "bool", value: tokenizer.addBos });
  metadata.set("tokenizer.ggml.add_eos_token", { type: "bool", value: tokenizer.addEos });
  return metadata;
}

/**
 * The ids that the tokenizer names, and those it puts around a text where it names none. WordPiece begins a text with
 * [CLS], which readers take from `bos`.
 */
function specialIds({ special, addBos, addEos, encode }: Tokenizer, kind: string): SpecialIds {
  const frame = encode("");
  const first = addBos ? frame[0] : undefined;
  const last = addEos ? frame.at(-1) : undefined;
  const filled = { ...special, bos: special.bos ?? first, eos: special.eos ?? last };
  return kind === "bert"
    ? { ...filled, bos: special.cls ?? filled.bos, cls: special.cls ?? first, sep: special.sep ?? last }
    : filled;
}

/** What a kind's keys are made of beside the tokens. */
interface Parts {
  readonly json: JsonObject;
  readonly model: JsonObject;
  readonly folder: Folder;
  readonly preTokenizer?: string;
}

type Entry = readonly [string, GgufValue];

const text = (key: string, value: string): Entry => [`tokenizer.ggml.${key}`, { type: "string", value }];
const flag = (key: string, value: boolean): Entry => [`tokenizer.ggml.${key}`, { type: "bool", value }];
const floats = (key: string, value: Float32Array): Entry => [
  `tokenizer.ggml.${key}`,
  { type: "array", elementType: "float32", value },
];

/** By `tokenizer.ggml.model`. */
const KINDS: Readonly<Record<string, (tokens: Tokens, parts: Parts) => Entry[]>> = {
  gpt2: byteLevel,
  llama: sentencePieceBpe,
  t5: unigram,
  bert: wordPiece,
};

function kindOf(json: JsonObject, model: JsonObject): string {
  if (model.type === "Unigram") return "t5";
  if (model.type === "WordPiece" || model.continuing_subword_prefix === "##") return "bert";
  if (!Array.isArray(model.merges)) return "none";
  const spelled = JSON.stringify([json.pre_tokenizer ?? null, json.decoder ?? null]).includes('"ByteLevel"');
  return spelled ? "gpt2" : model.byte_fallback === true ? "llama" : "none";
}

/** Byte-level BPE. */
function byteLevel(_tokens: Tokens, { json, model, folder, preTokenizer }: Parts): Entry[] {
  const pre = preTokenizer ?? preTokenizerName(json, model);
  if (pre === undefined) {
    throw new FormatsError(
      "FORMATS_UNSUPPORTED",
      `${folder.path}: the pre-tokenizer of tokenizer.json is not one llama.cpp has a name for; name the closest as preTokenizer`,
      { path: folder.path, key: "pre_tokenizer" },
    );
  }
  const merges = mergesOf(model).map((pair) => pair.join(" "));
  return [
    text("model", "gpt2"),
    text("pre", pre),
    ["tokenizer.ggml.merges", { type: "array", elementType: "string", value: merges }],
  ];
}

/** SentencePiece BPE: a piece's score is minus the rank of the merge that makes it. */
function sentencePieceBpe({ texts }: Tokens, { json, model }: Parts): Entry[] {
  const merges = mergesOf(model);
  const ranks = new Map<string, number>();
  for (const [rank, pair] of merges.entries()) {
    const piece = pair.join("");
    if (!ranks.has(piece)) ranks.set(piece, rank);
  }
  const scores = Float32Array.from(texts, (piece) => -(ranks.get(piece) ?? merges.length));
  return [
    text("model", "llama"),
    text("pre", "default"),
    floats("scores", scores),
    flag("add_space_prefix", prefixesSpace(json)),
  ];
}

/** SentencePiece unigram. */
function unigram({ texts }: Tokens, { json, model }: Parts): Entry[] {
  const given = Array.isArray(model.vocab) ? model.vocab : [];
  const scores = Float32Array.from(texts, (_, id) => Number(given[id]?.[1] ?? 0));
  const charsmap = /"precompiled_charsmap":"([^"]*)"/.exec(JSON.stringify(json.normalizer ?? null))?.[1];
  const entries = [
    text("model", "t5"),
    text("pre", "default"),
    floats("scores", scores),
    flag("add_space_prefix", prefixesSpace(json)),
    flag("remove_extra_whitespaces", true),
  ];
  if (charsmap === undefined) return entries;
  const value = Uint8Array.from(atob(charsmap), (character) => character.charCodeAt(0));
  return [
    ...entries,
    ["tokenizer.ggml.precompiled_charsmap", { type: "array", elementType: "uint8", value }],
  ];
}

/** WordPiece: words begin with a mark, their continuations lose theirs. */
function wordPiece({ texts, types }: Tokens, { json, folder }: Parts): Entry[] {
  if (!isObject(json.pre_tokenizer) || json.pre_tokenizer.type !== "BertPreTokenizer") {
    throw new FormatsError(
      "FORMATS_UNSUPPORTED",
      `${folder.path}: tokenizer.json splits words otherwise than BERT, which is the one way GGUF has for WordPiece`,
      { path: folder.path, key: "pre_tokenizer" },
    );
  }
  for (const [id, piece] of texts.entries()) {
    if (types[id] === CONTROL || types[id] === UNKNOWN) continue;
    texts[id] = piece.startsWith("##") ? piece.slice(2) : `\u2581${piece}`;
  }
  const lowers = JSON.stringify(json.normalizer ?? null);
  const accents = /"strip_accents":(true|false)/.exec(lowers)?.[1];
  return [
    text("model", "bert"),
    text("pre", "default"),
    flag("normalizer.lowercase", /"lowercase":true|"type":"Lowercase"/.test(lowers)),
    ...(accents === undefined ? [] : [flag("normalizer.strip_accents", accents === "true")]),
  ];
}

function mergesOf(model: JsonObject): readonly string[][] {
  const merges = Array.isArray(model.merges) ? model.merges : [];
  return merges.map((merge) => {
    if (Array.isArray(merge)) return merge.map(String);
    const line = String(merge);
    const space = line.indexOf(" ", 1);
    return [line.slice(0, space), line.slice(space + 1)];
  });
}

/** Whether a space is put in front of a text. */
function prefixesSpace(json: JsonObject): boolean {
  const stages = JSON.stringify([json.normalizer ?? null, json.pre_tokenizer ?? null]);
  if (stages.includes('"type":"Prepend"')) return true;
  return (
    stages.includes('"type":"Metaspace"') && !/"prepend_scheme":"never"|"add_prefix_space":false/.test(stages)
  );
}

/** The tokens of ids below `size`; those the file does not name are unused. */
function tokensOf(json: JsonObject, model: JsonObject, size: number): Tokens {
  const texts: string[] = [];
  const types: number[] = [];
  const unknown = model.type === "Unigram" ? model.unk_id : model.unk_token;
  const set = (id: number, piece: string, type: number) => {
    if (!Number.isInteger(id) || id < 0 || id >= size) return;
    texts[id] = piece;
    types[id] = type;
  };
  const pieces: [string, number][] = Array.isArray(model.vocab)
    ? model.vocab.map((entry, id) => [String(entry[0]), id])
    : (Object.entries(isObject(model.vocab) ? model.vocab : {}) as [string, number][]);
  for (const [piece, id] of pieces) {
    const isUnknown = piece === unknown || id === unknown;
    const isByte = model.byte_fallback === true && /^<0x[0-9A-F]{2}>$/.test(piece);
    set(id, piece, isUnknown ? UNKNOWN : isByte ? BYTE : NORMAL);
  }
  const added = Array.isArray(json.added_tokens) ? json.added_tokens.filter(isObject) : [];
  for (const { id, content, special } of added) {
    if (types[id as number] !== UNKNOWN)
      set(id as number, String(content), special === true ? CONTROL : USER_DEFINED);
  }
  for (let id = 0; id < size; id++) if (texts[id] === undefined) set(id, `[PAD${id}]`, UNUSED);
  return { texts, types };
}
