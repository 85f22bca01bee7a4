import type { GgufValue } from "@realizar/gguf";
import { FormatsError } from "../errors.ts";
import { isObject, type JsonObject } from "../folder.ts";

/** What a Hugging Face folder says about its model. */
export interface HfConfig {
  /** What messages call the folder. */
  readonly path: string;
  readonly modelType: string;
  /** config.json, a nested `text_config` laid over it. */
  readonly json: JsonObject;
  /** `rope_parameters` or `rope_scaling`, of full attention where layers differ; empty where there are none. */
  readonly rope: JsonObject;
  /** llama.cpp's number of the sentence-transformers pooling, where modules.json names one. */
  readonly pooling?: number;
}

/** Model types that wrap a text model, whose own type says nothing about it. */
function innerConfig(json: JsonObject): JsonObject {
  return isObject(json.text_config) ? { ...json, ...json.text_config } : json;
}

/** Reads config.json's contents; throws FORMATS_CONFIG_INVALID where it names no model_type. */
export function hfConfig(path: string, outer: JsonObject, pooling?: number): HfConfig {
  const json = innerConfig(outer);
  const { model_type: modelType } = json;
  if (typeof modelType !== "string") throw invalid(path, "model_type", modelType, "a name");
  const given = [json.rope_parameters, json.rope_scaling].find(isObject) ?? {};
  const rope = isObject(given.full_attention) ? given.full_attention : given;
  return { path, modelType, json, rope, pooling };
}

/** How one GGUF metadata value follows from a config: undefined where the key is left out. */
export type Parameter = (config: HfConfig) => GgufValue | undefined;

/** Counts beyond this are refused as damage: GGUF keeps them as uint32. */
const MAX_INTEGER = 2 ** 32 - 1;

/** A non-negative integer of config.json, undefined where absent or null. */
export function findInteger(config: HfConfig, ...keys: readonly string[]): number | undefined {
  return integerOf(config, config.json, keys);
}

/** A non-negative integer of the rope parameters, undefined where absent or null. */
export function findRopeInteger(config: HfConfig, ...keys: readonly string[]): number | undefined {
  return integerOf(config, config.rope, keys);
}

/** As {@link findInteger}; throws FORMATS_CONFIG_INVALID where absent. */
export function getInteger(config: HfConfig, ...keys: readonly string[]): number {
  const value = findInteger(config, ...keys);
  if (value === undefined) throw invalid(config.path, keys[0]!, undefined, "a non-negative integer");
  return value;
}

/** A positive integer; throws FORMATS_CONFIG_INVALID where absent or zero. */
export function getCount(config: HfConfig, ...keys: readonly string[]): number {
  const value = getInteger(config, ...keys);
  if (value === 0) throw invalid(config.path, keys[0]!, value, "a positive integer");
  return value;
}

/** A finite number of config.json, undefined where absent or null. */
export function findNumber(config: HfConfig, ...keys: readonly string[]): number | undefined {
  return numberOf(config, config.json, keys);
}

/** A finite number of the rope parameters, undefined where absent or null. */
export function findRopeNumber(config: HfConfig, ...keys: readonly string[]): number | undefined {
  return numberOf(config, config.rope, keys);
}

/** An array of finite numbers of the rope parameters, undefined where absent or null. */
export function findRopeNumbers(config: HfConfig, key: string): readonly number[] | undefined {
  const value = config.rope[key] ?? undefined;
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((entry) => Number.isFinite(entry))) return value;
  throw invalid(config.path, key, value, "an array of numbers");
}

/** Rows of queries and keys a head has: `head_dim`, or else an equal share of the hidden size. */
export function headDimension(config: HfConfig): number {
  return findInteger(config, "head_dim") ?? sharedHeadDimension(config);
}

/** Hidden size over heads, where head_dim does not count. */
export function sharedHeadDimension(config: HfConfig): number {
  const hidden = getCount(config, "hidden_size", "n_embd");
  const heads = getCount(config, "num_attention_heads", "n_head");
  if (hidden % heads === 0) return hidden / heads;
  throw invalid(config.path, "hidden_size", hidden, `a multiple of num_attention_heads (${heads})`);
}

/** Kind of rope scaling, in lower case; undefined where there is none. */
export function ropeType(config: HfConfig): string | undefined {
  const type = config.rope.rope_type ?? config.rope.type;
  return typeof type === "string" ? type.toLowerCase() : undefined;
}

/** The base frequency of layers with a sliding window, undefined where config.json does not say. */
export function slidingRopeBase(config: HfConfig): number | undefined {
  const parameters = config.json.rope_parameters;
  const sliding =
    isObject(parameters) && isObject(parameters.sliding_attention) ? parameters.sliding_attention : {};
  return numberOf(config, sliding, ["rope_theta"]) ?? findNumber(config, "rope_local_base_freq");
}

/** An integer of config.json, or `otherwise` where absent; the key is left out where both are undefined. */
export function integer(keys: string | readonly string[], otherwise?: number): Parameter {
  return (config) => uint32(findInteger(config, ...[keys].flat()) ?? otherwise);
}

/** An integer that has to be there and positive. */
export function count(...keys: readonly string[]): Parameter {
  return (config) => uint32(getCount(config, ...keys));
}

/** A number of config.json, or `otherwise` where absent. */
export function float(keys: string | readonly string[], otherwise?: number): Parameter {
  return (config) => float32(findNumber(config, ...[keys].flat()) ?? otherwise);
}

/** A uint32 value; undefined stays undefined. */
export function uint32(value: number | undefined): GgufValue | undefined {
  return value === undefined ? undefined : { type: "uint32", value };
}

/** A float32 value, rounded to it; undefined stays undefined. */
export function float32(value: number | undefined): GgufValue | undefined {
  return value === undefined ? undefined : { type: "float32", value: Math.fround(value) };
}

/** Throws FORMATS_UNSUPPORTED: a setting no model code here follows. */
export function unsupported(config: HfConfig, key: string, why: string): never {
  throw new FormatsError("FORMATS_UNSUPPORTED", `${config.path}: config.json sets ${key}, ${why}`, {
    path: config.path,
    key,
  });
}

function find(json: JsonObject, keys: readonly string[]): [string, unknown] {
  const key = keys.find((name) => json[name] !== undefined && json[name] !== null);
  return key === undefined ? [keys[0]!, undefined] : [key, json[key]];
}

function integerOf(config: HfConfig, json: JsonObject, keys: readonly string[]): number | undefined {
  const [key, value] = find(json, keys);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_INTEGER)
    return value;
  throw invalid(config.path, key, value, "a non-negative integer");
}

function numberOf(config: HfConfig, json: JsonObject, keys: readonly string[]): number | undefined {
  const [key, value] = find(json, keys);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw invalid(config.path, key, value, "a number");
}

function invalid(path: string, key: string, found: unknown, expected: string): FormatsError {
  const what = found === undefined ? "has no" : `has ${JSON.stringify(found)} for`;
  return new FormatsError(
    "FORMATS_CONFIG_INVALID",
    `${path}: config.json ${what} ${key}, expected ${expected}`,
    {
      path,
      key,
    },
  );
}
