import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createBatcher } from "../src/batch.ts";
import { InvalidOptionError, PromptTooLongError } from "../src/errors.ts";
import { rowCount, type StepPlan } from "../src/plan.ts";
import { createScheduler, type Scheduler, type SchedulerOptions } from "../src/scheduler.ts";
import {
  createNullRunner,
  greedyAlone,
  NULL_WIDTH,
  type NullRunner,
  nullHidden,
  nullLogits,
} from "./null-runner.ts";

const VOCAB = 8;
const NO_STOPS: ReadonlySet<number> = new Set();

interface Rig {
  readonly scheduler: Scheduler;
  readonly runner: NullRunner;
  readonly options: SchedulerOptions;
  /** What each sequence has made, and the positions whose output it was given. */
  readonly made: Map<number, number[]>;
  readonly rows: Map<number, number[]>;
  readonly finished: Map<number, string>;
  /** One step; the plan, or null where there was none. Checks every invariant of a step. */
  step(promptRows?: number): StepPlan | null;
}

function createRig(given: Partial<SchedulerOptions> = {}, causal = true): Rig {
  const options = {
    pageCount: 32,
    contextSize: 256,
    tokenBudget: 32,
    maxLogitRows: 16,
    maxRunning: 8,
    ...given,
  };
  const scheduler = createScheduler(options);
  const runner = createNullRunner({ ...options, vocabSize: VOCAB, causal });
  const batchOf = createBatcher();
  const made = new Map<number, number[]>();
  const rows = new Map<number, number[]>();
  const finished = new Map<number, string>();
  return {
    scheduler,
    runner,
    options,
    made,
    rows,
    finished,
    step(promptRows) {
      const plan = scheduler.schedule(promptRows);
      scheduler.checkIntegrity();
      if (plan === null) return null;
      expect(structuredClone(plan)).toEqual(plan);
      expect(rowCount(plan)).toBeLessThanOrEqual(options.tokenBudget);
      expect(scheduler.stats().running).toBeLessThanOrEqual(options.maxRunning);
      const batch = batchOf(plan);
      expect(batch.logitRows.length).toBeLessThanOrEqual(options.maxLogitRows);
      const output = runner.forward(batch, plan.output);
      const width = plan.output === "logits" ? VOCAB : NULL_WIDTH;
      let row = 0;
      const tokens = plan.chunks.map((chunk) => {
        expect(chunk.to).toBeGreaterThan(chunk.from);
        for (let position = chunk.logitsFrom; position < chunk.to; position++) {
          const values = output.subarray(row * width, ++row * width);
          const expected =
            plan.output === "logits"
              ? nullLogits(chunk.tokens, VOCAB, position + 1)
              : nullHidden(chunk.tokens, position, causal);
          expect(values).toEqual(expected);
          const seen = rows.get(chunk.sequence) ?? [];
          seen.push(position);
          rows.set(chunk.sequence, seen);
        }
        const last = output.subarray((row - 1) * width, row * width);
        return chunk.samples ? last.indexOf(Math.max(...last)) : -1;
      });
      for (const update of scheduler.commit(plan, tokens)) {
        const ids = made.get(update.sequence) ?? [];
        if (update.token >= 0 && update.finish !== "stop") ids.push(update.token);
        made.set(update.sequence, ids);
        if (update.finish !== null) finished.set(update.sequence, update.finish);
      }
      scheduler.checkIntegrity();
      return plan;
    },
  };
}

const spec = (id: number, prompt: readonly number[], maxTokens: number, more: object = {}) => ({
  id,
  prompt,
  maxTokens,
  stopTokens: NO_STOPS,
  logitsFrom: prompt.length,
  priority: 0,
  ...more,
});
const ramp = (length: number, start = 0) => Array.from({ length }, (_, i) => (start + i * i) % VOCAB);
const drain = (rig: Rig, bound = 10_000) => {
  let steps = 0;
  while (rig.scheduler.hasWork()) {
    expect(rig.step()).not.toBeNull();
    expect(++steps).toBeLessThan(bound);
  }
  return steps;
};

