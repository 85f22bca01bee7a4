import { type ProgramOf, programOf } from "./architecture.ts";
import { bert } from "./architectures/bert.ts";
import { gemma } from "./architectures/gemma.ts";
import { gemma2 } from "./architectures/gemma2.ts";
import { gemma3 } from "./architectures/gemma3.ts";
import { gptOss } from "./architectures/gpt-oss.ts";
import { granite } from "./architectures/granite.ts";
import { llama } from "./architectures/llama.ts";
import { nomicBert } from "./architectures/nomic-bert.ts";
import { olmo2 } from "./architectures/olmo2.ts";
import { phi3 } from "./architectures/phi3.ts";
import { qwen2 } from "./architectures/qwen2.ts";
import { qwen3 } from "./architectures/qwen3.ts";
import { qwen3moe } from "./architectures/qwen3moe.ts";
import { smollm3 } from "./architectures/smollm3.ts";
import { UnknownArchitectureError } from "./errors.ts";

/** By the name in `general.architecture`. */
const REGISTRY: Readonly<Record<string, ProgramOf>> = {
  bert: programOf(bert),
  gemma: programOf(gemma),
  gemma2: programOf(gemma2),
  gemma3: programOf(gemma3),
  "gpt-oss": programOf(gptOss),
  granite: programOf(granite),
  llama: programOf(llama),
  "nomic-bert": programOf(nomicBert),
  olmo2: programOf(olmo2),
  phi3: programOf(phi3),
  qwen2: programOf(qwen2),
  qwen3: programOf(qwen3),
  qwen3moe: programOf(qwen3moe),
  smollm3: programOf(smollm3),
};

/** Every architecture that can be loaded. */
export const ARCHITECTURES: readonly string[] = Object.keys(REGISTRY);

/** @throws UnknownArchitectureError */
export function findArchitecture(name: string): ProgramOf {
  const found = Object.hasOwn(REGISTRY, name) ? REGISTRY[name] : undefined;
  if (!found) throw new UnknownArchitectureError(name, ARCHITECTURES);
  return found;
}
