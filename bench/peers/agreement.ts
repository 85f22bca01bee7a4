/**
 * Whether llama.cpp's native build says the same as this engine: greedy answers of a chat model to prompts of the demo
 * model's evaluation, token by token, from the same ids; and whether both cut the prompts into the same ids.
 *
 *   bun bench/peers/agreement.ts FILE [--prompts 50] [--tokens 20]
 */
import { parseArgs } from "node:util";
import { chatFormat, load } from "@realizar/llm";
import { storyPrompts } from "../../tools/train-demo-model/held-out-stories.ts";
import { OWN_WORDS } from "../../tools/train-demo-model/own-words.ts";
import { installPeers } from "./install.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    prompts: { type: "string", default: "50" },
    tokens: { type: "string", default: "20", description: "of each answer" },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error("usage: bun bench/peers/agreement.ts FILE [--prompts 50] [--tokens 20]");
  process.exit(2);
}
installPeers();
const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");

const count = Number(values.prompts);
const length = Number(values.tokens);
const questions = [
  ...storyPrompts("new pairs", Math.ceil(count / 2)).map(({ text }) => text),
  ...OWN_WORDS.map(({ prompt }) => prompt),
].slice(0, count);

await using llm = await load(file, { threads: 1 });
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: 1 });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
const context = await model.createContext({
  contextSize: llm.contextSize,
  threads: 1,
  flashAttention: false,
  experimentalKvCacheKeyType: "F32",
  experimentalKvCacheValueType: "F32",
});
const sequence = context.getSequence();

async function ours(prompt: readonly number[]): Promise<number[]> {
  const made: number[] = [];
  for await (const { tokenId } of llm.generate(prompt, { temperature: 0, maxTokens: length }))
    made.push(tokenId);
  return made;
}

async function theirs(prompt: readonly number[]): Promise<number[]> {
  const made: number[] = [];
  await sequence.clearHistory();
  for await (const token of sequence.evaluate(prompt as never, { temperature: 0 })) {
    made.push(token);
    if (made.length === length) break;
  }
  return made;
}

const format = chatFormat(llm.tokenizer, llm.chatTemplate ?? "");
let compared = 0;
let same = 0;
let texts = 0;
let cutAlike = 0;
for (const content of questions) {
  const { text, ids } = format.prompt([{ role: "user", content }]);
  const [mine, other] = [await ours(ids), await theirs(ids)];
  const tokens = Math.max(mine.length, other.length);
  const equal = Array.from({ length: tokens }, (_, i) => mine[i] === other[i]).filter(Boolean).length;
  compared += tokens;
  same += equal;
  if (equal === tokens) texts++;
  if (String(model.tokenize(text, true)) === String(ids)) cutAlike++;
}
console.log(`prompts cut into the same ids: ${cutAlike} of ${questions.length}`);
console.log(`tokens that agree: ${same} of ${compared} (${((100 * same) / compared).toFixed(1)} %)`);
console.log(`answers that agree whole: ${texts} of ${questions.length}`);
process.exit();
