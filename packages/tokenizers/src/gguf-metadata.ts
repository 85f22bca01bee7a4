import { VocabularyError } from "./errors.ts";
import type { GgufVocabulary } from "./tokenizer.ts";

/** A metadata value with its type, as `@realizar/gguf` gives them. */
export interface MetadataEntry {
  readonly type: string;
  readonly value: unknown;
  readonly elementType?: string;
}

type Entries = ReadonlyMap<string, MetadataEntry>;

const INTEGERS = new Set(["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"]);

/**
 * The vocabulary out of a GGUF file's metadata.
 *
 * @returns undefined where the file has none (`tokenizer.ggml.model` is missing, "none" or "no_vocab")
 * @throws VocabularyError for a value of the wrong type
 */
export function ggufVocabulary(metadata: Entries): GgufVocabulary | undefined {
  const wrong = (key: string, wanted: string, entry: MetadataEntry): never => {
    const found = entry.elementType === undefined ? entry.type : `${entry.type} of ${entry.elementType}`;
    throw new VocabularyError(key, `is ${found}, not ${wanted}`);
  };
  const text = (key: string): string | undefined => {
    const entry = metadata.get(key);
    if (entry === undefined || entry.type === "string") return entry?.value as string | undefined;
    return wrong(key, "a string", entry);
  };
  const flag = (key: string): boolean | undefined => {
    const entry = metadata.get(key);
    if (entry === undefined || entry.type === "bool") return entry?.value as boolean | undefined;
    return wrong(key, "a bool", entry);
  };
  const id = (name: string): number | undefined => {
    const key = `tokenizer.ggml.${name}_token_id`;
    const entry = metadata.get(key);
    if (entry === undefined) return undefined;
    return INTEGERS.has(entry.type) ? Number(entry.value) : wrong(key, "an integer", entry);
  };
  const array = (key: string, ...elementTypes: string[]): unknown => {
    const entry = metadata.get(key);
    if (entry === undefined) return undefined;
    if (entry.type === "array" && elementTypes.includes(entry.elementType ?? "")) return entry.value;
    return wrong(key, `an array of ${elementTypes.join(" or ")}`, entry);
  };

  const model = text("tokenizer.ggml.model");
  if (model === undefined || model === "none" || model === "no_vocab") return undefined;
  const tokens = array("tokenizer.ggml.tokens", "string") as readonly string[] | undefined;
  if (tokens === undefined) throw new VocabularyError("tokenizer.ggml.tokens", "is missing");
  return {
    model,
    tokens,
    pre: text("tokenizer.ggml.pre"),
    scores: array("tokenizer.ggml.scores", "float32", "int32") as ArrayLike<number> | undefined,
    tokenTypes: array("tokenizer.ggml.token_type", "int32") as ArrayLike<number> | undefined,
    merges: array("tokenizer.ggml.merges", "string") as readonly string[] | undefined,
    bosId: id("bos"),
    eosId: id("eos"),
    eotId: id("eot"),
    eomId: id("eom"),
    unkId: id("unknown"),
    padId: id("padding"),
    sepId: metadata.has("tokenizer.ggml.separator_token_id") ? id("separator") : id("seperator"), // the key's old spelling
    clsId: id("cls"),
    maskId: id("mask"),
    addBos: flag("tokenizer.ggml.add_bos_token"),
    addEos: flag("tokenizer.ggml.add_eos_token"),
    addSep: flag("tokenizer.ggml.add_sep_token"),
    addSpacePrefix: flag("tokenizer.ggml.add_space_prefix"),
    removeExtraWhitespaces: flag("tokenizer.ggml.remove_extra_whitespaces"),
    precompiledCharsmap: array("tokenizer.ggml.precompiled_charsmap", "uint8", "int8") as
      | ArrayLike<number>
      | undefined,
    lowercase: flag("tokenizer.ggml.normalizer.lowercase"),
    stripAccents: flag("tokenizer.ggml.normalizer.strip_accents"),
    modelName: text("general.name"),
    architecture: text("general.architecture"),
  };
}
