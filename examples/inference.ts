/** Ways to choose the next token. bun examples/inference.ts MODEL [PROMPT] */
import { type GenerateOptions, load } from "@realizar/llm";

const [model, prompt = "Once upon a time"] = process.argv.slice(2);
if (model === undefined) {
  console.error("usage: bun examples/inference.ts MODEL [PROMPT]");
  process.exit(2);
}

await using llm = await load(model);
const { architecture, layers, parameters } = llm.description;
console.log(`${architecture}, ${layers} layers, ${parameters.toLocaleString("en-US")} parameters`);

const WAYS: Readonly<Record<string, GenerateOptions>> = {
  greedy: { temperature: 0 },
  "top-k": { temperature: 0.8, topK: 5, topP: 1, minP: 0, seed: 42 },
  "top-p": { temperature: 0.7, topK: 0, topP: 0.9, minP: 0, seed: 123 },
  "with a stop text": { temperature: 0, stop: ["."] },
};

for (const [name, options] of Object.entries(WAYS)) {
  process.stdout.write(`\n${name}: ${prompt}`);
  let reason = "";
  const onDone = ({ finishReason }: { finishReason: string }) => {
    reason = finishReason;
  };
  for await (const { text } of llm.generate(prompt, { maxTokens: 40, ...options, onDone })) {
    process.stdout.write(text);
  }
  console.log(`\n  (${reason})`);
}

// What the model thinks may follow, with natural log-probabilities.
const ids = llm.tokenizer.encode(prompt);
const likeliest = (await llm.evaluate(ids, { topLogprobs: 3 })).at(-1)!;
console.log("\nlikeliest next tokens:");
for (const [id, logprob] of likeliest) {
  console.log(`  ${JSON.stringify(llm.tokenizer.tokenText(id))} ${(100 * Math.exp(logprob)).toFixed(1)} %`);
}