describe("model-based", () => {
  interface Op {
    readonly kind: "submit" | "cancel" | "step";
    readonly family: number;
    readonly shared: number;
    readonly own: number;
    readonly maxTokens: number;
    readonly stop: number;
    readonly logits: boolean;
    readonly hidden: boolean;
    readonly priority: number;
  }
  const op: fc.Arbitrary<Op> = fc.record({
    kind: fc.constantFrom(
      "submit" as const,
      "submit" as const,
      "cancel" as const,
      "step" as const,
      "step" as const,
    ),
    family: fc.nat(2),
    shared: fc.nat(70),
    own: fc.integer({ min: 1, max: 12 }),
    maxTokens: fc.nat(60),
    stop: fc.constantFrom(-1, -1, -1, 3),
    logits: fc.boolean(),
    hidden: fc.boolean(),
    priority: fc.constantFrom(0, 0, 0, 1),
  });
  const options = fc.record({
    pageCount: fc.integer({ min: 2, max: 20 }),
    contextSize: fc.integer({ min: 20, max: 200 }),
    tokenBudget: fc.integer({ min: 4, max: 64 }),
    maxLogitRows: fc.integer({ min: 4, max: 16 }),
    maxRunning: fc.integer({ min: 1, max: 4 }),
    hash: fc.constantFrom(
      undefined,
      undefined,
      () => 1,
      (_: number, t: ArrayLike<number>, i: number) => t[i]! & 1,
    ),
  });

  test("every sequence makes what it makes alone; pages stay whole; nothing leaks or starves", () => {
    fc.assert(
      fc.property(
        options,
        fc.array(op, { minLength: 5, maxLength: 60 }),
        fc.nat(20),
        (given, ops, promptRows) => {
          const rig = createRig(given);
          const context = rig.scheduler.contextSize;
          const submitted = new Map<number, { prompt: number[]; op: Op }>();
          const cancelled = new Set<number>();
          let work = 0;
          ops.forEach((o, id) => {
            if (o.kind === "step") {
              rig.step(promptRows);
            } else if (o.kind === "cancel") {
              const victim = [...submitted.keys()][o.own % Math.max(1, submitted.size)];
              if (victim !== undefined && rig.scheduler.cancel(victim)) cancelled.add(victim);
              rig.scheduler.checkIntegrity();
            } else {
              const prompt = [...ramp(o.shared, o.family), ...ramp(o.own, id)];
              const more = {
                stopTokens: new Set([o.stop]),
                logitsFrom: o.logits ? 0 : prompt.length - (o.hidden ? 1 : 0),
                output: o.hidden ? ("hidden" as const) : ("logits" as const),
                priority: o.priority,
              };
              const maxTokens = o.hidden ? 0 : o.maxTokens;
              const add = () => rig.scheduler.add(spec(id, prompt, maxTokens, more));
              if (prompt.length > context) {
                expect(add).toThrow(PromptTooLongError);
                return;
              }
              add();
              submitted.set(id, { prompt, op: o });
              work += prompt.length + o.maxTokens;
            }
          });
          // Each token may be recomputed once for each time that an older sequence grows by a page.
          drain(rig, 100 + work * 20);
          for (const [id, { prompt, op: o }] of submitted) {
            const count = o.hidden ? 0 : Math.min(o.maxTokens, context - prompt.length);
            const alone = greedyAlone(prompt, count, VOCAB, o.stop);
            const made = rig.made.get(id) ?? [];
            if (cancelled.has(id)) {
              expect(alone.slice(0, made.length)).toEqual(made);
              expect(rig.finished.has(id)).toBe(false);
              continue;
            }
            expect(made).toEqual(alone);
            expect(rig.finished.get(id)).toBe(alone.length === count ? "length" : "stop");
            if (o.logits) {
              const rows = rig.rows.get(id)!;
              expect(rows.slice(0, prompt.length)).toEqual(prompt.map((_, i) => i));
              expect(rows).toEqual([...new Set(rows)]);
            } else if (o.hidden) {
              expect(rig.rows.get(id)).toEqual([prompt.length - 1]);
            }
          }
          expect(rig.scheduler.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0 });
        },
      ),
      { numRuns: 300 },
    );
  });

  test("an encoder's texts are each computed in one step; all end, and pages stay whole", () => {
    const text = fc.record({
      length: fc.integer({ min: 1, max: 80 }),
      family: fc.nat(2),
      priority: fc.constantFrom(0, 0, 1),
      cancelled: fc.constantFrom(false, false, false, true),
      steps: fc.nat(2),
    });
    fc.assert(
      fc.property(options, fc.array(text, { minLength: 1, maxLength: 20 }), (given, texts) => {
        const rig = createRig(given, false);
        const longest = Math.min(rig.scheduler.contextSize, given.tokenBudget, given.maxLogitRows);
        const done = new Map<number, number[]>();
        texts.forEach(({ length, family, priority, cancelled, steps }, id) => {
          const prompt = ramp(length, family);
          const more = { output: "hidden", whole: true, logitsFrom: 0, priority };
          const add = () => rig.scheduler.add(spec(id, prompt, 0, more));
          if (length > longest) {
            expect(add).toThrow(PromptTooLongError);
            return;
          }
          add();
          for (let i = 0; i < steps; i++) rig.step();
          if (!cancelled || !rig.scheduler.cancel(id)) done.set(id, prompt);
        });
        drain(rig, 100);
        for (const [id, prompt] of done) {
          expect(rig.rows.get(id)).toEqual(prompt.map((_, i) => i));
          expect(rig.finished.get(id)).toBe("length");
        }
        expect(rig.scheduler.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0, prefixHits: 0 });
      }),
      { numRuns: 200 },
    );
  });

  test("equal operations give equal plans", () => {
    fc.assert(
      fc.property(options, fc.array(fc.integer({ min: 1, max: 19 }), { maxLength: 10 }), (given, lengths) => {
        const plans = [0, 1].map(() => {
          const rig = createRig(given);
          lengths.forEach((length, id) => {
            rig.scheduler.add(spec(id, ramp(length), 9));
          });
          const seen: unknown[] = [];
          while (rig.scheduler.hasWork()) seen.push(structuredClone(rig.step()));
          return seen;
        });
        expect(plans[0]).toEqual(plans[1]!);
      }),
      { numRuns: 50 },
    );
  });
});

