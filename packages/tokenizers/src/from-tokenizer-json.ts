import { type AddedToken, addedTokenSplitters } from "./added-tokens.ts";
import { spellBytes } from "./byte-alphabet.ts";
import { bytesThrough, chainSteps } from "./decoders/step.ts";
import { spacedStep, tidyTextStep } from "./decoders/steps.ts";
import { endOfGenerationIds, endOfTurnId } from "./end-of-generation.ts";
import { VocabularyError } from "./errors.ts";
import { tokenizerOf } from "./pipeline.ts";
import { wordsBySpaceMark } from "./space-runs.ts";
import type { SpecialIds, Tokenizer } from "./tokenizer.ts";
import { configOf, type TokenizerConfig } from "./tokenizer-json/config.ts";
import { decoderAt } from "./tokenizer-json/decoders.ts";
import { arrayAt, booleanAt, integerAt, type JsonObject, objectAt, stringAt } from "./tokenizer-json/json.ts";
import { modelAt } from "./tokenizer-json/models.ts";
import { normalizerAt } from "./tokenizer-json/normalizers.ts";
import { EMPTY_FRAME, type Frame, frameAt } from "./tokenizer-json/post-processors.ts";
import { piecesOf, preTokenizerAt } from "./tokenizer-json/pre-tokenizers.ts";
import { type Vocabulary, vocabularyFromEntries } from "./vocabulary.ts";
import { cachedByWord } from "./word-cache.ts";

export interface TokenizerJsonOptions {
  /** Ids beyond those the config names, such as the eos ids of generation_config.json. */
  readonly endOfGeneration?: readonly number[];
}

interface JsonAddedToken extends AddedToken {
  readonly normalized: boolean;
}

const encoder = new TextEncoder();
const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

/**
 * A tokenizer from a parsed tokenizer.json, as huggingface/tokenizers reads it.
 *
 * That library always finds added tokens in text; here control tokens ("special": true) are found with `parseSpecial`
 * only, the others always.
 *
 * @param config the parsed tokenizer_config.json: names special tokens, adds BOS and EOS for the Llama family
 * @throws UnknownKindError, TokenizerFileError, VocabularyError, PatternError, CharsmapError
 */
export function tokenizerFromTokenizerJson(
  json: unknown,
  config?: unknown,
  options: TokenizerJsonOptions = {},
): Tokenizer {
  const root = objectAt(json, "tokenizer.json");
  const added = isPresent(root.added_tokens)
    ? arrayAt(root.added_tokens, "added_tokens").map(addedTokenAt)
    : [];
  const control = new Set(added.filter((token) => token.special).map((token) => token.id));
  const model = modelAt(root.model, control);
  const vocabulary = withAdded(model.vocabulary, added);
  const settings = configOf(config, vocabulary);
  const special = specialIds(settings, vocabulary, model.unknownId);
  const frame = framed(root, settings, special, vocabulary);

  const normalize = isPresent(root.normalizer) ? normalizerAt(root.normalizer) : (text: string) => text;
  const preTokenizer = isPresent(root.pre_tokenizer) ? preTokenizerAt(root.pre_tokenizer) : undefined;
  const wholeText = model.cuttable
    ? wordsBySpaceMark(model.vocabulary.ids.keys())
    : (text: string) => (text === "" ? [] : [text]);
  const raw = added.filter((token) => !token.normalized);
  const normalized = added
    .filter((token) => token.normalized)
    .map((token) => ({ ...token, content: normalize(token.content) }));

  for (const id of options.endOfGeneration ?? []) {
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary.size) {
      throw new VocabularyError("an end-of-generation id", `is ${id}, not in [0, ${vocabulary.size})`);
    }
  }
  const spelled = preTokenizer?.byteLevelAtEnd ?? false;
  const decoder = isPresent(root.decoder)
    ? decoderAt(root.decoder)
    : { steps: spacedStep, tokenSteps: spacedStep };
  const tidy = settings.tidySpaces ? [tidyTextStep] : [];
  return tokenizerOf({
    vocabulary,
    special,
    control,
    endOfGeneration: endOfGenerationIds(vocabulary, special, options.endOfGeneration),
    segment: addedTokenSplitters(raw),
    normalize,
    segmentNormalized: addedTokenSplitters(normalized),
    split: preTokenizer ? piecesOf(preTokenizer.steps) : (text) => wholeText(text),
    encodeWord: cachedByWord(spelled ? (word) => model.encode(spellBytes(word)) : model.encode),
    before: frame.before,
    after: frame.after,
    tokenBytes: (id) =>
      control.has(id)
        ? encoder.encode(vocabulary.texts[id]!)
        : bytesThrough(decoder.tokenSteps, vocabulary.texts[id]!),
    decodes: "texts",
    decoder: chainSteps([decoder.steps, ...tidy]),
  });
}

function addedTokenAt(value: unknown, index: number): JsonAddedToken {
  const path = `added_tokens[${index}]`;
  const node = objectAt(value, path);
  const special = booleanAt(node.special, `${path}.special`, false);
  return {
    id: integerAt(node.id, `${path}.id`),
    content: stringAt(node.content, `${path}.content`),
    special,
    leftStrip: booleanAt(node.lstrip, `${path}.lstrip`, false),
    rightStrip: booleanAt(node.rstrip, `${path}.rstrip`, false),
    singleWord: booleanAt(node.single_word, `${path}.single_word`, false),
    normalized: booleanAt(node.normalized, `${path}.normalized`, !special),
  };
}

function withAdded(vocabulary: Vocabulary, added: readonly JsonAddedToken[]): Vocabulary {
  const entries = new Map(vocabulary.ids);
  for (const token of added) entries.set(token.content, token.id);
  const merged = vocabularyFromEntries(entries);
  // A text that occurs twice in a Unigram vocabulary has one entry by text; its other id still has a text.
  const size = Math.max(merged.size, vocabulary.size);
  const texts = Array.from({ length: size }, (_, id) => merged.texts[id] || (vocabulary.texts[id] ?? ""));
  return { size, texts, ids: merged.ids };
}

function specialIds(
  settings: TokenizerConfig,
  vocabulary: Vocabulary,
  unknownId: number | undefined,
): SpecialIds {
  const { special } = settings;
  const unk = special.unk ?? unknownId;
  const eot = special.eot ?? endOfTurnId(vocabulary);
  return {
    ...special,
    ...(unk === undefined ? {} : { unk }),
    ...(eot === undefined ? {} : { eot }),
  };
}

/** Classes whose add_bos_token and add_eos_token rewrite the post-processor (transformers, update_post_processor). */
const REWRITES_FRAME = /^(?:Code)?(?:Llama|Gemma|Cohere)\d*Tokenizer/;

function framed(
  root: JsonObject,
  settings: TokenizerConfig,
  special: SpecialIds,
  vocabulary: Vocabulary,
): Frame {
  const frame = isPresent(root.post_processor) ? frameAt(root.post_processor) : EMPTY_FRAME;
  for (const id of [...frame.before, ...frame.after]) {
    if (id >= vocabulary.size) throw new VocabularyError("post_processor", `uses the id ${id} of no token`);
  }
  if (!REWRITES_FRAME.test(settings.className)) return frame;
  return {
    before: rewritten(frame.before, settings.addBos, special.bos),
    after: rewritten(frame.after, settings.addEos, special.eos),
  };
}

function rewritten(
  ids: readonly number[],
  wanted: boolean | undefined,
  id: number | undefined,
): readonly number[] {
  if (wanted === undefined || id === undefined) return ids;
  const others = ids.filter((other) => other !== id);
  return wanted ? [id, ...others] : others;
}
