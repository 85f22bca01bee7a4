import { spellBytes } from "../byte-alphabet.ts";
import { TokenizerFileError } from "../errors.ts";
import { SPACE_MARK } from "../normalizers/sentencepiece.ts";
import { splitBertWords } from "../pre-tokenizers/bert.ts";
import { gpt2Splitter } from "../pre-tokenizers/named.ts";
import { scriptSplitter } from "../pre-tokenizers/scripts.ts";
import {
  SPLIT_BEHAVIORS,
  type SplitBehavior,
  type Splitter,
  splitBefore,
  splitBy,
} from "../pre-tokenizers/split.ts";
import {
  booleanAt,
  buildKind,
  buildMembers,
  integerAt,
  type JsonObject,
  type Kinds,
  stringAt,
} from "./json.ts";
import { patternAt } from "./pattern.ts";

/** Splits a piece; `atStart` where nothing of the input comes before it. */
export type PieceSplitter = (text: string, atStart: boolean) => readonly string[];

export interface PreTokenizer {
  readonly steps: readonly PieceSplitter[];
  /** The last step spells its pieces in GPT-2's byte alphabet; it is left to the word model, which caches. */
  readonly byteLevelAtEnd: boolean;
}

/** A step, or the spelling of pieces in the byte alphabet. */
type Stage = PieceSplitter | "spell";

const PUNCTUATION = /[!-\/:-@\[-`\{-~\p{P}]/gv;
const SPACES = /\p{White_Space}+/gv;
/** Rust's `\w+|[^\w\s]+`. */
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gv;

const anywhere =
  (split: Splitter): PieceSplitter =>
  (text) =>
    split(text);

function behaviorAt(value: unknown, path: string, fallback?: SplitBehavior): SplitBehavior {
  const name = stringAt(value, path, fallback).toLowerCase().replaceAll("_", "") as SplitBehavior;
  if (!SPLIT_BEHAVIORS.includes(name)) throw new TokenizerFileError(path, `is "${name}", no known behavior`);
  return name;
}

/** `prepend_scheme`, or the older `add_prefix_space`. */
export function prependSchemeAt(node: JsonObject, path: string): "always" | "first" | "never" {
  const old = booleanAt(node.add_prefix_space, `${path}.add_prefix_space`, true) ? "always" : "never";
  const scheme = stringAt(node.prepend_scheme, `${path}.prepend_scheme`, old);
  if (scheme === "always" || scheme === "first" || scheme === "never") return scheme;
  throw new TokenizerFileError(`${path}.prepend_scheme`, `is "${scheme}", not always, first or never`);
}

const KINDS: Kinds<readonly Stage[]> = {
  Sequence: (node, path, depth) =>
    buildMembers(node.pretokenizers, `${path}.pretokenizers`, depth, stagesAt).flat(),
  BertPreTokenizer: () => [anywhere(splitBertWords)],
  Whitespace: () => [anywhere((text) => text.match(WORDS) ?? [])],
  WhitespaceSplit: () => [anywhere(splitBy(SPACES, "removed"))],
  Punctuation: (node, path) => [
    anywhere(splitBy(PUNCTUATION, behaviorAt(node.behavior, `${path}.behavior`, "isolated"))),
  ],
  Digits: (node, path) => [
    anywhere(
      splitBy(
        /\p{N}/gv,
        booleanAt(node.individual_digits, `${path}.individual_digits`, false) ? "isolated" : "contiguous",
      ),
    ),
  ],
  CharDelimiterSplit: (node, path) => [
    anywhere(splitBy(patternAt({ String: stringAt(node.delimiter, `${path}.delimiter`) }, path), "removed")),
  ],
  Split: (node, path) => [
    anywhere(
      splitBy(
        patternAt(node.pattern, `${path}.pattern`),
        behaviorAt(node.behavior, `${path}.behavior`),
        booleanAt(node.invert, `${path}.invert`, false),
      ),
    ),
  ],
  UnicodeScripts: () => [anywhere(scriptSplitter())],
  FixedLength(node, path) {
    const length = integerAt(node.length, `${path}.length`, 5);
    if (length === 0) throw new TokenizerFileError(`${path}.length`, "is 0");
    return [
      (text) => {
        const characters = [...text];
        const pieces: string[] = [];
        for (let i = 0; i < characters.length; i += length)
          pieces.push(characters.slice(i, i + length).join(""));
        return pieces;
      },
    ];
  },
  ByteLevel(node, path) {
    const prefix = booleanAt(node.add_prefix_space, `${path}.add_prefix_space`, true);
    const split = booleanAt(node.use_regex, `${path}.use_regex`, true) ? gpt2Splitter() : undefined;
    return [
      (text) => {
        const prefixed = prefix && text !== "" && !text.startsWith(" ") ? ` ${text}` : text;
        if (split) return split(prefixed);
        return prefixed === "" ? [] : [prefixed];
      },
      "spell",
    ];
  },
  Metaspace(node, path) {
    const mark = stringAt(node.replacement, `${path}.replacement`, SPACE_MARK);
    if (mark === "") throw new TokenizerFileError(`${path}.replacement`, "is empty");
    const scheme = prependSchemeAt(node, path);
    const split = booleanAt(node.split, `${path}.split`, true)
      ? (text: string) => splitBefore(text, mark)
      : (text: string) => [text];
    return [
      (text, atStart) => {
        if (text === "") return [];
        const marked = text.replaceAll(" ", mark);
        const prepend = !marked.startsWith(mark) && (scheme === "always" || (scheme === "first" && atStart));
        return split(prepend ? mark + marked : marked);
      },
    ];
  },
};

function stagesAt(value: unknown, path: string, depth: number): readonly Stage[] {
  return buildKind("pre_tokenizer", KINDS, value, path, depth);
}

/** @throws UnknownKindError, TokenizerFileError, PatternError */
export function preTokenizerAt(value: unknown, path = "pre_tokenizer"): PreTokenizer {
  const stages = stagesAt(value, path, 0);
  const byteLevelAtEnd = stages.at(-1) === "spell";
  const inside = byteLevelAtEnd ? stages.slice(0, -1) : stages;
  return {
    steps: inside.map((stage) => (stage === "spell" ? (text) => [spellBytes(text)] : stage)),
    byteLevelAtEnd,
  };
}

/** All steps as one. */
export function piecesOf(steps: readonly PieceSplitter[]): PieceSplitter {
  return (text, atStart) => {
    let pieces: readonly string[] = text === "" ? [] : [text];
    for (const split of steps) {
      if (pieces.length === 1) pieces = split(pieces[0]!, atStart);
      else {
        const finer: string[] = [];
        for (const [i, piece] of pieces.entries()) {
          for (const part of split(piece, atStart && i === 0)) finer.push(part);
        }
        pieces = finer;
      }
    }
    return pieces;
  };
}
