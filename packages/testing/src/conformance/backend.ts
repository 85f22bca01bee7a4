import { describe, expect, test } from "bun:test";
import { referenceBackend } from "@realizar/backend-reference";
import type { Backend, DtypeName, KvType } from "@realizar/tensor";
import { NonFiniteWeightError } from "@realizar/tensor";
import { TINY_ARCHITECTURES } from "../tiny-checkpoint.ts";
import { attentionTrials, kvTrials } from "./attention.ts";
import { firstDifference, relativeError } from "./compare.ts";
import { expertTrials } from "./experts.ts";
import { LAW_MODELS, rowLaws } from "./laws.ts";
import { modelTrial } from "./models.ts";
import { nonFiniteTrial, outputsOf, type Trial } from "./trial.ts";
import { dtypeTrials, verbTrials } from "./verbs.ts";

export interface ConformanceOptions {
  /** Largest error allowed, as a share of the largest number of the step's exact output. */
  readonly tolerance: number;
  /** For backends that round activations to multiply some types of weights. */
  readonly dtypeTolerance?: Partial<Record<DtypeName, number>>;
  /** For KV types whose rounding may fall the other way. Default: f16 1e-3, q8_0 1e-2. */
  readonly kvTolerance?: Partial<Record<KvType, number>>;
}

/** The meaning of `Backend`: what `make` gives is held against the reference and against its own promises. */
export function backendConformance(name: string, make: () => Backend, options: ConformanceOptions): void {
  const { tolerance } = options;
  const kvTolerance = { f32: tolerance, f16: 1e-3, q8_0: 1e-2, q16: 5e-4, ...options.kvTolerance };
  const backend = make();

  const agrees = (trial: Trial, allowed: number) =>
    test(trial.name, async () => {
      const exact = await outputsOf(referenceBackend(), trial);
      const actual = await outputsOf(backend, trial);
      for (const [i, step] of exact.entries()) expect(relativeError(actual[i]!, step)).toBeLessThan(allowed);
    });

  describe(`${name}: verbs`, () => {
    for (const trial of [...verbTrials(), ...expertTrials()]) agrees(trial, tolerance);
  });

  describe(`${name}: attention`, () => {
    for (const trial of attentionTrials()) agrees(trial, tolerance);
    for (const type of backend.kvTypes) {
      for (const trial of kvTrials(type)) agrees(trial, kvTolerance[type]);
    }
  });

  describe(`${name}: weight types`, () => {
    for (const { dtype, trial } of dtypeTrials(backend.dtypes)) {
      agrees(trial, options.dtypeTolerance?.[dtype] ?? tolerance);
    }
  });

  describe(`${name}: models`, () => {
    for (const architecture of TINY_ARCHITECTURES) {
      test(`a tiny ${architecture}`, async () => {
        const trial = await modelTrial(architecture, backend);
        const exact = await outputsOf(referenceBackend(), trial);
        const actual = await outputsOf(backend, trial);
        for (const [i, step] of exact.entries()) {
          expect(relativeError(actual[i]!, step)).toBeLessThan(10 * tolerance);
        }
      });
    }
    test("hidden states of a tiny llama", async () => {
      const trial: Trial = { ...(await modelTrial("llama", backend)), output: "hidden" };
      const [exact] = await outputsOf(referenceBackend(), trial);
      const [actual] = await outputsOf(backend, trial);
      expect(relativeError(actual!, exact!)).toBeLessThan(10 * tolerance);
    });
  });

  for (const model of LAW_MODELS) {
    describe(`${name}: a row of ${model.label} has the same bits`, () => rowLaws(backend, model));
  }

  describe(`${name}: refusals`, () => {
    for (const [label, value] of [
      ["NaN", Number.NaN],
      ["an infinity", Number.POSITIVE_INFINITY],
    ] as const) {
      test(`a weight with ${label}`, async () => {
        const load = outputsOf(backend, nonFiniteTrial(value));
        expect(await load.catch((error: unknown) => error)).toBeInstanceOf(NonFiniteWeightError);
      });
    }
    test("a cancelled load", async () => {
      const { weights, kv, build } = nonFiniteTrial(1);
      const load = backend.load({
        weights,
        kv,
        build,
        contextSize: 16,
        maxRows: 1,
        maxOutputRows: 1,
        signal: AbortSignal.abort(new Error("stopped")),
      });
      expect(await load.catch((error: unknown) => (error as Error).message)).toBe("stopped");
    });
  });
}

/** The same bits from two backends, such as one with one thread and one with many, over every trial. */
export function backendAgreement(name: string, makeA: () => Backend, makeB: () => Backend): void {
  const [a, b] = [makeA(), makeB()];
  const same = async (trial: Trial) => {
    const [one, other] = [await outputsOf(a, trial), await outputsOf(b, trial)];
    for (const [i, step] of one.entries()) expect(firstDifference(step, other[i]!)).toBe("nowhere");
  };
  describe(`${name}: the same bits`, () => {
    for (const trial of [...verbTrials(), ...expertTrials(), ...attentionTrials()]) {
      test(trial.name, () => same(trial));
    }
    for (const { trial } of dtypeTrials(a.dtypes)) test(trial.name, () => same(trial));
    for (const architecture of TINY_ARCHITECTURES) {
      test(`a tiny ${architecture}`, async () => same(await modelTrial(architecture, a)));
    }
  });
}
