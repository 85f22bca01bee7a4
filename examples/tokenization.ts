/** Three kinds of tokenizers made by hand, and that of a model. bun examples/tokenization.ts [MODEL] */
import { openTokenizer } from "@realizar/formats";
import {
  characterTokenizer,
  type Tokenizer,
  tokenizerFromGguf,
  tokenizerFromVocabAndMerges,
} from "@realizar/tokenizers";

const TEXT = "hello world";

/** Characters: one token a Unicode code point. */
const character = characterTokenizer("abcdefghijklmnopqrstuvwxyz ", { special: { unk: "<unk>" } });

/** Byte-level BPE: merges in order of rank. "Ġ" is GPT-2's letter for the space. */
const letters = ["h", "e", "l", "o", "Ġ", "w", "r", "d", "he", "ll", "hell", "hello", "Ġw", "or"];
const bpe = tokenizerFromVocabAndMerges(
  Object.fromEntries(letters.map((text, id) => [text, id])),
  ["h e", "l l", "he ll", "hell o", "Ġ w", "o r"],
  { preTokenizer: "gpt-2" },
);

/** SentencePiece: pieces with scores. "▁" is the space in front of a word. */
const pieces = [
  "<unk>",
  "<s>",
  "</s>",
  "▁",
  "h",
  "e",
  "l",
  "o",
  "w",
  "r",
  "d",
  "▁h",
  "▁he",
  "ll",
  "llo",
  "▁hello",
  "or",
];
const sentencePiece = tokenizerFromGguf({
  model: "llama",
  tokens: pieces,
  scores: Float32Array.from(pieces, (_, id) => -id),
  tokenTypes: Int32Array.from(pieces, (_, id) => [2, 3, 3][id] ?? 1),
  unkId: 0,
  bosId: 1,
  eosId: 2,
});

function show(name: string, tokenizer: Tokenizer): void {
  const ids = tokenizer.encode(TEXT, { addSpecial: false });
  console.log(`${name} (${tokenizer.vocabSize} tokens)`);
  console.log(`  ids      ${ids.join(" ")}`);
  console.log(`  tokens   ${ids.map((id) => JSON.stringify(tokenizer.tokenText(id))).join(" ")}`);
  console.log(`  decoded  ${tokenizer.decode(ids)}`);
}

show("characters", character);
show("byte-level BPE", bpe);
show("SentencePiece", sentencePiece);

const [model] = process.argv.slice(2);
if (model !== undefined) {
  const tokenizer = await openTokenizer(model);
  show(model, tokenizer);
  // A stream decoder never gives half a character, whatever tokens it is cut into.
  const stream = tokenizer.streamDecoder();
  const parts = tokenizer.encode("naïve 🦙", { addSpecial: false }).map((id) => stream.push(id));
  console.log(`  streamed ${JSON.stringify([...parts, stream.flush()])}`);
}
