import { openCheckpoint } from "@realizar/formats";
import { defaultThreads } from "@realizar/llm";
import { prepareModel } from "@realizar/model";
import { collectGarbage } from "../collect-bun.ts";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { bytesText, progressBar } from "../progress.ts";
import { contextOf, meanAndDeviation, openSubject, type SpeedTest, speedTests } from "../speed.ts";

export interface BenchFlags {
  readonly nPrompt: readonly number[];
  readonly nGen: readonly number[];
  readonly nDepth: readonly number[];
  readonly threads?: readonly number[];
  readonly repetitions: number;
  readonly kvType?: "f32" | "f16" | "q8_0" | "q16";
  readonly output: "table" | "json";
}

/** One line of the result. */
export interface BenchResult {
  readonly test: string;
  readonly threads: number;
  /** Mean over the repetitions. */
  readonly tokensPerSecond: number;
  /** Sample standard deviation of the same. */
  readonly stddev: number;
  readonly loadSeconds: number;
  /** Most memory this process has held so far. */
  readonly peakRssBytes: number;
}

/**
 * Measures speed in llama-bench's conventions: tokens a second of prompts (pp) and of decoding (tg), without tokenizer
 * and sampler, after a warm-up run of each test. The model is loaded once for each number of threads.
 */
export async function bench(io: Io, model: string, flags: BenchFlags): Promise<void> {
  const asked = speedTests(flags.nPrompt, flags.nGen, flags.nDepth);
  const { tests, title } = await fitting(io, model, asked);
  const results: BenchResult[] = [];
  const table = flags.output === "table";
  if (table) io.out(`${title}\n${HEAD}`);
  for (const threads of flags.threads ?? [defaultThreads()]) {
    await measure(io, model, threads, flags, tests, (result) => {
      results.push(result);
      if (table) io.out(row(result));
    });
    // The next model's peak is its own.
    for (let i = 0; i < 2; i++) {
      await turn();
      collectGarbage();
    }
  }
  if (!table) io.out(`${JSON.stringify(results)}\n`);
}

/** Loads the model and runs the tests with one number of threads. */
async function measure(
  io: Io,
  model: string,
  threads: number,
  { kvType, repetitions }: BenchFlags,
  tests: readonly SpeedTest[],
  tell: (result: BenchResult) => void,
): Promise<void> {
  io.signal.throwIfAborted();
  const bar = progressBar(io, "loading");
  const subject = await openSubject(model, {
    threads,
    kvType,
    contextSize: contextOf(tests),
    signal: io.signal,
    onProgress: ({ loadedBytes, totalBytes }) => bar.update(loadedBytes, totalBytes),
  }).finally(bar.end);
  try {
    for (const test of tests) {
      const speeds: number[] = [];
      for (let i = -1; i < repetitions; i++) {
        await turn();
        io.signal.throwIfAborted();
        const seconds = await subject.run(test);
        if (i >= 0) speeds.push(test.tokens / seconds);
      }
      const { mean, stddev } = meanAndDeviation(speeds);
      tell({
        test: test.name,
        threads: subject.model.threads,
        tokensPerSecond: mean,
        stddev,
        loadSeconds: subject.loadSeconds,
        peakRssBytes: peakRssBytes(),
      });
    }
  } finally {
    subject.close();
  }
}

/** The least that a model can be prepared for: only its description is wanted. */
const PLAN = { kvType: "f32", pages: 1, maxRows: 1, maxOutputRows: 1 } as const;

/** The tests that make sense for the model, and a line about it. @throws UsageError where its context is too short */
async function fitting(
  io: Io,
  model: string,
  asked: readonly SpeedTest[],
): Promise<{ tests: readonly SpeedTest[]; title: string }> {
  const checkpoint = await openCheckpoint(model);
  try {
    const { description } = await prepareModel(checkpoint, PLAN);
    const { causal, contextSize } = description;
    const tests = causal ? asked : asked.filter(({ kind, depth }) => kind === "prompt" && depth === 0);
    if (tests.length < asked.length)
      io.err("the model is an encoder: only prompt tests without depth are run\n");
    if (tests.length === 0) throw new UsageError("nothing to measure: give -p or -n a length above 0");
    const tooLong = tests.find(({ tokens, depth }) => tokens + depth > contextSize);
    if (tooLong !== undefined)
      throw new UsageError(
        `${tooLong.name} needs ${tooLong.tokens + tooLong.depth} tokens of context and the model has ${contextSize}: give smaller -p, -n or -d`,
      );
    const name = String(checkpoint.metadata.get("general.name") ?? model);
    return { tests, title: `${name}: ${checkpoint.architecture}, ${bytesText(checkpoint.byteLength)}` };
  } finally {
    checkpoint.close();
  }
}

/** Lets signals and timers have their turn between measurements. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `ru_maxrss`, which Node and Bun give in kilobytes on every system. */
function peakRssBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const HEAD = `${"test".padEnd(14)} ${"threads".padStart(7)} ${"tokens/s".padStart(20)} ${"load".padStart(8)} ${"peak RSS".padStart(10)}\n`;

function row({ test, threads, tokensPerSecond, stddev, loadSeconds, peakRssBytes }: BenchResult): string {
  const speed = `${tokensPerSecond.toFixed(2)} ± ${stddev.toFixed(2)}`;
  return `${test.padEnd(14)} ${String(threads).padStart(7)} ${speed.padStart(20)} ${`${loadSeconds.toFixed(2)} s`.padStart(8)} ${bytesText(peakRssBytes).padStart(10)}\n`;
}
