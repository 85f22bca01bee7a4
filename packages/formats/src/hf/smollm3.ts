import { type HfConfig, unsupported } from "./config.ts";
import { llama } from "./llama.ts";
import type { HfModel } from "./model.ts";

/** Every fourth layer is without rope: `n_no_rope_layer_step` of llama.cpp's smollm3. */
const NO_ROPE_STEP = 4;

/** GGUF has no key for the layers without rope. */
function refuseOtherRopeLayers(config: HfConfig): void {
  const { no_rope_layers: layers, no_rope_layer_interval: interval } = config.json;
  const usual = (rope: unknown, layer: number) => Boolean(rope) === ((layer + 1) % NO_ROPE_STEP !== 0);
  if (Array.isArray(layers) ? layers.every(usual) : (interval ?? NO_ROPE_STEP) === NO_ROPE_STEP) return;
  unsupported(
    config,
    "no_rope_layers",
    `other than every ${NO_ROPE_STEP}th, which this architecture cannot express`,
  );
}

/** SmolLM 3: Llama with some layers without rope. */
export const smollm3: HfModel = {
  ...llama,
  modelTypes: ["smollm3"],
  architecture: "smollm3",
  check: refuseOtherRopeLayers,
};