describe("the token budget", () => {
  test("running streams go on at one token a step while a long prompt comes in", () => {
    const rig = createRig({ tokenBudget: 16, maxRunning: 4 });
    rig.scheduler.add(spec(1, ramp(5), 60));
    rig.step();
    rig.scheduler.add(spec(2, ramp(100, 3), 1));
    while (!rig.finished.has(2)) {
      const before = rig.made.get(1)!.length;
      const plan = rig.step()!;
      expect(rig.made.get(1)!.length).toBe(before + 1);
      expect(rowCount(plan)).toBe(Math.min(16, rowCount(plan)));
    }
    expect(rig.made.get(2)).toEqual(greedyAlone(ramp(100, 3), 1, VOCAB));
  });

  test("prompt rows beside running streams are limited as asked; without streams the whole budget is theirs", () => {
    const rig = createRig({ tokenBudget: 32 });
    rig.scheduler.add(spec(1, ramp(5), 60));
    rig.step();
    rig.scheduler.add(spec(2, ramp(50, 3), 1));
    expect(rowCount(rig.step(4)!)).toBe(5);
    rig.scheduler.cancel(1);
    expect(rowCount(rig.step(4)!)).toBe(32);
  });

  test("rows with logits are limited", () => {
    const rig = createRig({ tokenBudget: 32, maxLogitRows: 5, maxRunning: 2 });
    rig.scheduler.add(spec(1, ramp(12), 0, { logitsFrom: 0 }));
    expect(drain(rig)).toBe(3);
    expect(rig.rows.get(1)).toEqual(ramp(12).map((_, i) => i));
    expect(rig.finished.get(1)).toBe("length");
  });
});

describe("hidden states", () => {
  test("take turns with logits while streams run, and come in chunks no larger than half as paced", () => {
    const rig = createRig({ tokenBudget: 32 });
    rig.scheduler.add(spec(1, ramp(5), 60));
    rig.step();
    rig.scheduler.add(spec(2, ramp(20, 3), 0, { output: "hidden", logitsFrom: 0 }));
    const seen: string[] = [];
    while (!rig.finished.has(2)) {
      const plan = rig.step(8)!;
      seen.push(plan.output);
      if (plan.output === "hidden") expect(rowCount(plan)).toBe(4);
    }
    expect(seen.join(" ")).toMatch(/^(logits )?(hidden logits ){4}hidden$/);
    expect(rig.rows.get(2)).toEqual(ramp(20).map((_, i) => i));
  });

  test("what one text left in the cache serves the other kind", () => {
    const rig = createRig();
    rig.scheduler.add(spec(1, ramp(40), 0, { output: "hidden", logitsFrom: 39 }));
    drain(rig);
    rig.scheduler.add(spec(2, ramp(40), 2));
    drain(rig);
    rig.scheduler.add(spec(3, ramp(40), 0, { output: "hidden", logitsFrom: 39 }));
    expect(rig.step()!.chunks[0]).toMatchObject({ from: 32, to: 40, logitsFrom: 39, samples: false });
    expect(rig.scheduler.stats().prefixHits).toBe(64);
  });

  test("a text that must be whole waits for room rather than come in pieces", () => {
    const rig = createRig({ tokenBudget: 16, maxLogitRows: 16 }, false);
    for (const id of [1, 2, 3]) {
      rig.scheduler.add(
        spec(id, ramp(id === 3 ? 6 : 10, id), 0, { output: "hidden", whole: true, logitsFrom: 0 }),
      );
    }
    expect(rig.step()!.chunks.map((chunk) => chunk.sequence)).toEqual([1, 3]);
    expect(rig.step()!.chunks.map((chunk) => chunk.sequence)).toEqual([2]);
    expect(rig.step()).toBeNull();
    expect(() => rig.scheduler.add(spec(4, ramp(17), 0, { whole: true }))).toThrow(
      /17 tokens, the context 16/,
    );
  });
});

