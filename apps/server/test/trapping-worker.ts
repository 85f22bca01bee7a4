import { enginePort, type MessageTarget, serveEngine } from "@realizar/engine";
import { loadInWorker, type WorkerPort } from "../src/worker-model.ts";

/** A model's worker in which token 3 makes the kernels trap at the end of its step. */
let armed = false;

const Instance = WebAssembly.Instance;
WebAssembly.Instance = function instance(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
  const { exports } = new Instance(module, imports);
  const run = (...command: number[]) => {
    (exports.run as (...command: number[]) => void)(...command);
    if (armed) throw new WebAssembly.RuntimeError("Out of bounds memory access");
  };
  return { exports: { ...exports, run } };
} as unknown as typeof WebAssembly.Instance;

const port: WorkerPort = enginePort(globalThis as unknown as MessageTarget);
const load = loadInWorker(port);
serveEngine(port, async (spec, progress) => {
  const loaded = await load(spec, progress);
  const { runner } = loaded;
  const forward: typeof runner.forward = (batch, output) => {
    armed = batch.tokens.includes(3);
    return runner.forward(batch, output);
  };
  return { ...loaded, runner: { ...runner, forward } };
});
