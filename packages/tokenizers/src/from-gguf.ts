import { addedTokenSplitters } from "./added-tokens.ts";
import { spellBytes, unspellBytes } from "./byte-alphabet.ts";
import { byteOfToken, byteTokenIds } from "./byte-tokens.ts";
import { chainSteps, eachPiece } from "./decoders/step.ts";
import { stripFirstSpaceStep, tidyWord } from "./decoders/steps.ts";
import { UnknownKindError, VocabularyError } from "./errors.ts";
import { type CheckedVocabulary, checkedVocabulary } from "./gguf-checks.ts";
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
import type { GgufVocabulary, Tokenizer } from "./tokenizer.ts";
import { textIds } from "./vocabulary.ts";
import { cachedByWord } from "./word-cache.ts";

const KINDS: Readonly<Record<string, (checked: CheckedVocabulary) => Tokenizer>> = {
  llama: (checked) => sentencePiece(checked, "bpe"),
  t5: (checked) => sentencePiece(checked, "unigram"),
  bert,
  gpt2: byteLevelBpe,
  gemma4: byteLevelBpe,
};

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
  return build(checkedVocabulary(source));
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
  { source, vocabulary, types, special, endOfGeneration, defaults, added }: CheckedVocabulary,
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
}: CheckedVocabulary): Tokenizer {
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
      asked: source.model === "gemma4" ? undefined : source.addBos, // its files say false and mean true
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

function bert({
  source,
  vocabulary,
  special,
  endOfGeneration,
  added,
  control,
}: CheckedVocabulary): Tokenizer {
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
