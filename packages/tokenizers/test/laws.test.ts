import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  characterTokenizer,
  TokenIdError,
  type Tokenizer,
  tokenizerFromGguf,
  tokenizerFromVocabTxt,
} from "../src/index.ts";
import { smallBert, smallByteLevel, smallSentencePiece, smallUnigram } from "./small-vocabularies.ts";

const LOSSLESS: Record<string, Tokenizer> = {
  "byte-level BPE": tokenizerFromGguf(smallByteLevel()),
  "byte-level BPE, llama-bpe": tokenizerFromGguf(
    smallByteLevel({ pre: "llama-bpe", addBos: true, addEos: true }),
  ),
  "SentencePiece BPE with bytes": tokenizerFromGguf(smallSentencePiece()),
  "SentencePiece BPE without prefix": tokenizerFromGguf(smallSentencePiece({ addSpacePrefix: false })),
};
const ALL: Record<string, Tokenizer> = {
  ...LOSSLESS,
  unigram: tokenizerFromGguf(smallUnigram()),
  WordPiece: tokenizerFromGguf(smallBert()),
  "vocab.txt": tokenizerFromVocabTxt("[UNK]\n[CLS]\n[SEP]\nhello\n##s\n"),
  characters: characterTokenizer("abc ", { special: { unk: "<?>" } }),
};

/** Texts with the words, controls and odd characters that matter here; lone surrogates too. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "hello",
        " world",
        "he",
        "ll",
        "  ",
        "\n",
        "<|endoftext|>",
        "<s>",
        "</s>",
        "<tool>",
        "[CLS]",
        "▁",
        "é",
        "漢",
        "👩‍👧",
      ),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.constantFrom("\ud800", "\udc00", "\0"),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(""));

describe("laws", () => {
  test.each(Object.keys(LOSSLESS))("%s: decode undoes encode", (name) => {
    const tokenizer = LOSSLESS[name]!;
    fc.assert(
      fc.property(text, (input) => {
        // SentencePiece spells a space as U+2581, so the mark itself comes back as a space.
        const expected = name.startsWith("Sentence") ? input.replaceAll("▁", " ") : input;
        expect(tokenizer.decode(tokenizer.encode(input))).toBe(expected.toWellFormed());
      }),
    );
  });

  test.each(Object.keys(LOSSLESS))("%s: ids of two texts in a row decode to both", (name) => {
    const tokenizer = LOSSLESS[name]!;
    const encode = (input: string) =>
      tokenizer.encode(input.replaceAll("▁", "-").toWellFormed(), { addSpecial: false });
    fc.assert(
      fc.property(text, text, (first, second) => {
        const ids = [...encode(first), ...encode(second)];
        expect(tokenizer.decode(ids)).toBe(
          tokenizer.decode(encode(first)) +
            tokenizer.decode(encode(second), { continuation: encode(first).length > 0 }),
        );
      }),
    );
  });

  test.each(Object.keys(ALL))("%s: encode accepts every string and stays within bounds", (name) => {
    const tokenizer = ALL[name]!;
    fc.assert(
      fc.property(text, fc.boolean(), (input, parseSpecial) => {
        const ids = tokenizer.encode(input, { addSpecial: false, parseSpecial });
        const bytes = new TextEncoder().encode(input).length;
        expect(ids.length).toBeLessThanOrEqual(bytes + 3); // a space mark in front is three bytes at most
        for (const id of ids) expect(tokenizer.tokenText(id)).toBeString();
        if (parseSpecial || tokenizer.special.unk !== undefined) return;
        for (const id of ids) expect(tokenizer.isSpecial(id)).toBeFalse();
      }),
    );
  });

  test.each(Object.keys(ALL))("%s: plain text never becomes a control token", (name) => {
    const tokenizer = ALL[name]!;
    const control = Array.from({ length: tokenizer.vocabSize }, (_, id) => id).filter(
      (id) => tokenizer.isSpecial(id) && id !== tokenizer.special.unk,
    );
    for (const id of control) {
      const plain = tokenizer.encode(`hello${tokenizer.tokenText(id)}`, { addSpecial: false });
      expect(plain).not.toContain(id);
      expect(tokenizer.encode(tokenizer.tokenText(id), { addSpecial: false, parseSpecial: true })).toEqual([
        id,
      ]);
    }
  });

  test.each(Object.keys(ALL))("%s: what is streamed is what is decoded", (name) => {
    const tokenizer = ALL[name]!;
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 30 });
    fc.assert(
      fc.property(ids, fc.boolean(), fc.boolean(), (sequence, skipSpecial, continuation) => {
        const options = { skipSpecial, continuation };
        const decoder = tokenizer.streamDecoder(options);
        for (let round = 0; round < 2; round++) {
          let streamed = "";
          for (const id of sequence) {
            const part = decoder.push(id);
            expect(part.isWellFormed()).toBeTrue();
            streamed += part;
          }
          streamed += decoder.flush();
          expect(streamed).toBe(tokenizer.decode(sequence, options));
        }
      }),
    );
  });

  test.each(Object.keys(LOSSLESS))("%s: token bytes in a row are the text's bytes", (name) => {
    const tokenizer = LOSSLESS[name]!;
    fc.assert(
      fc.property(text, (input) => {
        const ids = tokenizer.encode(input.replaceAll("▁", "-"), { addSpecial: false });
        const bytes = ids.flatMap((id) => [...tokenizer.tokenBytes(id)]);
        const whole = tokenizer.decode(ids, { continuation: true, skipSpecial: false });
        expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes))).toBe(whole);
      }),
    );
  });

  test("ids that are none are refused", () => {
    for (const tokenizer of Object.values(ALL)) {
      for (const id of [-1, 0.5, Number.NaN, tokenizer.vocabSize, 2 ** 40]) {
        expect(() => tokenizer.decode([id])).toThrow(TokenIdError);
        expect(() => tokenizer.tokenBytes(id)).toThrow(TokenIdError);
        expect(() => tokenizer.tokenText(id)).toThrow(TokenIdError);
        expect(() => tokenizer.streamDecoder().push(id)).toThrow(TokenIdError);
        expect(tokenizer.isSpecial(id)).toBeFalse();
      }
    }
  });

  test("what tokenBytes gives is the caller's own", () => {
    const tokenizer = ALL.characters!;
    tokenizer.tokenBytes(0)[0] = 0x7a;
    expect(tokenizer.decode([0])).toBe("a");
    expect([...tokenizer.tokenBytes(0)]).toEqual([0x61]);
  });

  test("the cache of words changes nothing, also when it overflows", () => {
    const tokenizer = tokenizerFromGguf(smallByteLevel());
    const words = Array.from({ length: 70_000 }, (_, i) => ` w${i}`).join("");
    const first = tokenizer.encode(words);
    expect(tokenizer.encode(words)).toEqual(first);
    expect(tokenizer.decode(first)).toBe(words);
  });

  test("a long word costs what its length says", () => {
    for (const tokenizer of Object.values(ALL)) {
      for (const letter of ["a", "h", " ", "1", "漢", "!"]) {
        const ids = tokenizer.encode(letter.repeat(30_000), { addSpecial: false });
        expect(ids.length).toBeLessThanOrEqual(30_000 * 3 + 3);
      }
    }
  });
});
