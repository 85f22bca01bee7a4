import { enginePort, type FromWorker, type MessageTarget, serveEngine, type ToWorker } from "../src/index.ts";
import { createNullRunner } from "./null-runner.ts";
import { createTinyTokenizer, TINY_VOCAB } from "./tiny-tokenizer.ts";

/** After this many steps the worker's thread ends. */
type Spec = { readonly stepsToLive: number };

serveEngine<Spec>(enginePort<FromWorker, ToWorker<Spec>>(self as unknown as MessageTarget), async (spec) => {
  const runner = createNullRunner({ vocabSize: TINY_VOCAB });
  let steps = 0;
  const forward: typeof runner.forward = (batch) => {
    if (++steps > spec.stepsToLive) process.exit(3);
    return runner.forward(batch);
  };
  return { runner: { ...runner, forward }, tokenizer: createTinyTokenizer() };
});
