/**
 * Minutes of mixed load on one server: what is lost, what leaks, how memory grows.
 *
 *   bun bench/soak.ts MODEL.gguf [--minutes 30] [--connections 200] [--threads 2] [--seed 1] [-o table|json]
 *
 * Every connection asks again as soon as it is answered. A request is lost where its answer is not the one that its
 * kind must have: whole and the same each time, the named refusal, or an end where the client hung up. Answers that say
 * "busy" (429, 503) are counted apart. The exit status is 1 where a request was lost or a page leaked.
 */
import { parseArgs } from "node:util";
import { openModel } from "@realizar/llm";
import { machine } from "./machine.ts";
import { post, quantile, type ServerProcess, startServer } from "./served-stream.ts";

interface Sample {
  /** Since the start. */
  readonly seconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

interface Plan {
  readonly vocabSize: number;
  readonly contextSize: number;
  /** mulberry32: a uniform number in [0, 1) a call. */
  readonly coin: () => number;
}

/** What one request did: "busy" where it was asked to come back. */
type Verdict = "right" | "wrong" | "busy";

type Kind = (url: string, plan: Plan) => Promise<Verdict>;

function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const tokensOf = ({ coin, vocabSize }: Plan, length: number) =>
  Array.from({ length }, () => 3 + Math.floor(coin() * (vocabSize - 3)));

const isBusy = ({ status }: Response) => status === 429 || status === 503;

/** The answer's text; "busy"; undefined where it is not the answer of a completion. */
async function completion(url: string, body: object): Promise<{ text: string } | "busy" | undefined> {
  const response = await post(`${url}/v1/completions`, { temperature: 0, ...body });
  if (isBusy(response)) {
    await response.body?.cancel();
    return "busy";
  }
  const answer = (await response.json()) as { choices?: { text: string; finish_reason: string }[] };
  const [choice] = answer.choices ?? [];
  return choice !== undefined && ["stop", "length"].includes(choice.finish_reason) ? choice : undefined;
}

async function refusal(response: Response, status: number, type: string): Promise<Verdict> {
  const answer = (await response.json()) as { error?: { type?: string } };
  if (isBusy(response)) return "busy";
  return response.status === status && answer.error?.type === type ? "right" : "wrong";
}

/** Kinds of requests with their shares of the load in percent. `expected` holds the texts that fixed prompts must have. */
const kindsOf = (expected: ReadonlyMap<number, string>): readonly (readonly [string, number, Kind])[] => [
  [
    "short, the same text each time",
    35,
    async (url, { coin }) => {
      const id = Math.floor(coin() * expected.size);
      const answer = await completion(url, fixed(id));
      if (answer === "busy") return "busy";
      return answer?.text === expected.get(id) ? "right" : "wrong";
    },
  ],
  [
    "long stream",
    15,
    async (url, plan) => {
      const prompt = tokensOf(plan, 20 + Math.floor(plan.coin() * plan.contextSize * 0.4));
      const body = { prompt, max_tokens: Math.floor(plan.contextSize * 0.4), stream: true, temperature: 1 };
      const response = await post(`${url}/v1/completions`, body);
      const text = await response.text();
      if (isBusy(response)) return "busy";
      return text.endsWith("data: [DONE]\n\n") && !text.includes('"error"') ? "right" : "wrong";
    },
  ],
  [
    "shared prefix",
    15,
    async (url, plan) => {
      const shared = Array.from({ length: 64 }, (_, i) => 3 + (i % (plan.vocabSize - 3)));
      const answer = await completion(url, { prompt: [...shared, ...tokensOf(plan, 8)], max_tokens: 8 });
      if (answer === "busy") return "busy";
      return answer === undefined ? "wrong" : "right";
    },
  ],
  [
    "cancelled",
    15,
    async (url, plan) => {
      const stop = new AbortController();
      const body = { prompt: tokensOf(plan, 30), max_tokens: plan.contextSize - 40, stream: true };
      const timer = setTimeout(() => stop.abort(), plan.coin() * 300);
      try {
        const response = await post(`${url}/v1/completions`, body, stop.signal);
        await response.text();
        return isBusy(response) ? "busy" : response.ok ? "right" : "wrong";
      } catch {
        return stop.signal.aborted ? "right" : "wrong";
      } finally {
        clearTimeout(timer);
      }
    },
  ],
  [
    "malformed",
    10,
    async (url, { coin }) => {
      const bodies = [
        "{",
        '"text"',
        '{"prompt": 1}',
        '{"prompt": "a", "temperature": "hot"}',
        '{"no": "field"}',
      ];
      const response = await fetch(`${url}/v1/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: bodies[Math.floor(coin() * bodies.length)]!,
      });
      return refusal(response, 400, "invalid_request_error");
    },
  ],
  [
    "longer than the context",
    10,
    async (url, plan) => {
      const prompt = tokensOf(plan, plan.contextSize + 1 + Math.floor(plan.coin() * 1000));
      return refusal(await post(`${url}/v1/completions`, { prompt }), 400, "exceed_context_size_error");
    },
  ],
];

const fixed = (id: number) => ({ prompt: [1, 10 + id, 20 + id], max_tokens: 4 + id });

async function metrics(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return (name) => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

async function sample(url: string, seconds: number): Promise<Sample> {
  const of = await metrics(url);
  return {
    seconds,
    residentBytes: of("process_resident_memory_bytes"),
    heapBytes: of("nodejs_heap_size_used_bytes"),
  };
}

interface Count {
  right: number;
  wrong: number;
  busy: number;
}

const SAMPLE_SECONDS = 5;
/** Share of the time in which caches and pools fill. */
const WARM_UP = 0.2;

async function soak(server: ServerProcess, plan: Plan, minutes: number, connections: number) {
  const { url } = server;
  const expected = new Map<number, string>();
  for (let id = 0; id < 8; id++) {
    const answer = await completion(url, fixed(id));
    if (answer === undefined || answer === "busy") throw new Error("the server does not answer");
    expected.set(id, answer.text);
  }
  const kinds = kindsOf(expected);
  /** Every kind as often as its share says. */
  const deck = kinds.flatMap(([name, share, ask]) => new Array(share).fill([name, ask] as const));
  const pick = (coin: number): readonly [string, Kind] => deck[Math.floor(coin * deck.length)]!;
  const counts = Object.fromEntries(
    kinds.map(([name]): [string, Count] => [name, { right: 0, wrong: 0, busy: 0 }]),
  );
  const failures: string[] = [];

  const start = performance.now();
  const end = start + minutes * 60_000;
  const connection = async () => {
    while (performance.now() < end) {
      const [name, ask] = pick(plan.coin());
      try {
        const verdict = await ask(url, plan);
        counts[name]![verdict]++;
        if (verdict === "busy") await Bun.sleep(200);
      } catch (error) {
        counts[name]!.wrong++;
        if (failures.length < 10) failures.push(`${name}: ${error}`);
      }
    }
  };
  const samples: Sample[] = [];
  let over = false;
  const sampler = (async () => {
    while (!over) {
      samples.push(await sample(url, (performance.now() - start) / 1000));
      await Bun.sleep(SAMPLE_SECONDS * 1000);
    }
  })();
  await Promise.all(Array.from({ length: connections }, connection));
  over = true;
  await sampler;

  // Cancelled requests may need one more step to let their pages go.
  await Bun.sleep(2000);
  const idle = await metrics(url);
  const warm = samples.filter(({ seconds }) => seconds >= minutes * 60 * WARM_UP);
  const tenth = Math.max(1, Math.floor(warm.length / 10));
  const growth = (of: (each: Sample) => number) => {
    const early = quantile(warm.slice(0, tenth * 2).map(of), 0.5);
    const late = quantile(warm.slice(-tenth * 2).map(of), 0.5);
    return { early, late, growth: late / early - 1 };
  };
  return {
    minutes,
    connections,
    counts,
    failures,
    requests: Object.values(counts).reduce((sum, { right, wrong, busy }) => sum + right + wrong + busy, 0),
    lost: Object.values(counts).reduce((sum, { wrong }) => sum + wrong, 0),
    /** Pages that a request still holds with none there; pages of the prefix cache are held by nobody. */
    pagesLeaked: idle("realizar_kv_pages_used"),
    left: {
      inFlight: idle("realizar_requests_in_flight"),
      running: idle("realizar_requests_running"),
      waiting: idle("realizar_requests_waiting"),
    },
    preemptions: idle("realizar_preemptions_total"),
    prefixHits: idle("realizar_prefix_cache_hits_total"),
    generatedTokens: idle("realizar_generated_tokens_total"),
    resident: growth(({ residentBytes }) => residentBytes),
    heap: growth(({ heapBytes }) => heapBytes),
    idleResidentBytes: idle("process_resident_memory_bytes"),
    samples: samples.map(({ seconds, residentBytes }) => [
      Math.round(seconds),
      Math.round(residentBytes / 2 ** 20),
    ]),
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: "string", default: "30" },
      connections: { type: "string", default: "200" },
      threads: { type: "string", default: "2" },
      seed: { type: "string", default: "1" },
      output: { type: "string", short: "o", default: "table" },
    },
  });
  const [model] = positionals;
  if (model === undefined) {
    console.error(
      "usage: bun bench/soak.ts MODEL.gguf [--minutes 30] [--connections 200] [--threads 2] [-o json]",
    );
    process.exit(2);
  }
  const opened = await openModel(model, { threads: 1 });
  const plan = {
    vocabSize: opened.runner.vocabSize,
    contextSize: opened.runner.contextSize,
    coin: mulberry32(Number(values.seed)),
  };
  opened.close();
  const server = await startServer(model, Number(values.threads));
  const result = await soak(server, plan, Number(values.minutes), Number(values.connections));
  const exit = await server.stop();
  if (values.output === "json") {
    console.log(JSON.stringify({ machine: machine(), model, exit, ...result }, null, 1));
  } else {
    const { resident, heap } = result;
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
    for (const [name, { right, wrong, busy }] of Object.entries(result.counts))
      console.log(`${name.padEnd(32)} ${right} right, ${wrong} wrong, ${busy} busy`);
    for (const failure of result.failures) console.log(`  ${failure}`);
    console.log(
      `requests ${result.requests}, lost ${result.lost}, pages leaked ${result.pagesLeaked}, exit ${exit}`,
    );
    for (const [name, { early, late, growth }] of [
      ["RSS", resident],
      ["heap", heap],
    ] as const)
      console.log(
        `${name} ${mebibytes(early)} after warm-up, ${mebibytes(late)} at the end: ${(100 * growth).toFixed(2)} %`,
      );
    console.log(
      Object.entries(machine())
        .map(([key, value]) => `${key}: ${value}`)
        .join("\n"),
    );
  }
  process.exit(result.lost === 0 && result.pagesLeaked === 0 && exit === 0 ? 0 : 1);
}

if (import.meta.main) await main();
