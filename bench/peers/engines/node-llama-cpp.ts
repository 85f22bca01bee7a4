import { getLlama, type LlamaContextSequence, LlamaLogLevel, type Token } from "node-llama-cpp";
import { type OpenEngine, ownPeakRss, type SpeedTest, tokenAt } from "../engine.ts";

/** llama.cpp's native build for this CPU. */
export const open: OpenEngine = async ({ file, threads, contextSize, sequences = 1 }) => {
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
  const start = performance.now();
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  const context = await model.createContext({ contextSize, batchSize: 512, threads, sequences });
  const all = Array.from({ length: sequences }, () => context.getSequence());
  const sequence = all[0]!;
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
    async together(count) {
      for (const each of all) await cutTo(each, 0);
      // Prompts of their own, and the first token of each, come before the clock starts.
      const runs = all.map((each, s) =>
        each.evaluate(tokens(1000 * s, 8), { temperature: 0, yieldEogToken: true }),
      );
      await Promise.all(runs.map((run) => run.next()));
      const begin = performance.now();
      await Promise.all(
        runs.map(async (run) => {
          for (let made = 0; made < count; made++)
            if ((await run.next()).done) throw new Error(`asked for ${count} tokens, got ${made}`);
        }),
      );
      const rate = (count * all.length * 1000) / (performance.now() - begin);
      for (const run of runs) await run.return(undefined as never);
      return rate;
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
