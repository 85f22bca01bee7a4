import { enginePort, type FromWorker, type MessageTarget, serveEngine, type ToWorker } from "../src/index.ts";
import { createNullRunner } from "./null-runner.ts";
import { createTinyTokenizer, TINY_VOCAB } from "./tiny-tokenizer.ts";

export interface Spec {
  /** After this many steps the worker's thread ends, or its runner fails for good. */
  readonly stepsToLive: number;
  readonly traps?: boolean;
  /** Steps begun. [1], shared */
  readonly steps?: Int32Array;
}

serveEngine<Spec>(enginePort<FromWorker, ToWorker<Spec>>(self as unknown as MessageTarget), async (spec) => {
  const runner = createNullRunner({ vocabSize: TINY_VOCAB, contextSize: 2048, pageCount: 128 });
  let steps = 0;
  const forward: typeof runner.forward = (batch) => {
    if (spec.steps !== undefined) Atomics.add(spec.steps, 0, 1);
    if (++steps > spec.stepsToLive) {
      if (!spec.traps) process.exit(3);
      throw Object.assign(new Error("matmul trapped"), { fatal: true });
    }
    return runner.forward(batch);
  };
  const close = () => {
    if (spec.traps) throw new Error("nor can it be closed");
  };
  return { runner: { ...runner, forward }, tokenizer: createTinyTokenizer(), close };
});
