import { headNorms } from "./decoder.ts";
import type { HfModel } from "./model.ts";
import { qwen2 } from "./qwen2.ts";

/** Qwen 3: Qwen 2 with norms of each head. */
export const qwen3: HfModel = {
  ...qwen2,
  modelTypes: ["qwen3"],
  architecture: "qwen3",
  tensors: { ...qwen2.tensors, ...headNorms },
};
