import { unspellBytes } from "../byte-alphabet.ts";
import { byteOfToken } from "../byte-tokens.ts";
import { eachPiece, firstAndRest, type StepFactory } from "./step.ts";
import { textGatherer } from "./utf8.ts";

const encoder = new TextEncoder();

/** Tokens in GPT-2's byte alphabet to their bytes; others are text (tokenizers' `ByteLevel` decoder). */
export const byteLevelStep: StepFactory = eachPiece((piece) =>
  typeof piece === "string" ? (unspellBytes(piece) ?? encoder.encode(piece)) : piece,
);

/** `<0x0A>` to its byte. */
export const byteFallbackStep: StepFactory = eachPiece((piece) => {
  const byte = typeof piece === "string" ? byteOfToken(piece) : undefined;
  return byte === undefined ? piece : Uint8Array.of(byte);
});

/** Everything behind sees one running text instead of tokens. */
export const fuseStep: StepFactory = (emit) => {
  const gatherer = textGatherer();
  const hand = (text: string) => {
    if (text !== "") emit(text);
  };
  return {
    push(piece) {
      gatherer.add(piece);
      hand(gatherer.take());
    },
    flush: () => hand(gatherer.finish()),
  };
};

/** Replaces inside each token. */
export function replaceStep(pattern: string | RegExp, content: string): StepFactory {
  return eachPiece((piece) => (typeof piece === "string" ? piece.replaceAll(pattern, () => content) : piece));
}

/** Replaces in the running text; what may yet match is held back (all of it, for a pattern). */
export function replaceFusedStep(pattern: string | RegExp, content: string): StepFactory {
  return (emit) => {
    let held = "";
    const mayMatch = (text: string): number => {
      if (typeof pattern !== "string") return text.length;
      for (let length = Math.min(pattern.length - 1, text.length); length > 0; length--) {
        if (text.endsWith(pattern.slice(0, length))) return length;
      }
      return 0;
    };
    return {
      push(piece) {
        held += piece;
        if (typeof pattern !== "string") return;
        const parts = held.split(pattern);
        held = parts.pop()!;
        const keep = mayMatch(held);
        const ready = parts.map((part) => part + content).join("") + held.slice(0, held.length - keep);
        held = held.slice(held.length - keep);
        if (ready !== "") emit(ready);
      },
      flush() {
        emit(held.replaceAll(pattern, () => content));
        held = "";
      },
    };
  };
}

const countAtStart = (text: string, content: string, limit: number): number => {
  let count = 0;
  while (count < limit && text.startsWith(content, count * content.length)) count++;
  return count;
};

const countAtEnd = (text: string, content: string, limit: number): number => {
  let count = 0;
  while (count < limit && text.endsWith(content, text.length - count * content.length)) count++;
  return count;
};

/** Takes up to `start` and `stop` times a character off the ends of each token. */
export function stripStep(content: string, start: number, stop: number): StepFactory {
  return eachPiece((piece) => {
    if (typeof piece !== "string") return piece;
    const rest = piece.slice(countAtStart(piece, content, start) * content.length);
    return rest.slice(0, rest.length - countAtEnd(rest, content, stop) * content.length);
  });
}

/** Takes up to `start` and `stop` times a character off the ends of the running text. */
export function stripFusedStep(content: string, start: number, stop: number): StepFactory {
  return (emit, { continuation }) => {
    let toStrip = continuation ? 0 : start;
    let held = ""; // characters at the end that may be stripped
    return {
      push(piece) {
        let text = held + piece;
        held = "";
        if (toStrip > 0) {
          const count = countAtStart(text, content, toStrip);
          text = text.slice(count * content.length);
          toStrip = text === "" ? toStrip - count : 0;
        }
        const keep = countAtEnd(text, content, stop) * content.length;
        held = text.slice(text.length - keep);
        if (text.length > keep) emit(text.slice(0, text.length - keep));
      },
      flush() {
        held = "";
        toStrip = continuation ? 0 : start;
      },
    };
  };
}

