import { FormatsError } from "../errors.ts";
import { bert } from "./bert.ts";
import type { HfConfig } from "./config.ts";
import { gemma } from "./gemma.ts";
import { gemma2 } from "./gemma2.ts";
import { gemma3 } from "./gemma3_text.ts";
import { gptOss } from "./gpt_oss.ts";
import { granite } from "./granite.ts";
import { llama } from "./llama.ts";
import { mixtral } from "./mixtral.ts";
import type { HfModel } from "./model.ts";
import { nomicBert } from "./nomic_bert.ts";
import { olmo2 } from "./olmo2.ts";
import { phi3 } from "./phi3.ts";
import { qwen2 } from "./qwen2.ts";
import { qwen3 } from "./qwen3.ts";
import { qwen3Moe } from "./qwen3_moe.ts";
import { smollm3 } from "./smollm3.ts";

const MODELS: readonly HfModel[] = [
  bert,
  gemma,
  gemma2,
  gemma3,
  gptOss,
  granite,
  llama,
  mixtral,
  nomicBert,
  olmo2,
  phi3,
  qwen2,
  qwen3,
  qwen3Moe,
  smollm3,
];

/** Every known `model_type`, sorted. */
export const hfModelTypes: readonly string[] = MODELS.flatMap(({ modelTypes }) => modelTypes).sort();

/** The table of a config's model type; throws FORMATS_UNKNOWN_MODEL_TYPE. */
export function hfModel({ path, modelType }: HfConfig): HfModel {
  const model = MODELS.find(({ modelTypes }) => modelTypes.includes(modelType));
  if (model) return model;
  throw new FormatsError(
    "FORMATS_UNKNOWN_MODEL_TYPE",
    `${path}: config.json has the unknown model_type ${JSON.stringify(modelType)}; known are ${hfModelTypes.join(", ")}. If llama.cpp can convert the model, try its GGUF file.`,
    { path, modelType, known: hfModelTypes },
  );
}