describe("the prefix cache", () => {
  test("a second turn computes only what is new", () => {
    const rig = createRig();
    rig.scheduler.add(spec(1, ramp(50), 20));
    drain(rig);
    const turn = [...ramp(50), ...rig.made.get(1)!, ...ramp(7, 5)]; // 77 tokens; 69 were computed: 4 full pages
    rig.scheduler.add(spec(2, turn, 1));
    const plan = rig.step()!;
    expect(plan.chunks[0]!.from).toBe(64);
    expect(rig.scheduler.stats()).toMatchObject({ prefixHits: 64, prefixQueries: 127 });
    expect(rig.made.get(2)).toEqual(greedyAlone(turn, 1, VOCAB));
  });

  test("a whole cached prompt computes its last page again and shares the rest", () => {
    const rig = createRig();
    rig.scheduler.add(spec(1, ramp(32), 1));
    drain(rig);
    rig.scheduler.add(spec(2, ramp(32), 1));
    expect(rig.step()!.chunks[0]).toMatchObject({ from: 16, to: 32 });
    expect(rig.made.get(2)).toEqual(rig.made.get(1)!);
  });

  test("equal prompts that arrive together share pages while they run", () => {
    const rig = createRig({ tokenBudget: 64 });
    for (const id of [1, 2, 3]) rig.scheduler.add(spec(id, ramp(120), 20));
    let computed = 0;
    for (let step = 0; step < 6; step++) {
      for (const chunk of rig.step()!.chunks) computed += Math.min(chunk.to, 120) - Math.min(chunk.from, 120);
    }
    expect(computed).toBeLessThan(160);
    expect(rig.scheduler.stats().pagesUsed).toBe(7 + 3);
  });

  test("wanted logits are computed even where the pages are cached", () => {
    const rig = createRig();
    rig.scheduler.add(spec(1, ramp(40), 0, { logitsFrom: 0 }));
    drain(rig);
    rig.scheduler.add(spec(2, ramp(40), 0, { logitsFrom: 0 }));
    drain(rig);
    expect(rig.rows.get(2)).toEqual(ramp(40).map((_, i) => i));
  });
});

describe("when pages run out", () => {
  test("the last in order is preempted, waits, and ends with the same tokens", () => {
    const rig = createRig({ pageCount: 6, maxRunning: 3 });
    rig.scheduler.add(spec(1, ramp(20, 1), 60));
    rig.scheduler.add(spec(2, ramp(20, 2), 60));
    drain(rig);
    expect(rig.scheduler.stats().preemptions).toBeGreaterThan(0);
    expect(rig.made.get(1)).toEqual(greedyAlone(ramp(20, 1), 60, VOCAB));
    expect(rig.made.get(2)).toEqual(greedyAlone(ramp(20, 2), 60, VOCAB));
    expect([...rig.finished.keys()]).toEqual([1, 2]);
  });

  test("a prompt beyond the pool or the context is refused with both numbers", () => {
    const rig = createRig({ pageCount: 3, contextSize: 100 });
    expect(() => rig.scheduler.add(spec(1, ramp(49), 1))).toThrow(/the prompt has 49 tokens, the context 48/);
    expect(rig.scheduler.hasWork()).toBe(false);
    rig.scheduler.add(spec(2, ramp(47), 50));
    drain(rig);
    expect(rig.made.get(2)).toHaveLength(1);
    expect(rig.finished.get(2)).toBe("length");
  });
});

test("greater priority is admitted first", () => {
  const rig = createRig({ maxRunning: 1 });
  rig.scheduler.add(spec(1, ramp(4), 3));
  rig.scheduler.add(spec(2, ramp(4, 1), 3));
  rig.scheduler.add(spec(3, ramp(4, 2), 3, { priority: 1 }));
  drain(rig);
  expect([...rig.finished.keys()]).toEqual([3, 1, 2]);
});

test("chunks of a sequence cancelled while its step ran are passed over, and its pages are free", () => {
  const rig = createRig();
  rig.scheduler.add(spec(1, ramp(20), 5));
  rig.scheduler.add(spec(2, ramp(10), 5));
  const plan = rig.scheduler.schedule()!;
  expect(rig.scheduler.cancel(1)).toBe(true);
  expect(rig.scheduler.cancel(1)).toBe(false);
  expect(rig.scheduler.commit(plan, [1, 1]).map((u) => u.sequence)).toEqual([2]);
  rig.scheduler.checkIntegrity();
  expect(rig.scheduler.stats().pagesUsed).toBe(1);
});

test("options that contradict each other are refused by name", () => {
  expect(() => createRig({ pageCount: 0 })).toThrow(/pageCount is 0/);
  expect(() => createRig({ tokenBudget: 4, maxRunning: 5 })).toThrow(InvalidOptionError);
});
