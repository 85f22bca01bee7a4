import { type AddedToken, addedTokenSplitters } from "./added-tokens.ts";
import { spellBytes, unspellBytes } from "./byte-alphabet.ts";
import { byteOfToken, byteTokenIds } from "./byte-tokens.ts";
import { chainSteps, eachPiece } from "./decoders/step.ts";
import { stripFirstSpaceStep, tidyWord } from "./decoders/steps.ts";
import { endOfGenerationIds, endOfTurnId } from "./end-of-generation.ts";
import { UnknownKindError, VocabularyError } from "./errors.ts";
import { bpe } from "./models/bpe.ts";
import { resolveMerges, splitMerge } from "./models/merge-list.ts";
import { wordPiece } from "./models/wordpiece.ts";
import { bertNormalizer } from "./normalizers/bert.ts";
import { SPACE_MARK } from "./normalizers/sentencepiece.ts";
import { tokenizerOf } from "./pipeline.ts";
import { splitBertWords } from "./pre-tokenizers/bert.ts";
import { namedPreTokenizer } from "./pre-tokenizers/named.ts";
import { tokenizerFromModel } from "./sentencepiece-model.ts";
import { wordsBySpaceMark } from "./space-runs.ts";
import { TOKEN_TYPE } from "./token-attributes.ts";
import type { GgufVocabulary, SpecialIds, Tokenizer } from "./tokenizer.ts";
import { textIds, type Vocabulary, vocabularyFromList } from "./vocabulary.ts";
import { cachedByWord } from "./word-cache.ts";

