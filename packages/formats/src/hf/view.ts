import type { GgufMetadata, GgufValue } from "@realizar/gguf";
import type { CheckpointTensor } from "../checkpoint.ts";
import { FormatsError } from "../errors.ts";
import { isObject } from "../folder.ts";
import { getCount, type HfConfig } from "./config.ts";
import { ggufTensor } from "./gguf-tensor.ts";
import type { HfModel, RuleInput } from "./model.ts";
import { elements, type RawTensor } from "./raw-tensor.ts";

/** More layers than any model has: a bound on what a damaged config.json can ask for. */
const MAX_LAYERS = 4096;

/** Tensors an error lists by name. */
const LISTED = 8;

/** The metadata `model` reads out of a config, under GGUF keys. */
export function hfMetadata(model: HfModel, config: HfConfig): Map<string, GgufValue> {
  refuseQuantization(model, config);
  model.check?.(config);
  const metadata = new Map<string, GgufValue>([
    ["general.architecture", { type: "string", value: model.architecture }],
  ]);
  for (const [key, parameter] of Object.entries(model.parameters)) {
    const value = parameter(config);
    if (value) metadata.set(`${model.architecture}.${key}`, value);
  }
  return metadata;
}

/**
 * The checkpoint's tensors under GGUF names.
 * @throws FormatsError FORMATS_TENSORS_MISSING, FORMATS_TENSOR_UNEXPECTED for tensors without a place (a sign of
 * quantization or of another model), FORMATS_TENSOR_SHAPE, FORMATS_UNSUPPORTED
 */
export function hfTensors(
  model: HfModel,
  config: HfConfig,
  raws: Iterable<RawTensor>,
): Map<string, CheckpointTensor> {
  const byName = new Map<string, RawTensor>();
  for (const raw of raws) byName.set(withoutPrefix(raw.name, model.prefixes), raw);
  const used = new Set<string>();
  const input: RuleInput = {
    config,
    take(name) {
      const raw = byName.get(name);
      if (raw) used.add(name);
      return raw;
    },
  };

  const tensors = new Map<string, CheckpointTensor>();
  const missing: string[] = [];
  for (const [pattern, rule] of Object.entries(model.tensors)) {
    const layers = pattern.includes("{layer}") ? layerCount(config) : 1;
    for (let layer = 0; layer < layers; layer++) {
      const name = pattern.replace("{layer}", String(layer));
      const found = rule(input, name, layer);
      if (found && "missing" in found) missing.push(...found.missing);
      else if (found) tensors.set(name, found);
    }
  }
  if (missing.length > 0) {
    throw new FormatsError(
      "FORMATS_TENSORS_MISSING",
      `${config.path}: ${missing.length} tensors a ${config.modelType} of this config.json needs are missing: ${list(missing)}. The checkpoint is incomplete or of another model.`,
      { path: config.path, tensors: missing },
    );
  }
  const unexpected = [...byName.keys()].filter((name) => !used.has(name) && !model.ignored?.test(name));
  if (unexpected.length > 0) {
    throw new FormatsError(
      "FORMATS_TENSOR_UNEXPECTED",
      `${config.path}: ${unexpected.length} tensors have no place in a ${config.modelType} of this config.json: ${list(unexpected)}. It may be quantized in a way that cannot be read, or of another model; try a GGUF file.`,
      { path: config.path, tensors: unexpected },
    );
  }
  for (const raw of model.extras?.(config) ?? []) tensors.set(raw.name, ggufTensor(raw.name, raw));
  return tensors;
}

/** llama.cpp's `general.file_type` of a type most weights have. Source: enum llama_ftype of include/llama.h. */
const FILE_TYPES: Readonly<Record<string, number>> = { F32: 0, F16: 1, BF16: 32, MXFP4: 38 };

/** The file type of what most elements are stored as. */
export function fileType(tensors: Iterable<CheckpointTensor>): GgufMetadata {
  const counts = new Map<string, number>();
  for (const { type, shape } of tensors) counts.set(type, (counts.get(type) ?? 0) + elements(shape));
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  const value = FILE_TYPES[most?.[0] ?? "F32"] ?? 0;
  return new Map([["general.file_type", { type: "uint32", value }]]);
}

function layerCount(config: HfConfig): number {
  const layers = getCount(config, "num_hidden_layers", "n_layer");
  if (layers <= MAX_LAYERS) return layers;
  throw new FormatsError(
    "FORMATS_CONFIG_INVALID",
    `${config.path}: config.json asks for ${layers} layers; at most ${MAX_LAYERS} are read`,
    { path: config.path, key: "num_hidden_layers" },
  );
}

function withoutPrefix(name: string, prefixes: readonly string[]): string {
  const prefix = prefixes.find((candidate) => name.startsWith(candidate));
  return prefix ? name.slice(prefix.length) : name;
}

function refuseQuantization(model: HfModel, config: HfConfig): void {
  const quantization = config.json.quantization_config;
  if (!isObject(quantization)) return;
  const method = String(quantization.quant_method);
  if (model.quantizations?.includes(method)) return;
  throw new FormatsError(
    "FORMATS_UNSUPPORTED",
    `${config.path}: the weights are quantized with ${method}, which cannot be read. Use the unquantized checkpoint, or a GGUF file.`,
    { path: config.path, key: "quantization_config" },
  );
}

function list(names: readonly string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}
