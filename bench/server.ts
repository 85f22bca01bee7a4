/**
 * The server's speed over loopback, each server in a process of its own, with a load that is bounded.
 *
 *   bun bench/server.ts MODEL.gguf [--tests streams,overhead,turn,health,gap] [--threads 1,2] [-r 3] [-o table|json]
 *
 * - streams: eight streams' total tokens/s against one stream's, and the same of bare forward passes
 * - overhead: one stream's tokens/s against the library's `generate` and against bare forward passes
 * - turn: time to first token of a prompt whose first 1,000 tokens are cached, against one with none cached
 * - health: time of GET /health while eight streams run
 * - gap: time between two tokens of four streams while a prompt of 2,000 tokens comes in, against before
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { PAGE_SIZE } from "@realizar/engine";
import { load, openModel } from "@realizar/llm";
import { machine } from "./machine.ts";

const MAIN = new URL("../apps/cli/src/main.ts", import.meta.url).pathname;
const STREAMS = 8;

export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Stops it by SIGTERM and gives its exit status. */
  stop(): Promise<number>;
}

/** `realizar serve`; resolves once the model is loaded. */
export async function startServer(
  model: string,
  threads: number,
  ...flags: string[]
): Promise<ServerProcess> {
  const asked = ["--model", `model=${model}`, "--port", "0", "--threads", `${threads}`, "--grace", "5"];
  const child = Bun.spawn([process.execPath, MAIN, "serve", ...asked, ...flags], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let said = "";
  const decoder = new TextDecoder();
  const reader = child.stdout.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the server of ${model} did not start`);
    said += decoder.decode(value, { stream: true });
    const url = /address\s+(http\S+)\n/.exec(said)?.[1];
    if (url === undefined) continue;
    return {
      url,
      pid: child.pid,
      stop() {
        child.kill("SIGTERM");
        return child.exited;
      },
    };
  }
}

/** A generation as its client saw it: when it was asked and when each piece of text came, in ms. */
interface Seen {
  readonly asked: number;
  readonly arrivals: number[];
}

export const post = (url: string, body: object, signal?: AbortSignal): Promise<Response> =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });

/** Streams a greedy completion of token ids into `seen` until its end or the signal. */
async function stream(
  { url }: ServerProcess,
  prompt: readonly number[],
  tokens: number,
  signal?: AbortSignal,
  seen: Seen = { asked: performance.now(), arrivals: [] },
): Promise<Seen> {
  const body = { prompt, max_tokens: tokens, temperature: 0, stream: true };
  const decoder = new TextDecoder();
  let rest = "";
  try {
    const response = await post(`${url}/v1/completions`, body, signal);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const now = performance.now();
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop()!;
      for (const line of lines) if (line.includes('"finish_reason":null')) seen.arrivals.push(now);
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return seen;
}

/** Tokens that are their own, so that no prompt finds another's pages. */
function promptMaker(vocabSize: number): (length: number) => number[] {
  let state = Date.now() >>> 0;
  return (length) =>
    Array.from({ length }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return 300 + (state % Math.max(1, vocabSize - 300));
    });
}

/** Tokens/s of all streams together while all of them run. */
function rateTogether(all: readonly Seen[]): number {
  const from = Math.max(...all.map(({ arrivals }) => arrivals[0] ?? Number.NaN));
  const to = Math.min(...all.map(({ arrivals }) => arrivals.at(-1) ?? Number.NaN));
  const tokens = all.flatMap(({ arrivals }) => arrivals.filter((at) => at > from && at <= to)).length;
  return (1000 * tokens) / (to - from);
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
const median = (values: readonly number[]) => quantile(values, 0.5);
const gapsOf = (arrivals: readonly number[]) => arrivals.slice(1).map((at, i) => at - arrivals[i]!);

type Figures = Record<string, number>;
interface Subject {
  readonly model: string;
  readonly threads: number;
  readonly repetitions: number;
  readonly vocabSize: number;
  /** Tokens of each measured stream. */
  readonly tokens: number;
}

async function withServer<T>(
  { model, threads }: Subject,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const server = await startServer(model, threads, "--parallel", "4");
  try {
    await stream(server, [1], 8);
    return await use(server);
  } finally {
    await server.stop();
  }
}

async function repeated<T>(times: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await run());
  return results;
}

/** Tokens/s of forward passes of `rows` sequences with one token each, nothing else. */
async function forwardRate({ model, threads, tokens }: Subject, rows: number): Promise<number> {
  const pagesEach = Math.ceil((tokens + 8) / PAGE_SIZE);
  const opened = await openModel(model, { threads, contextSize: pagesEach * PAGE_SIZE, parallel: rows });
  const { runner } = opened;
  const pageTables = Array.from({ length: rows }, (_, s) =>
    Int32Array.from({ length: pagesEach }, (_, i) => s * pagesEach + i),
  );
  const step = async (position: number) => {
    await runner.forward({
      tokens: Int32Array.from(
        { length: rows },
        (_, s) => 300 + ((position * 977 + s * 131) % (runner.vocabSize - 300)),
      ),
      positions: new Int32Array(rows).fill(position),
      sequences: Int32Array.from({ length: rows }, (_, s) => s),
      pageTables,
      logitRows: Int32Array.from({ length: rows }, (_, s) => s),
    });
  };
  try {
    for (let i = 0; i < 8; i++) await step(i);
    const start = performance.now();
    for (let i = 0; i < tokens; i++) await step(8 + i);
    return (1000 * tokens * rows) / (performance.now() - start);
  } finally {
    opened.close();
  }
}

async function libraryRate({ model, threads, tokens }: Subject): Promise<number> {
  await using llm = await load(model, { threads, contextSize: 4096 });
  const generate = async (maxTokens: number) => {
    const arrivals: number[] = [];
    for await (const _ of llm.generate([1], { maxTokens, temperature: 0 })) arrivals.push(performance.now());
    return rateTogether([{ asked: 0, arrivals }]);
  };
  await generate(8);
  return generate(tokens);
}

const TESTS: Readonly<Record<string, (subject: Subject) => Promise<Figures>>> = {
  async streams(subject) {
    const { repetitions, tokens, vocabSize } = subject;
    const prompt = promptMaker(vocabSize);
    const pairs = await withServer(subject, (server) =>
      repeated(repetitions, async () => {
        const one = rateTogether([await stream(server, prompt(8), tokens)]);
        const all = Array.from({ length: STREAMS }, () => stream(server, prompt(8), tokens));
        return { one, eight: rateTogether(await Promise.all(all)) };
      }),
    );
    const one = median(pairs.map((pair) => pair.one));
    const eight = median(pairs.map((pair) => pair.eight));
    const forwardOne = await forwardRate(subject, 1);
    const forwardEight = await forwardRate(subject, STREAMS);
    return {
      "one stream, tokens/s": one,
      "eight streams, tokens/s": eight,
      "eight / one": eight / one,
      "forward of 1 sequence, tokens/s": forwardOne,
      "forward of 8 sequences, tokens/s": forwardEight,
      "forward 8 / 1": forwardEight / forwardOne,
    };
  },

  async overhead(subject) {
    const rounds = await repeated(subject.repetitions, async () => ({
      forward: await forwardRate(subject, 1),
      library: await libraryRate(subject),
      server: await withServer(subject, async (server) =>
        rateTogether([await stream(server, [1], subject.tokens)]),
      ),
    }));
    const of = (field: "forward" | "library" | "server") => median(rounds.map((round) => round[field]));
    return {
      "forward, tokens/s": of("forward"),
      "library, tokens/s": of("library"),
      "server, tokens/s": of("server"),
      "library / forward": median(rounds.map(({ forward, library }) => library / forward)),
      "server / library": median(rounds.map(({ library, server }) => server / library)),
      "server / forward": median(rounds.map(({ forward, server }) => server / forward)),
    };
  },

  async turn(subject) {
    const prompt = promptMaker(subject.vocabSize);
    const firstToken = ({ asked, arrivals }: Seen) => arrivals[0]! - asked;
    const rounds = await withServer(subject, (server) =>
      repeated(subject.repetitions, async () => {
        const history = prompt(1000);
        await stream(server, history, 2);
        const warm = firstToken(await stream(server, [...history, ...prompt(20)], 2));
        return { warm, cold: firstToken(await stream(server, prompt(1020), 2)) };
      }),
    );
    const cold = median(rounds.map((round) => round.cold));
    const warm = median(rounds.map((round) => round.warm));
    return { "cold, ms": cold, "second turn, ms": warm, "second turn / cold": warm / cold };
  },

  async health(subject) {
    const prompt = promptMaker(subject.vocabSize);
    return withServer(subject, async (server) => {
      const ask = async (ms: number) => {
        const times: number[] = [];
        const end = performance.now() + ms;
        while (performance.now() < end) {
          const start = performance.now();
          await (await fetch(`${server.url}/health`)).arrayBuffer();
          times.push(performance.now() - start);
          await Bun.sleep(10);
        }
        return times;
      };
      const idle = await ask(2_000);
      const stop = new AbortController();
      const all = Array.from({ length: STREAMS }, () => stream(server, prompt(200), 1500, stop.signal));
      const busy = await ask(15_000);
      stop.abort();
      await Promise.all(all);
      return {
        "idle p99, ms": quantile(idle, 0.99),
        "busy p50, ms": median(busy),
        "busy p99, ms": quantile(busy, 0.99),
        "busy max, ms": Math.max(...busy),
        asked: busy.length,
      };
    });
  },

  async gap(subject) {
    const prompt = promptMaker(subject.vocabSize);
    return withServer(subject, async (server) => {
      const stop = new AbortController();
      const runs = Array.from({ length: 4 }, (): Seen => ({ asked: performance.now(), arrivals: [] }));
      const all = runs.map((seen) => stream(server, prompt(32), 1500, stop.signal, seen));
      while (runs.some(({ arrivals }) => arrivals.length < 40)) await Bun.sleep(20);
      const begin = performance.now();
      const { asked, arrivals } = await stream(server, prompt(2000), 1);
      const end = arrivals[0] ?? performance.now();
      stop.abort();
      await Promise.all(all);
      const normal = runs.flatMap(({ arrivals: at }) => gapsOf(at.filter((ms) => ms < begin).slice(8)));
      const during = runs.flatMap(({ arrivals: at }) =>
        gapsOf(at).filter((_, i) => at[i + 1]! > begin && at[i]! < end),
      );
      return {
        "normal p50, ms": median(normal),
        "normal p99, ms": quantile(normal, 0.99),
        "during p50, ms": median(during),
        "during p99, ms": quantile(during, 0.99),
        "during max, ms": Math.max(...during),
        "max during / normal p50": Math.max(...during) / median(normal),
        "p99 during / normal p50": quantile(during, 0.99) / median(normal),
        "prompt's first token, ms": end - asked,
      };
    });
  },
};

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      tests: { type: "string", default: Object.keys(TESTS).join(",") },
      threads: { type: "string", short: "t", default: "2" },
      repetitions: { type: "string", short: "r", default: "3" },
      tokens: { type: "string", short: "n", default: "64" },
      output: { type: "string", short: "o", default: "table" },
    },
  });
  const [model] = positionals;
  const names = values.tests.split(",");
  const unknown = names.find((name) => TESTS[name] === undefined);
  if (model === undefined || unknown !== undefined) {
    console.error(
      `usage: bun bench/server.ts MODEL.gguf [--tests ${Object.keys(TESTS).join(",")}] [-t 1,2] [-r 3]`,
    );
    process.exit(2);
  }
  const opened = await openModel(model, { threads: 1, contextSize: PAGE_SIZE });
  const { vocabSize } = opened.runner;
  opened.close();

  const results = [];
  for (const threads of values.threads.split(",").map(Number)) {
    const subject = {
      model,
      threads,
      vocabSize,
      repetitions: Number(values.repetitions),
      tokens: Number(values.tokens),
    };
    for (const test of names) {
      const figures = await TESTS[test]!(subject);
      const load = loadavg()[0]!;
      results.push({ test, threads, figures, load });
      if (values.output !== "table") continue;
      console.log(`${test}, ${threads} threads (load ${load.toFixed(2)})`);
      for (const [name, value] of Object.entries(figures))
        console.log(`  ${name.padEnd(34)} ${value.toFixed(2).padStart(10)}`);
    }
  }
  if (values.output === "json") console.log(JSON.stringify({ machine: machine(), model, results }, null, 2));
  else
    console.log(
      Object.entries(machine())
        .map(([key, value]) => `${key}: ${value}`)
        .join("\n"),
    );
}

if (import.meta.main) await main();