/** What a kind of vocabulary takes for granted where the file is silent (llama.cpp src/llama-vocab.cpp, load). */
interface Defaults {
  readonly special: SpecialIds;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

const DEFAULTS: Readonly<Record<string, Defaults>> = {
  llama: { special: { bos: 1, eos: 2, unk: 0 }, addBos: true, addEos: false },
  t5: { special: { eos: 1, unk: 2, pad: 0 }, addBos: false, addEos: true },
  bert: { special: { bos: 101, unk: 100, sep: 102, pad: 0, mask: 103 }, addBos: true, addEos: false },
  gpt2: { special: {}, addBos: false, addEos: false },
  gemma4: { special: {}, addBos: true, addEos: false },
};

/** Everything the kinds need, checked. */
interface Checked {
  readonly source: GgufVocabulary;
  readonly vocabulary: Vocabulary;
  readonly types: ArrayLike<number>;
  readonly special: SpecialIds;
  readonly endOfGeneration: ReadonlySet<number>;
  readonly defaults: Defaults;
  readonly added: readonly AddedToken[];
  readonly control: ReadonlySet<number>;
}

const KINDS: Readonly<Record<string, (checked: Checked) => Tokenizer>> = {
  llama: (checked) => sentencePiece(checked, "bpe"),
  t5: (checked) => sentencePiece(checked, "unigram"),
  bert,
  gpt2: byteLevelBpe,
  gemma4: byteLevelBpe,
};

/** Texts of tokens that models emit as a part of their answer although files mark them as control tokens (harmony). */
const SHOWN = new Set(["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"]);

/**
 * A tokenizer from the `tokenizer.ggml.*` keys of a GGUF file, as llama.cpp reads them.
 *
 * @throws UnknownKindError for a `model` or `pre` this package does not know
 * @throws VocabularyError, CharsmapError where the parts contradict each other
 */
export function tokenizerFromGguf(source: GgufVocabulary): Tokenizer {
  const build = Object.hasOwn(KINDS, source.model) ? KINDS[source.model] : undefined;
  if (!build) {
    throw new UnknownKindError(
      "tokenizer.ggml.model",
      String(source.model),
      `Known are ${Object.keys(KINDS).join(", ")}. Convert the model with one of these, or load its tokenizer.json.`,
    );
  }
  return build(check(source));
}

function check(source: GgufVocabulary): Checked {
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
    added.push({ id, content, special: isControl, leftStrip: left, rightStrip: right, singleWord: false });
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

/** One end of the frame: whether the file asks for it, whether its kind does where the file is silent, and the id. */
interface Mark {
  readonly name: string;
  readonly asked: boolean | undefined;
  readonly fallback: boolean;
  readonly id: number | undefined;
}

/** The ids at one end. @throws VocabularyError where the file asks for one that it does not name */
function frame(...marks: readonly Mark[]): number[] {
  const ids: number[] = [];
  for (const { name, asked, fallback, id } of marks) {
    if (!(asked ?? fallback)) continue;
    if (id !== undefined) ids.push(id);
    else if (asked)
      throw new VocabularyError(`add_${name}_token`, `is set, but there is no ${name} token id`);
  }
  return ids;
}

function sentencePiece(
  { source, vocabulary, types, special, endOfGeneration, defaults, added }: Checked,
  algorithm: "bpe" | "unigram",
) {
  const strips = new Map(added.map((token) => [token.id, token]));
  const hasBytes = types.length > 0 && byteTokenIds((text) => vocabulary.ids.get(text)) !== undefined;
  return tokenizerFromModel({
    algorithm,
    vocabulary,
    scores: source.scores ?? new Float32Array(vocabulary.size),
    types,
    special,
    endOfGeneration,
    ...(algorithm === "unigram" && source.precompiledCharsmap
      ? { precompiledCharsmap: source.precompiledCharsmap }
      : {}),
    addDummyPrefix: source.addSpacePrefix ?? true,
    removeExtraSpaces: algorithm === "unigram" && (source.removeExtraWhitespaces ?? false),
    escapeSpaces: true,
    spaceAsSuffix: false,
    byteFallback: hasBytes,
    before: frame({ name: "bos", asked: source.addBos, fallback: defaults.addBos, id: special.bos }),
    after: frame({ name: "eos", asked: source.addEos, fallback: defaults.addEos, id: special.eos }),
    stripping: (id) => ({
      left: strips.get(id)?.leftStrip ?? false,
      right: strips.get(id)?.rightStrip ?? false,
    }),
  });
}

const encoder = new TextEncoder();

function byteLevelBpe({
  source,
  vocabulary,
  types,
  special,
  endOfGeneration,
  defaults,
  added,
  control,
}: Checked): Tokenizer {
  const named = namedPreTokenizer(source.model === "gemma4" ? "gemma4" : (source.pre ?? "default"));
  if (!Array.isArray(source.merges)) throw new VocabularyError("tokenizer.ggml.merges", "is missing");
  const merges = resolveMerges(
    vocabulary,
    source.merges.map((line: unknown, index) => {
      if (typeof line !== "string")
        throw new VocabularyError(`tokenizer.ggml.merges[${index}]`, "is not a string");
      return splitMerge(line, index);
    }),
    control,
  );
  const byteTokens = named.byteLevel ? undefined : byteTokenIds((text) => vocabulary.ids.get(text));
  const encode = bpe({
    vocabulary,
    merges,
    ignoreMerges: named.ignoreMerges,
    control,
    unknownId: special.unk,
    byteTokens,
  });
  const wordsOf = wordsBySpaceMark(vocabulary.texts);
  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration,
    segment: addedTokenSplitters(added),
    normalize: named.byteLevel ? (text) => text : (text) => text.replaceAll(" ", SPACE_MARK),
    split: named.byteLevel ? named.split : (text) => named.split(text).flatMap(wordsOf),
    encodeWord: cachedByWord(named.byteLevel ? (word) => encode(spellBytes(word)) : encode),
    before: frame({
      name: "bos",
      asked: source.addBos,
      fallback: named.addBos || defaults.addBos,
      id: special.bos,
    }),
    after: frame(
      { name: "eos", asked: source.addEos, fallback: defaults.addEos, id: special.eos },
      { name: "sep", asked: source.addSep, fallback: named.addSep, id: special.sep },
    ),
    tokenBytes(id) {
      const text = vocabulary.texts[id]!;
      const type = types[id]!;
      if (control.has(id) || type === TOKEN_TYPE.userDefined) return encoder.encode(text);
      if (type === TOKEN_TYPE.byte) return Uint8Array.of(byteOfToken(text)!);
      if (!named.byteLevel) return encoder.encode(text.replaceAll(SPACE_MARK, " "));
      return unspellBytes(text) ?? encoder.encode(text);
    },
    decodes: "bytes",
    decoder: chainSteps([]),
  });
}

function bert({ source, vocabulary, special, endOfGeneration, added, control }: Checked): Tokenizer {
  if (special.unk === undefined) throw new VocabularyError("the unknown token", "is missing");
  const lowercase = source.lowercase ?? true;
  const encode = wordPiece({
    ids: textIds(vocabulary, control),
    unknownId: special.unk,
    continuingPrefix: "",
  });
  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration,
    segment: addedTokenSplitters(added),
    normalize: bertNormalizer({
      cleanText: true,
      spaceChinese: true,
      stripAccents: source.stripAccents ?? lowercase,
      lowercase,
    }),
    split: splitBertWords,
    encodeWord: cachedByWord((word) => encode(SPACE_MARK + word)),
    before: frame({ name: "bos", asked: source.addBos, fallback: true, id: special.cls ?? special.bos }),
    after: frame({ name: "sep", asked: source.addSep, fallback: true, id: special.sep }),
    tokenBytes: (id) => encoder.encode(vocabulary.texts[id]!.replaceAll(SPACE_MARK, " ")),
    decodes: "texts",
    decoder: chainSteps([
      eachPiece((piece) => tidyWord((piece as string).replaceAll(SPACE_MARK, " "))),
      stripFirstSpaceStep,
    ]),
  });
}
