import { getLlama, type LlamaContextSequence, LlamaLogLevel, type Token } from "node-llama-cpp";
import { type OpenEngine, ownPeakRss, type SpeedTest, tokenAt } from "../engine.ts";

/** llama.cpp's native build for this CPU. */
export const open: OpenEngine = async ({ file, threads, contextSize }) => {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
  const start = performance.now();
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const context = await model.createContext({ contextSize, batchSize: 512, threads });
  const sequence = context.getSequence();
  const loadSeconds = (performance.now() - start) / 1000;
  const tokens = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => tokenAt(from + i, VOCABULARY) as Token);
  return {
    loadSeconds,
    async run({ kind, tokens: count, depth }: SpeedTest) {
      await cutTo(sequence, depth);
      const held = sequence.contextTokens.length;
      if (held < depth) await sequence.evaluateWithoutGeneratingNewTokens(tokens(held, depth - held));
      if (kind === "decode") return decodeSpeed(sequence, tokens(depth, 1), count);
      const begin = performance.now();
      // The last token with its logits, as everywhere.
      await sequence.controlledEvaluate(lastOf(tokens(depth, count)));
      return (count * 1000) / (performance.now() - begin);
    },
    peakRssBytes: ownPeakRss,
    async close() {
      await context.dispose();
      await model.dispose();
      await llama.dispose();
    },
  };
};

/** Ids below this are in every vocabulary that is measured. */
const VOCABULARY = 32000;

async function cutTo(sequence: LlamaContextSequence, length: number): Promise<void> {
  const held = sequence.contextTokens.length;
  if (held > length) await sequence.eraseContextTokenRanges([{ start: length, end: held }]);
}

type Input = Parameters<LlamaContextSequence["controlledEvaluate"]>[0];

function lastOf(tokens: Token[]): Input {
  return tokens.map((token, i) =>
    i < tokens.length - 1 ? token : [token, { generateNext: { logits: { filter: { tokens: [token] } } } }],
  );
}

/** Decoding of `count` tokens after the first, greedily. */
async function decodeSpeed(sequence: LlamaContextSequence, first: Token[], count: number): Promise<number> {
  let begin = performance.now();
  let made = 0;
  for await (const _ of sequence.evaluate(first, { temperature: 0, yieldEogToken: true })) {
    if (made === 0) begin = performance.now();
    if (made++ === count) break;
  }
  const milliseconds = performance.now() - begin;
  if (made !== count + 1) throw new Error(`asked for ${count + 1} tokens, got ${made}`);
  return (count * 1000) / milliseconds;
}