/** U+2581 to spaces, and none at all from the first token (tokenizers' `Metaspace` decoder). */
export function metaspaceStep(replacement: string, prepended: boolean): StepFactory {
  return firstAndRest((text, isFirst) => text.replaceAll(replacement, isFirst && prepended ? "" : " "));
}

/** The English clean-up of tokenizers' `WordPiece` decoder, inside one token with the space in front of it. */
export function tidyWord(text: string): string {
  return text
    .replaceAll(" .", ".")
    .replaceAll(" ?", "?")
    .replaceAll(" !", "!")
    .replaceAll(" ,", ",")
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" do not", " don't")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

/** Words get a space in front, continuing pieces lose their prefix. */
export function wordPieceStep(prefix: string, tidy: boolean): StepFactory {
  return firstAndRest((text, isFirst) => {
    if (isFirst) return tidy ? tidyWord(text) : text;
    const joined = text.startsWith(prefix) ? text.slice(prefix.length) : ` ${text}`;
    return tidy ? tidyWord(joined) : joined;
  });
}

/** A space in front of every token but the first: what stands in for a missing decoder. */
export const spacedStep: StepFactory = firstAndRest((text, isFirst) => (isFirst ? text : ` ${text}`));

/** The word-end suffix to a space, except behind the last token. */
export function bpeStep(suffix: string): StepFactory {
  return (emit) => {
    let pending = 0; // suffixes of the token before
    const release = (text: string) => {
      if (pending > 0) emit(text.repeat(pending));
      pending = 0;
    };
    return {
      push(piece) {
        if (typeof piece !== "string" || suffix === "") return emit(piece);
        release(" ");
        let text = piece;
        while (text.endsWith(suffix)) {
          pending++;
          text = text.slice(0, text.length - suffix.length);
        }
        emit(text.replaceAll(suffix, " "));
      },
      flush: () => release(""),
    };
  };
}

/** Connectionist temporal classification: repeats fall together, blanks fall out. */
export function ctcStep(blank: string, wordDelimiter: string, tidy: boolean): StepFactory {
  return (emit) => {
    let before: unknown;
    return {
      push(piece) {
        if (piece === before) return;
        before = piece;
        if (typeof piece !== "string") return emit(piece);
        let text = piece.replaceAll(blank, "");
        if (tidy) text = tidyWord(text).replaceAll(wordDelimiter, " ");
        if (text !== "") emit(text);
      },
      flush() {
        before = undefined;
      },
    };
  };
}

/** Takes one space off the very start. */
export const stripFirstSpaceStep: StepFactory = (emit, { continuation }) => {
  let atStart = !continuation;
  return {
    push(piece) {
      const strip =
        atStart && piece.length > 0 && (typeof piece === "string" ? piece[0] === " " : piece[0] === 0x20);
      if (piece.length > 0) atStart = false;
      emit(strip ? (typeof piece === "string" ? piece.slice(1) : piece.subarray(1)) : piece);
    },
    flush: () => {},
  };
};

const UNTIDY = / (?:([.?!,])|(') |(n't|'(?:m|s|ve|re)))/g;
const MAY_BE_UNTIDY = / (?:|n'?|'(?:v|r)?)$/;

/**
 * transformers' `clean_up_tokenization_spaces` on the running text: no space before English punctuation and
 * contractions. At most three characters are held back.
 */
export const tidyTextStep: StepFactory = (emit) => {
  let held = "";
  const hand = (text: string) => {
    if (text !== "") emit(text.replace(UNTIDY, "$1$2$3"));
  };
  return {
    push(piece) {
      const text = held + piece;
      let settled = 0; // behind the last complete match nothing before it can change
      for (const match of text.matchAll(UNTIDY)) settled = match.index + match[0].length;
      const cut = settled + (MAY_BE_UNTIDY.exec(text.slice(settled))?.index ?? text.length - settled);
      held = text.slice(cut);
      hand(text.slice(0, cut));
    },
    flush() {
      hand(held);
      held = "";
    },
  };
};
