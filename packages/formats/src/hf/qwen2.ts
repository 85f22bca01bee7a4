import { type HfConfig, unsupported } from "./config.ts";
import {
  attentionOutputs,
  decoderEnds,
  decoderIgnored,
  decoderParameters,
  decoderPrefixes,
  gatedFeedForward,
  preNorms,
  queriesAndKeys,
} from "./decoder.ts";
import type { HfModel } from "./model.ts";

/** Qwen's config.json carries a window it does not use; using it on some layers only has no place in GGUF. */
export function refuseSlidingWindow(config: HfConfig): void {
  if (config.json.use_sliding_window === true) {
    unsupported(config, "use_sliding_window", "which this architecture cannot express");
  }
}

/** Qwen 2 and 2.5. */
export const qwen2: HfModel = {
  modelTypes: ["qwen2"],
  architecture: "qwen2",
  prefixes: decoderPrefixes,
  parameters: decoderParameters,
  check: refuseSlidingWindow,
  tensors: { ...decoderEnds, ...preNorms, ...queriesAndKeys, ...attentionOutputs, ...gatedFeedForward },
  ignored: decoderIgnored,
};
