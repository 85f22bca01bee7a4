import { expect, test } from "bun:test";
import { join } from "node:path";
import * as surface from "../src/index.ts";

test("the package exports what its README lists", async () => {
  expect(Object.keys(surface).sort()).toEqual([
    ...["CharsmapError", "PRE_TOKENIZER_NAMES", "PatternError", "TokenIdError", "TokenizerError"],
    ...["TokenizerFileError", "UnknownKindError", "VocabularyError", "characterTokenizer", "ggufVocabulary"],
    ...["tokenizerFromGguf", "tokenizerFromSentencePiece", "tokenizerFromTokenizerJson"],
    ...["tokenizerFromVocabAndMerges", "tokenizerFromVocabTxt"],
  ]);
  const readme = await Bun.file(join(import.meta.dir, "../README.md")).text();
  for (const name of Object.keys(surface)) expect(readme).toContain(name);
});

test("the README's example gives what it says", () => {
  const vocab = { "[UNK]": 0, "▁a": 1, "▁": 2, a: 3, b: 4, "▁ab": 5 };
  const tokenizer = surface.tokenizerFromTokenizerJson({
    pre_tokenizer: { type: "Metaspace", prepend_scheme: "always" },
    model: { type: "BPE", vocab, merges: ["▁ a", "▁a b"], unk_token: "[UNK]" },
    decoder: { type: "Metaspace", prepend_scheme: "always" },
  });
  expect(tokenizer.encode("ab a")).toEqual([5, 1]);
  expect(tokenizer.decode([5, 1])).toBe("ab a");
});
