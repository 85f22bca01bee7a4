import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { chainSteps, type Piece, type StepFactory } from "../../src/decoders/step.ts";
import {
  bpeStep,
  byteFallbackStep,
  byteLevelStep,
  ctcStep,
  fuseStep,
  metaspaceStep,
  replaceFusedStep,
  replaceStep,
  spacedStep,
  stripFirstSpaceStep,
  stripFusedStep,
  stripStep,
  tidyTextStep,
  wordPieceStep,
} from "../../src/decoders/steps.ts";
import { textGatherer } from "../../src/decoders/utf8.ts";

function run(factory: StepFactory, pieces: readonly Piece[], continuation = false): string {
  const gatherer = textGatherer();
  const step = factory(gatherer.add, { continuation });
  for (const piece of pieces) step.push(piece);
  step.flush();
  return gatherer.finish();
}

/** Any way to cut a text into pieces gives the same text. */
function isBlindToCuts(factory: StepFactory, whole: (text: string) => string, alphabet: string[]): void {
  const pieces = fc.array(
    fc.array(fc.constantFrom(...alphabet), { maxLength: 4 }).map((letters) => letters.join("")),
  );
  fc.assert(
    fc.property(pieces, (cut) => {
      expect(run(factory, cut)).toBe(whole(cut.join("")));
    }),
  );
}

describe("steps on tokens", () => {
  test.each<[string, StepFactory, Piece[], string]>([
    ["byte level", byteLevelStep, ["Ġh", "Ã", "©", "<a b>"], " hé<a b>"],
    ["byte fallback", byteFallbackStep, ["a", "<0xC3>", "<0xA9>", "<0xc3>", "<0xG0>"], "aé\ufffd<0xG0>"],
    ["replace", replaceStep("▁", " "), ["▁a▁", "b"], " a b"],
    ["replace by pattern", replaceStep(/\d/gv, "$&"), ["a1", "2"], "a$&$&"],
    ["strip", stripStep(" ", 1, 1), ["  a  ", "b ", " "], " a b"],
    ["metaspace", metaspaceStep("▁", true), ["▁a▁b", "▁c"], "ab c"],
    ["metaspace without prefix", metaspaceStep("▁", false), ["▁a", "▁c"], " a c"],
    ["WordPiece", wordPieceStep("##", false), ["##un", "##able", "a", "."], "##unable a ."],
    ["WordPiece, tidy", wordPieceStep("##", true), ["a", "n't", ".", "do not", "!"], "an't. don't!"],
    ["no decoder", spacedStep, ["a", "b"], "a b"],
    ["BPE", bpeStep("</w>"), ["a", "b</w>", "c</w>d", "e</w>"], "ab c de"],
    ["BPE without suffix", bpeStep(""), ["a", "b"], "ab"],
    ["CTC", ctcStep("<pad>", "|", true), ["a", "a", "<pad>", "a", "|", "b", "b"], "aa b"],
    ["CTC, untidied", ctcStep("<pad>", "|", false), ["a", "|", "|"], "a|"],
    ["first space", stripFirstSpaceStep, ["", " a", " b"], "a b"],
    ["first space in bytes", stripFirstSpaceStep, [Uint8Array.of(32, 97), Uint8Array.of(32)], "a "],
  ])("%s", (_, factory, pieces, expected) => {
    expect(run(factory, pieces)).toBe(expected);
  });

  test("bytes pass steps for text unharmed", () => {
    const bytes = Uint8Array.of(0xc3, 0xa9);
    const steps = [byteLevelStep, byteFallbackStep, replaceStep("a", "b"), stripStep(" ", 1, 1), spacedStep];
    for (const step of [...steps, bpeStep("x"), ctcStep("a", "b", true)])
      expect(run(step, [bytes])).toBe("é");
  });

  test("a continuation has no first token", () => {
    expect(run(metaspaceStep("▁", true), ["▁a"], true)).toBe(" a");
    expect(run(stripFirstSpaceStep, [" a"], true)).toBe(" a");
    expect(run(wordPieceStep("##", true), ["a"], true)).toBe(" a");
    expect(run(stripFusedStep(" ", 1, 0), [" a"], true)).toBe(" a");
  });
});

describe("steps on running text", () => {
  test("replace", () => {
    isBlindToCuts(replaceFusedStep("aab", "X"), (text) => text.replaceAll("aab", "X"), ["a", "b"]);
    isBlindToCuts(replaceFusedStep(/a+b/gv, "X"), (text) => text.replace(/a+b/g, "X"), ["a", "b"]);
  });
  test("strip", () => {
    isBlindToCuts(stripFusedStep(" ", 2, 1), (text) => text.replace(/^ {0,2}/, "").replace(/ ?$/, ""), [
      " ",
      "a",
    ]);
  });
  test("tidy", () => {
    expect(run(tidyTextStep, ["a .", " b", " n", "'t", " ' ", " '", "s", " x '"])).toBe("a. bn't''s x '");
    const whole = (text: string) => run(tidyTextStep, [text]);
    isBlindToCuts(tidyTextStep, whole, [" ", ".", "'", "n", "t", "s", "v", "e", "x"]);
  });
  test("fuse joins bytes to characters", () => {
    const seen: Piece[] = [];
    const step = chainSteps([byteFallbackStep, fuseStep])((piece) => seen.push(piece), {
      continuation: false,
    });
    for (const piece of ["a", "<0xC3>", "<0xA9>", "<0xF0>"]) step.push(piece);
    step.flush();
    expect(seen).toEqual(["a", "é", "\ufffd"]);
  });
});

describe("textGatherer", () => {
  test("what is taken bit by bit is what the bytes decode to", () => {
    const chunk = fc.oneof(
      fc.uint8Array({ maxLength: 5 }),
      fc.string({ unit: "binary" }).map((s) => s.toWellFormed()),
    );
    fc.assert(
      fc.property(fc.array(chunk), (chunks) => {
        const gatherer = textGatherer();
        let taken = "";
        for (const piece of chunks) {
          gatherer.add(piece);
          taken += gatherer.take();
        }
        taken += gatherer.finish();
        const whole = textGatherer();
        for (const piece of chunks) whole.add(piece);
        expect(taken).toBe(whole.finish());
      }),
    );
  });
  test("one character byte by byte", () => {
    const gatherer = textGatherer();
    const taken = [...new TextEncoder().encode("é😀")].map((byte) => {
      gatherer.add(Uint8Array.of(byte));
      return gatherer.take();
    });
    expect(taken).toEqual(["", "é", "", "", "", "😀"]);
  });
  test("long runs of bytes", () => {
    const gatherer = textGatherer();
    gatherer.add(new TextEncoder().encode("é".repeat(500)));
    expect(gatherer.finish()).toBe("é".repeat(500));
  });
});
