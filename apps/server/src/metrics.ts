import { type EngineStats, PAGE_SIZE } from "@realizar/engine";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Gate } from "./gate.ts";
import type { ModelStore } from "./model-store.ts";
import type { ServedModel } from "./served-model.ts";

/** vLLM's buckets in seconds (vllm/v1/metrics/loggers.py). */
const FIRST_TOKEN_BUCKETS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];
const INTER_TOKEN_BUCKETS = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const REQUEST_BUCKETS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];

/** What one generation took; `undefined` figures were not reached. */
export interface GenerationTimes {
  firstTokenSeconds(seconds: number): void;
  interTokenSeconds(seconds: number): void;
  end(figures: {
    readonly seconds: number;
    readonly generatedTokens: number;
    readonly finishReason: string;
    readonly queueSeconds: number | undefined;
  }): void;
}

export interface Metrics {
  readonly contentType: string;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
  request(endpoint: string, status: number): void;
  duration(endpoint: string, seconds: number): void;
  generation(model: string, promptTokens: number): GenerationTimes;
  /** One text's embedding was made. */
  embedding(model: string, promptTokens: number): void;
}

const NO_STATS: EngineStats = {
  running: 0,
  waiting: 0,
  pagesUsed: 0,
  pagesTotal: 0,
  steps: 0,
  preemptions: 0,
  prefixQueries: 0,
  prefixHits: 0,
  promptTokens: 0,
  generatedTokens: 0,
};

/** A counter of the engines: models come and go, their sum may only grow. */
type EngineCounter = "prefixHits" | "prefixQueries" | "preemptions";

