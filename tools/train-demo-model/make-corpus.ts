/**
 * Makes the corpus: a tokenizer.json trained on it, its token ids for training, and texts held out.
 *
 *     bun tools/train-demo-model/make-corpus.ts OUT [--documents 40000] [--seed 1] [--vocabulary FILE]
 *
 * A tokenizer.json given as the vocabulary is taken as it is: a model trained with it can then go on with the new corpus.
 *
 * OUT/tokenizer.json, OUT/tokenizer_config.json   the vocabulary and the chat template
 * OUT/tokens.u16    token ids of all documents, one after another
 * OUT/weights.u8    1 for tokens that the model makes, 0 for those that it is given
 * OUT/ends.u32      where each document ends
 * OUT/held-out.*    the same for documents that no training sees
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { tokenizerFromTokenizerJson } from "@realizar/tokenizers";
import { type Document, document } from "./corpus/corpus.ts";
import { seeded } from "./corpus/expand.ts";
import { CHAT_TEMPLATE, END, ROLE_TOKENS, SPECIAL_TOKENS, VOCABULARY } from "./format.ts";
import { countWords, tokenizerJson, trainMerges } from "./tokenizer.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    documents: { type: "string", default: "40000" },
    seed: { type: "string", default: "1" },
    vocabulary: { type: "string" },
  },
});
const [out] = positionals;
if (out === undefined) {
  console.error(
    "usage: bun tools/train-demo-model/make-corpus.ts OUT [--documents 40000] [--seed 1] [--vocabulary FILE]",
  );
  process.exit(2);
}
mkdirSync(out, { recursive: true });

/** Documents that the vocabulary is trained on, and those held out. */
const VOCABULARY_DOCUMENTS = 6_000;
const HELD_OUT_DOCUMENTS = 300;

const textsOf = (made: Document): string[] =>
  "text" in made ? [made.text] : made.messages.map(({ content }) => content);

function documents(seed: number, count: number): Document[] {
  const random = seeded(seed);
  return Array.from({ length: count }, () => document(random));
}

const seed = Number(values.seed);

function trainedVocabulary(): object {
  const sample = documents(seed, VOCABULARY_DOCUMENTS);
  const merges = trainMerges(countWords(sample.flatMap(textsOf)), VOCABULARY - 256 - SPECIAL_TOKENS.length);
  return tokenizerJson(SPECIAL_TOKENS, merges);
}

const json = values.vocabulary === undefined ? trainedVocabulary() : await Bun.file(values.vocabulary).json();
await Bun.write(join(out, "tokenizer.json"), JSON.stringify(json));
await Bun.write(
  join(out, "tokenizer_config.json"),
  JSON.stringify({
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: END,
    eos_token: END,
    add_bos_token: false,
    chat_template: CHAT_TEMPLATE,
  }),
);

const tokenizer = tokenizerFromTokenizerJson(json as Parameters<typeof tokenizerFromTokenizerJson>[0]);
const idOf = new Map(SPECIAL_TOKENS.map((text, id) => [text, id]));

/** Ids and weights of a document: what the model makes is a story alone, and the assistant's words with their end. */
function encode(made: Document): [ids: number[], weights: number[]] {
  const ids: number[] = [];
  const weights: number[] = [];
  const put = (given: readonly number[], weight: number) => {
    for (const id of given) {
      ids.push(id);
      weights.push(weight);
    }
  };
  const end = idOf.get(END)!;
  if ("text" in made) put([...tokenizer.encode(made.text), end], 1);
  else
    for (const { role, content } of made.messages) {
      const weight = role === "assistant" ? 1 : 0;
      put([idOf.get(ROLE_TOKENS[role])!], 0);
      put([...tokenizer.encode(content), end], weight);
    }
  return [ids, weights];
}

async function write(prefix: string, first: number, count: number): Promise<void> {
  const random = seeded(first);
  let tokens = new Uint16Array(2 ** 20);
  let weights = new Uint8Array(2 ** 20);
  const ends: number[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const [ids, own] = encode(document(random));
    if (at + ids.length > tokens.length) {
      const [wider, widerWeights] = [new Uint16Array(tokens.length * 2), new Uint8Array(tokens.length * 2)];
      wider.set(tokens);
      widerWeights.set(weights);
      [tokens, weights] = [wider, widerWeights];
    }
    tokens.set(ids, at);
    weights.set(own, at);
    at += ids.length;
    ends.push(at);
  }
  await Bun.write(join(out!, `${prefix}tokens.u16`), tokens.subarray(0, at));
  await Bun.write(join(out!, `${prefix}weights.u8`), weights.subarray(0, at));
  await Bun.write(join(out!, `${prefix}ends.u32`), Uint32Array.from(ends));
  console.log(`${prefix || "training "}${count} documents, ${at} tokens`);
}

await write("", seed, Number(values.documents));
await write("held-out.", seed + 1_000_003, HELD_OUT_DOCUMENTS);
