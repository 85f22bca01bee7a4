import { engineInfo, PAGE_SIZE } from "@realizar/engine";
import { type OpenModel, type OpenOptions, openModel } from "@realizar/llm";

/** One measurement in llama-bench's terms: a prompt of so many tokens, or so many tokens one by one, at a depth. */
export interface SpeedTest {
  /** "pp128", "tg32", "tg32@d2000". */
  readonly name: string;
  readonly kind: "prompt" | "decode";
  readonly tokens: number;
  /** Tokens that the sequence holds beforehand. */
  readonly depth: number;
}

/** All prompt and decode lengths at all depths, shallow first; lengths of 0 are left out. */
export function speedTests(
  prompts: readonly number[],
  decodes: readonly number[],
  depths: readonly number[],
): SpeedTest[] {
  return [...new Set(depths)]
    .sort((a, b) => a - b)
    .flatMap((depth) => [
      ...prompts.filter((n) => n > 0).map((n) => test("prompt", n, depth)),
      ...decodes.filter((n) => n > 0).map((n) => test("decode", n, depth)),
    ]);
}

function test(kind: SpeedTest["kind"], tokens: number, depth: number): SpeedTest {
  const at = depth > 0 ? `@d${depth}` : "";
  return { name: `${kind === "prompt" ? "pp" : "tg"}${tokens}${at}`, kind, tokens, depth };
}

/** Context that the tests need. */
export function contextOf(tests: readonly SpeedTest[]): number {
  return Math.max(1, ...tests.map(({ tokens, depth }) => tokens + depth));
}

/** A loaded model that tokens are pushed through, without tokenizer, sampling or scheduler. */
export interface Subject {
  readonly model: OpenModel;
  readonly loadSeconds: number;
  /** Runs one test and gives its seconds. The depth is filled where the last run left it spoilt. */
  run(test: SpeedTest): Promise<number>;
  close(): void;
}

/** Loads a model for measuring. */
export async function openSubject(input: string | Uint8Array, options: OpenOptions): Promise<Subject> {
  const start = performance.now();
  const model = await openModel(input, options);
  const loadSeconds = (performance.now() - start) / 1000;
  const { runner } = model;
  const limit = engineInfo(runner, model.engineOptions).tokenBudget;
  // An encoder sees a text as a whole.
  const budget = model.description.causal ? limit : Number.POSITIVE_INFINITY;
  const pages = Int32Array.from({ length: Math.ceil(runner.contextSize / PAGE_SIZE) }, (_, i) => i);
  const tokenAt = randomTokens(runner.vocabSize);

  /** Positions from .. to - 1, at most `rows` a batch; the last row's logits are wanted. */
  const push = async (from: number, to: number, rows: number) => {
    for (let at = from; at < to; at += rows) {
      const n = Math.min(rows, to - at);
      const logits = runner.forward({
        tokens: Int32Array.from({ length: n }, (_, i) => tokenAt(at + i)),
        positions: Int32Array.from({ length: n }, (_, i) => at + i),
        sequences: new Int32Array(n),
        pageTables: [pages],
        logitRows: Int32Array.of(n - 1),
      });
      if (logits instanceof Promise) await logits;
    }
  };

  /** Positions 0 .. filled - 1 hold what a fill put there: every fill and every test writes the same token at a position. */
  let filled = 0;
  return {
    model,
    loadSeconds,
    async run({ kind, tokens, depth }) {
      if (filled < depth) await push(filled, depth, budget);
      const begin = performance.now();
      await push(depth, depth + tokens, kind === "prompt" ? budget : 1);
      const seconds = (performance.now() - begin) / 1000;
      filled = Math.max(filled, depth);
      return seconds;
    },
    close: model.close,
  };
}

/** A token for each position, the same every time: a multiplicative hash (Knuth, TAOCP 3, 6.4) of it. */
function randomTokens(vocabSize: number): (position: number) => number {
  return (position) => (Math.imul(position + 1, 0x9e3779b1) >>> 0) % vocabSize;
}

/** Mean and sample standard deviation; 0 deviation of a single value. */
export function meanAndDeviation(values: readonly number[]): { mean: number; stddev: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length < 2) return { mean, stddev: 0 };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, stddev: Math.sqrt(squares / (values.length - 1)) };
}