export function createMetrics(store: ModelStore, gate: Gate, compat: "vllm" | undefined): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  const requests = new Counter({
    name: "realizar_requests_total",
    help: "Requests answered, by route and status",
    labelNames: ["endpoint", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "realizar_request_duration_seconds",
    help: "Time from a request's arrival to the end of its answer",
    labelNames: ["endpoint"],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, ...REQUEST_BUCKETS],
    registers,
  });

  // Our series sum over the models; vLLM's, where asked for, tell them apart as vLLM's do.
  const vllmNames = (names: readonly string[]) => (compat === "vllm" ? names : []);
  const labelNames = ["model_name"];

  const counter = (own: string, help: string, vllm: readonly string[]) => {
    const total = new Counter({ name: own, help, registers });
    const labelled = vllmNames(vllm).map((name) => new Counter({ name, help, labelNames, registers }));
    for (const { id } of store.sources) for (const each of labelled) each.inc({ model_name: id }, 0);
    return (model: string, amount: number) => {
      total.inc(amount);
      for (const each of labelled) each.inc({ model_name: model }, amount);
    };
  };
  const histogram = (own: string, help: string, vllm: readonly string[], buckets: number[]) => {
    const total = new Histogram({ name: own, help, buckets, registers });
    const labelled = vllmNames(vllm).map(
      (name) => new Histogram({ name, help, labelNames, buckets, registers }),
    );
    return (model: string, value: number) => {
      total.observe(value);
      for (const each of labelled) each.observe({ model_name: model }, value);
    };
  };

  const promptTokens = counter("realizar_prompt_tokens_total", "Prompt tokens taken in", [
    "vllm:prompt_tokens_total",
  ]);
  const generatedTokens = counter("realizar_generated_tokens_total", "Tokens generated", [
    "vllm:generation_tokens_total",
  ]);
  const embeddings = counter("realizar_embeddings_total", "Embeddings made", []);
  const finished = new Counter({
    name: "realizar_generations_total",
    help: "Generations ended, by reason",
    labelNames: ["finished_reason"],
    registers,
  });
  const finishedByModel = vllmNames(["vllm:request_success_total"]).map(
    (name) =>
      new Counter({
        name,
        help: "Generations ended, by reason",
        labelNames: ["model_name", "finished_reason"],
        registers,
      }),
  );
  const firstToken = histogram(
    "realizar_time_to_first_token_seconds",
    "Time from a generation's start to its first token",
    ["vllm:time_to_first_token_seconds"],
    FIRST_TOKEN_BUCKETS,
  );
  const interToken = histogram(
    "realizar_inter_token_latency_seconds",
    "Time between two tokens of a generation",
    ["vllm:inter_token_latency_seconds"],
    INTER_TOKEN_BUCKETS,
  );
  const endToEnd = histogram(
    "realizar_e2e_request_latency_seconds",
    "Time from a generation's start to its end",
    ["vllm:e2e_request_latency_seconds"],
    REQUEST_BUCKETS,
  );
  const queueTime = histogram(
    "realizar_request_queue_time_seconds",
    "Time a generation waited for its first step",
    ["vllm:request_queue_time_seconds"],
    REQUEST_BUCKETS,
  );

  /** Figures of the engines by model id, as of the last look. */
  let current: ReadonlyMap<string, EngineStats> = new Map();

  const gauge = (
    own: string,
    help: string,
    vllm: readonly string[],
    read: (stats: readonly EngineStats[]) => number,
  ) => {
    new Gauge({
      name: own,
      help,
      registers,
      collect() {
        this.set(read([...current.values()]));
      },
    });
    for (const name of vllmNames(vllm)) {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          for (const { id } of store.sources) {
            const stats = current.get(id);
            this.set({ model_name: id }, read(stats === undefined ? [] : [stats]));
          }
        },
      });
    }
  };
  const usage = (stats: readonly EngineStats[]): number =>
    sum(stats, ({ pagesUsed }) => pagesUsed) /
    Math.max(
      1,
      sum(stats, ({ pagesTotal }) => pagesTotal),
    );
  const sum = (stats: readonly EngineStats[], read: (each: EngineStats) => number): number =>
    stats.reduce((total, each) => total + read(each), 0);
  gauge(
    "realizar_requests_waiting",
    "Requests in the engine's queue",
    ["vllm:num_requests_waiting"],
    (stats) => sum(stats, ({ waiting }) => waiting),
  );
  gauge(
    "realizar_requests_running",
    "Requests the engine generates for",
    ["vllm:num_requests_running"],
    (stats) => sum(stats, ({ running }) => running),
  );
  gauge(
    "realizar_kv_usage_ratio",
    "Share of KV pages in use, 0 to 1",
    ["vllm:kv_cache_usage_perc", "vllm:gpu_cache_usage_perc"],
    (stats) => usage(stats),
  );
  gauge("realizar_kv_pages_used", "KV pages in use", [], (stats) => sum(stats, ({ pagesUsed }) => pagesUsed));

  const seen = new WeakMap<ServedModel, EngineStats>();
  const engineCounters: {
    readonly read: EngineCounter;
    readonly add: (id: string, amount: number) => void;
  }[] = [];
  const engineCounter = (own: string, help: string, vllm: readonly string[], read: EngineCounter) => {
    engineCounters.push({ read, add: counter(own, help, vllm) });
  };
  engineCounter(
    "realizar_prefix_cache_hits_total",
    "Prompt tokens found in the prefix cache",
    ["vllm:prefix_cache_hits_total", "vllm:gpu_prefix_cache_hits_total"],
    "prefixHits",
  );
  engineCounter(
    "realizar_prefix_cache_queries_total",
    "Prompt tokens looked up in the prefix cache",
    ["vllm:prefix_cache_queries_total", "vllm:gpu_prefix_cache_queries_total"],
    "prefixQueries",
  );
  engineCounter(
    "realizar_preemptions_total",
    "Sequences set back as KV pages ran out",
    ["vllm:num_preemptions_total"],
    "preemptions",
  );

  /** Asks every engine for its figures and adds what it counted since the last look. */
  async function readEngines(): Promise<void> {
    const figures = new Map<string, EngineStats>();
    for (const [id, model] of store.loaded()) {
      const before = seen.get(model) ?? NO_STATS;
      // A worker that just died has no figures any more.
      const stats = await model.engine.stats().catch(() => before);
      figures.set(id, stats);
      seen.set(model, stats);
      for (const { read, add } of engineCounters) add(id, Math.max(0, stats[read] - before[read]));
    }
    current = figures;
  }

  if (compat === "vllm") {
    new Gauge({
      name: "vllm:cache_config_info",
      help: "Size and number of KV pages",
      labelNames: ["model_name", "block_size", "num_gpu_blocks"],
      registers,
      collect() {
        this.reset();
        for (const [id, { pagesTotal }] of current) {
          this.set({ model_name: id, block_size: `${PAGE_SIZE}`, num_gpu_blocks: `${pagesTotal}` }, 1);
        }
      },
    });
  }

  new Gauge({
    name: "realizar_requests_in_flight",
    help: "Generation requests inside the server",
    registers,
    collect() {
      this.set(gate.inside());
    },
  });
  for (const [name, help, read] of [
    ["realizar_model_cache_hits_total", "Uses of a model that was loaded", "hits"],
    ["realizar_model_cache_misses_total", "Uses of a model that was not loaded", "misses"],
    ["realizar_model_cache_evictions_total", "Models unloaded to make room", "evictions"],
  ] as const) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(store.cacheStats()[read]);
      },
    });
  }
  new Gauge({
    name: "realizar_model_cache_bytes",
    help: "Bytes of loaded models",
    registers,
    collect() {
      this.set(store.cacheStats().bytes);
    },
  });

  return {
    contentType: registry.contentType,
    async text() {
      await readEngines();
      return registry.metrics();
    },
    request: (endpoint, status) => requests.inc({ endpoint, status: `${status}` }),
    duration: (endpoint, seconds) => durations.observe({ endpoint }, seconds),
    embedding(model, tokens) {
      promptTokens(model, tokens);
      embeddings(model, 1);
    },
    generation(model, tokens) {
      promptTokens(model, tokens);
      return {
        firstTokenSeconds: (seconds) => firstToken(model, seconds),
        interTokenSeconds: (seconds) => interToken(model, seconds),
        end({ seconds, generatedTokens: count, finishReason, queueSeconds }) {
          generatedTokens(model, count);
          finished.inc({ finished_reason: finishReason });
          for (const each of finishedByModel) each.inc({ model_name: model, finished_reason: finishReason });
          endToEnd(model, seconds);
          if (queueSeconds !== undefined) queueTime(model, queueSeconds);
        },
      };
    },
  };
}
