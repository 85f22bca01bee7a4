// The compiled modules.
export type { KernelExports, KernelVariant } from "./kernels.ts";
export {
  bestVariant,
  compileKernels,
  instantiateKernels,
  relaxedSimdSupported,
  sharedMemorySupported,
} from "./kernels.ts";
// Recorded programs.
export type { OpArguments, OpName } from "./ops.ts";
export { attentionScratchBytes, COMMAND_WORDS, LINEAR_SCRATCH_BYTES, OPS, writeCommand } from "./ops.ts";
