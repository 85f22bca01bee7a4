import type { AddedToken } from "./added-tokens.ts";
import { byteOfToken } from "./byte-tokens.ts";
import { endOfGenerationIds, endOfTurnId } from "./end-of-generation.ts";
import { VocabularyError } from "./errors.ts";
import { TOKEN_TYPE } from "./token-attributes.ts";
import type { GgufVocabulary, SpecialIds } from "./tokenizer.ts";
import { type Vocabulary, vocabularyFromList } from "./vocabulary.ts";

/** What a kind of vocabulary takes for granted where the file is silent (llama.cpp src/llama-vocab.cpp, load). */
export interface GgufDefaults {
  readonly special: SpecialIds;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

const DEFAULTS: Readonly<Record<string, GgufDefaults>> = {
  llama: { special: { bos: 1, eos: 2, unk: 0 }, addBos: true, addEos: false },
  t5: { special: { eos: 1, unk: 2, pad: 0 }, addBos: false, addEos: true },
  bert: { special: { bos: 101, unk: 100, sep: 102, pad: 0, mask: 103 }, addBos: true, addEos: false },
  gpt2: { special: {}, addBos: false, addEos: false },
  gemma4: { special: {}, addBos: true, addEos: false },
};

/** A GGUF vocabulary with lengths, types and ids checked, and what its kind takes for granted filled in. */
export interface CheckedVocabulary {
  readonly source: GgufVocabulary;
  readonly vocabulary: Vocabulary;
  readonly types: ArrayLike<number>;
  readonly special: SpecialIds;
  readonly endOfGeneration: ReadonlySet<number>;
  readonly defaults: GgufDefaults;
  readonly added: readonly AddedToken[];
  readonly control: ReadonlySet<number>;
}

/**
 * Texts of tokens that models emit as a part of their answer although files mark them as control tokens (harmony): they
 * are shown, and like control tokens not found in plain text.
 */
const SHOWN = new Set(["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]);

/** @throws VocabularyError */
export function checkedVocabulary(source: GgufVocabulary): CheckedVocabulary {
  if (!Array.isArray(source.tokens)) throw new VocabularyError("tokenizer.ggml.tokens", "is not an array");
  const tokens = source.tokens.map((text: unknown, id) => {
    if (typeof text !== "string")
      throw new VocabularyError(`tokenizer.ggml.tokens[${id}]`, "is not a string");
    return text === "" ? `[EMPTY_${id}]` : text;
  });
  const vocabulary = vocabularyFromList(tokens, { unique: true });
  requireOneEach("tokenizer.ggml.scores", source.scores, vocabulary.size);
  requireOneEach("tokenizer.ggml.token_type", source.tokenTypes, vocabulary.size);
  const defaults = DEFAULTS[source.model]!;
  const special = specialIds(source, defaults.special, vocabulary);
  const endOfMessage = idIn(vocabulary, "eom", source.eomId);
  const types = Int32Array.from(
    { length: vocabulary.size },
    (_, id) => source.tokenTypes?.[id] ?? TOKEN_TYPE.normal,
  );
  const endOfGeneration = endOfGenerationIds(vocabulary, special, [endOfMessage]);
  for (const id of endOfGeneration) {
    if (types[id] !== TOKEN_TYPE.unknown) types[id] = TOKEN_TYPE.control;
  }
  for (const text of SHOWN) {
    const id = vocabulary.ids.get(text);
    if (id !== undefined) types[id] = TOKEN_TYPE.userDefined;
  }
  const strip = stripping(source, vocabulary);
  const added: AddedToken[] = [];
  const control = new Set<number>();
  for (const [id, content] of vocabulary.texts.entries()) {
    if (types[id] === TOKEN_TYPE.byte && byteOfToken(content) === undefined) {
      throw new VocabularyError(
        `tokens[${id}]`,
        `is the byte token ${JSON.stringify(content)}, not of the form <0x0A>`,
      );
    }
    const isControl = types[id] === TOKEN_TYPE.control || types[id] === TOKEN_TYPE.unknown;
    if (isControl) control.add(id);
    if (!isControl && types[id] !== TOKEN_TYPE.userDefined) continue;
    const { left, right } = strip(id);
    added.push({
      id,
      content,
      special: isControl || SHOWN.has(content),
      leftStrip: left,
      rightStrip: right,
      singleWord: false,
    });
  }
  return { source, vocabulary, types, special, endOfGeneration, defaults, added, control };
}

function requireOneEach(field: string, values: ArrayLike<number> | undefined, count: number): void {
  if (values !== undefined && values.length < count) {
    throw new VocabularyError(field, `has ${values.length} entries for ${count} tokens`);
  }
}

const ABSENT = 0xffff_ffff;

/** @throws VocabularyError for an id that is neither absent nor a token's */
function idIn(vocabulary: Vocabulary, name: string, id: number | undefined): number | undefined {
  if (id === undefined || id === ABSENT || id === -1) return undefined;
  if (!Number.isInteger(id) || id < 0 || id >= vocabulary.size) {
    throw new VocabularyError(`the ${name} token id`, `is ${id}, not in [0, ${vocabulary.size})`);
  }
  return id;
}

function specialIds(source: GgufVocabulary, defaults: SpecialIds, vocabulary: Vocabulary): SpecialIds {
  const given: Readonly<Record<keyof SpecialIds, number | undefined>> = {
    bos: source.bosId,
    eos: source.eosId,
    eot: source.eotId,
    unk: source.unkId,
    pad: source.padId,
    sep: source.sepId,
    cls: source.clsId,
    mask: source.maskId,
  };
  const ids: { -readonly [name in keyof SpecialIds]: SpecialIds[name] } = {};
  for (const name of Object.keys(given) as (keyof SpecialIds)[]) {
    const id = given[name];
    const fallback = defaults[name];
    if (id === undefined) {
      if (fallback !== undefined && fallback < vocabulary.size) ids[name] = fallback;
      continue;
    }
    const checked = idIn(vocabulary, name, id);
    if (checked !== undefined) ids[name] = checked;
  }
  ids.eot ??= endOfTurnId(vocabulary);
  if (source.model === "bert") ids.cls ??= ids.bos;
  return ids;
}

/** Phi-3's and the mask token's white space (llama.cpp src/llama-vocab.cpp, "Handle per token attributes"). */
function stripping(source: GgufVocabulary, vocabulary: Vocabulary) {
  const name = (source.modelName ?? "").toLowerCase();
  const right = name.includes("phi-3") || name.includes("phi3");
  const plain = new Set(["<unk>", "<s>", "<|endoftext|>"]);
  const masked =
    /jina-v2-(de|es|code)/.test(source.pre ?? "") ||
    /nomic-bert-moe|jina-bert-v3/.test(source.architecture ?? "")
      ? "<mask>"
      : name.includes("modern-bert")
        ? "[MASK]"
        : undefined;
  return (id: number) => {
    const text = vocabulary.texts[id]!;
    return { left: text === masked, right: right && !plain.has(text) };
  };
}
