/**
 * What llama.cpp's native build says of a model file: log-probabilities after each token and a greedy continuation, for
 * models that have no published reference.
 *
 *   bun bench/peers/oracle.ts FILE --tokens 1,448,43 [--top 8] [--prompt 8] [--greedy 24] [--kv-type f32]
 *   bun bench/peers/oracle.ts FILE --tokens 101,7592,102 --embedding
 */
import { parseArgs } from "node:util";
import { installPeers } from "./install.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: "string" },
    top: { type: "string", default: "8" },
    prompt: { type: "string", default: "8" },
    greedy: { type: "string", default: "24" },
    "kv-type": { type: "string", default: "f32" },
    embedding: { type: "boolean", default: false },
  },
});
const [file] = positionals;
if (file === undefined || values.tokens === undefined) {
  console.error("usage: bun bench/peers/oracle.ts FILE --tokens 1,448,43 [--greedy 24] [--embedding]");
  process.exit(2);
}
installPeers();
const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
type Llama = Awaited<ReturnType<typeof getLlama>>;
type Model = Awaited<ReturnType<Llama["loadModel"]>>;
type Context = Awaited<ReturnType<Model["createContext"]>>;
type Sequence = ReturnType<Context["getSequence"]>;
type Token = Sequence["contextTokens"][number];

const tokens = values.tokens.split(",").map(Number) as Token[];
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
console.log(JSON.stringify(values.embedding ? await embedding(model) : await logprobs(model)));
process.exit();

/** The pooled vector, of length 1 where the library normalizes it. It adds the model's own BOS and EOS where they lack. */
async function embedding(of: Model): Promise<object> {
  const context = await of.createEmbeddingContext({ contextSize: Math.max(64, tokens.length + 2) });
  const { vector } = await context.getEmbeddingFor(tokens);
  return { tokens, embedding: vector };
}

async function logprobs(of: Model): Promise<object> {
  const greedyLength = Number(values.greedy);
  const prompt = tokens.slice(0, Number(values.prompt));
  const kvType = values["kv-type"].toUpperCase() as "F32";
  const context = await of.createContext({
    contextSize: Math.max(64, tokens.length, prompt.length + greedyLength) + 8,
    batchSize: tokens.length,
    flashAttention: false,
    experimentalKvCacheKeyType: kvType,
    experimentalKvCacheValueType: kvType,
  });
  const sequence = context.getSequence();
  const rows = await topRows(sequence, tokens, Number(values.top));
  await sequence.clearHistory();
  return {
    tokens,
    top_logprobs: rows.map((top, pos) => ({ pos, top })),
    greedy: { prompt, tokens: await greedily(sequence, prompt, greedyLength) },
  };
}

/** The likeliest tokens after each token as [id, natural log-probability]. */
async function topRows(
  sequence: Sequence,
  ids: readonly Token[],
  count: number,
): Promise<[number, number][][]> {
  const found = await sequence.controlledEvaluate(
    ids.map((token) => [token, { generateNext: { logits: true } }]),
  );
  return found.map((item) => {
    const logits = [...item!.next.logits!].sort(([, a], [, b]) => b - a);
    const most = logits[0]![1];
    const sum = logits.reduce((total, [, logit]) => total + Math.exp(logit - most), 0);
    return logits
      .slice(0, count)
      .map(([id, logit]) => [id, Number((logit - most - Math.log(sum)).toFixed(5))]);
  });
}

async function greedily(sequence: Sequence, prompt: readonly Token[], count: number): Promise<number[]> {
  const made: number[] = [];
  if (count === 0) return made;
  for await (const token of sequence.evaluate([...prompt], { temperature: 0, yieldEogToken: true })) {
    made.push(token);
    if (made.length === count) break;
  }
  return made;
}
