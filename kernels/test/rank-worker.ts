import { compileKernels, instantiateKernels, type KernelVariant } from "../src/index.ts";

declare const self: {
  onmessage: ((event: { data: RankStart }) => void) | null;
  postMessage(message: string): void;
};

export interface RankStart {
  readonly memory: WebAssembly.Memory;
  readonly variant: KernelVariant;
  readonly work: number;
  readonly barrier: number;
  readonly program: number;
  readonly rank: number;
  readonly threads: number;
}

/** Runs the program each time that the word at `work` changes, until it is negative. */
self.onmessage = ({ data }) => {
  const kernels = instantiateKernels(compileKernels(data.variant), data.memory);
  let seen = 0;
  self.postMessage("ready");
  for (;;) {
    seen = kernels.wait_for_work(data.work, seen, 1000);
    if (seen < 0) break;
    try {
      kernels.run(data.program, data.barrier, data.rank, data.threads);
    } catch {
      self.postMessage("trapped");
      return;
    }
  }
  self.postMessage("ended");
};
