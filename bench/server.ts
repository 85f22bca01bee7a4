/**
 * The server's speed over loopback, each server in a process of its own, with a load that is bounded.
 *
 *   bun bench/server.ts MODEL.gguf [--tests streams,overhead,turn,health,gap] [--threads 1,2] [-r 3] [-o table|json]
 *
 * - streams: eight streams' total tokens/s against one stream's, and the same of bare forward passes, in turn
 * - overhead: one stream's tokens/s against the library's `generate` and against bare forward passes, in turn
 * - turn: time to first token of a prompt whose first 1,000 tokens are cached, against one with none cached
 * - health: time of GET /health while eight streams run
 * - gap: time between two tokens of four streams while a prompt of 2,000 tokens comes in, against before
 */
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { PAGE_SIZE } from "@realizar/engine";
import { load, openModel } from "@realizar/llm";
import { machine } from "./machine.ts";
import {
  gapsOf,
  median,
  ONE_TOKEN_AGAIN,
  promptMaker,
  quantile,
  rateTogether,
  type Seen,
  type ServerProcess,
  startServer,
  stream,
} from "./served-stream.ts";

const STREAMS = 8;

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

/** A model in this process that is stepped by hand: nothing but forward passes. */
interface Bare {
  /** Tokens/s of `rows` sequences with one token a step each. */
  rate(rows: number): Promise<number>;
  close(): void;
}

async function openBare({ model, threads, tokens }: Subject, rows: number): Promise<Bare> {
  const pagesEach = Math.ceil((tokens + 8) / PAGE_SIZE);
  const opened = await openModel(model, { threads, contextSize: pagesEach * PAGE_SIZE, parallel: rows });
  const { runner } = opened;
  const pageTables = Array.from({ length: rows }, (_, s) =>
    Int32Array.from({ length: pagesEach }, (_, i) => s * pagesEach + i),
  );
  const step = async (count: number, position: number) => {
    await runner.forward({
      tokens: Int32Array.from(
        { length: count },
        (_, s) => 300 + ((position * 977 + s * 131) % (runner.vocabSize - 300)),
      ),
      positions: new Int32Array(count).fill(position),
      sequences: Int32Array.from({ length: count }, (_, s) => s),
      pageTables: pageTables.slice(0, count),
      logitRows: Int32Array.from({ length: count }, (_, s) => s),
    });
  };
  return {
    async rate(count) {
      for (let i = 0; i < 8; i++) await step(count, i);
      const start = performance.now();
      for (let i = 0; i < tokens; i++) await step(count, 8 + i);
      return (1000 * tokens * count) / (performance.now() - start);
    },
    close: opened.close,
  };
}

const TESTS: Readonly<Record<string, (subject: Subject) => Promise<Figures>>> = {
  async streams(subject) {
    const { repetitions, tokens, vocabSize } = subject;
    const prompt = promptMaker(vocabSize);
    const bare = await openBare(subject, STREAMS);
    const rounds = await withServer(subject, (server) =>
      repeated(repetitions, async () => {
        const one = rateTogether([await stream(server, prompt(8), tokens)]);
        const all = Array.from({ length: STREAMS }, () => stream(server, prompt(8), tokens));
        const eight = rateTogether(await Promise.all(all));
        return { one, eight, bareOne: await bare.rate(1), bareEight: await bare.rate(STREAMS) };
      }),
    );
    bare.close();
    const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read));
    return {
      "one stream, tokens/s": of(({ one }) => one),
      "eight streams, tokens/s": of(({ eight }) => eight),
      "eight / one": of(({ one, eight }) => eight / one),
      "forward of 1 sequence, tokens/s": of(({ bareOne }) => bareOne),
      "forward of 8 sequences, tokens/s": of(({ bareEight }) => bareEight),
      "forward 8 / 1": of(({ bareOne, bareEight }) => bareEight / bareOne),
    };
  },

  async overhead(subject) {
    const { repetitions, tokens, vocabSize, model, threads } = subject;
    const prompt = promptMaker(vocabSize);
    const bare = await openBare(subject, 1);
    await using llm = await load(model, { threads, contextSize: 4096 });
    const generate = async (maxTokens: number) => {
      const arrivals: number[] = [];
      for await (const _ of llm.generate(prompt(1), { maxTokens, temperature: 0 }))
        arrivals.push(performance.now());
      return rateTogether([{ asked: 0, arrivals }]);
    };
    await generate(8);
    const rounds = await withServer(subject, (server) =>
      repeated(repetitions, async () => ({
        forward: await bare.rate(1),
        library: await generate(tokens),
        server: rateTogether([await stream(server, prompt(1), tokens)]),
      })),
    );
    bare.close();
    const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read));
    return {
      "forward, tokens/s": of(({ forward }) => forward),
      "library, tokens/s": of(({ library }) => library),
      "server, tokens/s": of(({ server }) => server),
      "library / forward": of(({ forward, library }) => library / forward),
      "server / library": of(({ library, server }) => server / library),
      "server / forward": of(({ forward, server }) => server / forward),
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
      const all = runs.map((seen) => stream(server, prompt(32), 1500, stop.signal, seen, ONE_TOKEN_AGAIN));
      while (runs.some(({ arrivals }) => arrivals.length < 40)) await Bun.sleep(20);
      const begin = performance.now();
      const before = runs.map(({ arrivals }) => arrivals.length);
      const coming = stream(server, prompt(2000), 1, stop.signal);
      const enough = async () => {
        while (runs.some(({ arrivals }, i) => arrivals.length < before[i]! + 100)) await Bun.sleep(20);
      };
      await Promise.race([coming, enough()]);
      const end = performance.now();
      stop.abort();
      await coming;
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
