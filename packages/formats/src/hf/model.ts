import type { CheckpointTensor } from "../checkpoint.ts";
import type { HfConfig, Parameter } from "./config.ts";
import { ggufTensor } from "./gguf-tensor.ts";
import { everyOther, half, ropePairs, stacked, transposed } from "./layouts.ts";
import { mxfp4 } from "./mxfp4.ts";
import type { RawTensor } from "./raw-tensor.ts";

/** How a Hugging Face model type is shown as GGUF: one table. */
export interface HfModel {
  /** Values of `model_type` in config.json. */
  readonly modelTypes: readonly string[];
  /** `general.architecture`. */
  readonly architecture: string;
  /** What may stand before a tensor's name; the first that matches is taken off. */
  readonly prefixes: readonly string[];
  /** GGUF metadata keys below the architecture's, and where each comes from. */
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** GGUF tensor names; `{layer}` counts over block_count. */
  readonly tensors: Readonly<Record<string, Rule>>;
  /** Throws FORMATS_UNSUPPORTED for settings the architecture cannot express. */
  readonly check?: (config: HfConfig) => void;
  /** Tensors computed from the config. */
  readonly extras?: (config: HfConfig) => readonly RawTensor[];
  /** Checkpoint tensors a model does without: buffers, heads that are not used. */
  readonly ignored?: RegExp;
  /** Other quantization_config.quant_method values than none. */
  readonly quantizations?: readonly string[];
}

/** What a rule can take tensors from. */
export interface RuleInput {
  readonly config: HfConfig;
  /** The tensor of that name in the checkpoint, marking it used; undefined where absent. */
  take(name: string): RawTensor | undefined;
}

/** What a rule finds: a tensor, or the names of what is missing. */
export type Found = CheckpointTensor | { readonly missing: readonly string[] } | undefined;

/** Makes the GGUF tensor `name` of the checkpoint's; `layer` stands for `{layer}`. Undefined where it may be absent. */
export type Rule = (input: RuleInput, name: string, layer: number) => Found;

type Layout = (raw: RawTensor, config: HfConfig) => RawTensor;

/** A tensor as it stands. */
export function plain(from: string, layout: Layout = (raw) => raw): Rule {
  return (input, name, layer) => {
    const source = from.replace("{layer}", String(layer));
    const raw = input.take(source);
    return raw ? ggufTensor(name, layout(raw, input.config)) : { missing: [source] };
  };
}

/** A rule whose tensors may be absent. */
export function optional(rule: Rule): Rule {
  return (input, name, layer) => {
    const found = rule(input, name, layer);
    return found && "missing" in found ? undefined : found;
  };
}

/** The first rule that finds its tensors; where none does, the first says what is missing. */
export function either(...rules: readonly [Rule, ...Rule[]]): Rule {
  return (input, name, layer) => {
    const found = rules.map((rule) => rule(input, name, layer));
    return found.find((result) => result && !("missing" in result)) ?? found[0];
  };
}

/** Queries or keys for rope of neighbours; `heads` reads their number. */
export function permuted(from: string, heads: (config: HfConfig) => number): Rule {
  return plain(from, (raw, config) => ropePairs(raw, heads(config)));
}

/** A norm stored as its difference from one. */
export function plusOne(from: string): Rule {
  return (input, name, layer) => {
    const source = from.replace("{layer}", String(layer));
    const raw = input.take(source);
    return raw ? ggufTensor(name, raw, 1) : { missing: [source] };
  };
}

/** One tensor an expert, `{expert}` counting, stacked to [experts, rows, columns]. */
export function experts(from: string, count: (config: HfConfig) => number): Rule {
  return (input, name, layer) => {
    const pattern = from.replace("{layer}", String(layer));
    const raws: RawTensor[] = [];
    // Ends at the first that is missing: config.json may ask for any number.
    for (let expert = 0; expert < count(input.config); expert++) {
      const source = pattern.replace("{expert}", String(expert));
      const raw = input.take(source);
      if (!raw) return { missing: [source] };
      raws.push(raw);
    }
    return ggufTensor(name, stacked(raws as [RawTensor, ...RawTensor[]]));
  };
}

/** Gate (0) or up (1) half of a fused [experts, gate then up, columns]. */
export function expertHalf(from: string, which: 0 | 1): Rule {
  return plain(from, (raw) => half(raw, which));
}

/** Gate (0) or up (1) of a fused, interleaved [experts, gate and up in turns, ...]. */
export function expertTurns(from: string, first: 0 | 1): Rule {
  return plain(from, (raw) => everyOther(raw, first));
}

/** Matrices stored input by output. */
export function expertTransposed(from: string, layout: Layout = (raw) => raw): Rule {
  return plain(from, (raw, config) => layout(transposed(raw), config));
}

/** A pair of `<from>_blocks` and `<from>_scales`. */
export function expertMxfp4(from: string, layout: (raw: RawTensor) => RawTensor = (raw) => raw): Rule {
  return (input, name, layer) => {
    const sources = ["_blocks", "_scales"].map((suffix) => from.replace("{layer}", String(layer)) + suffix);
    const [blocks, scales] = sources.map((source) => input.take(source));
    if (!blocks || !scales) return { missing: sources };
    return mxfp4(name, layout(blocks), layout(scales));
  };
}
