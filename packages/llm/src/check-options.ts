import type { KvType } from "@realizar/tensor";
import { InvalidArgumentError } from "./errors.ts";
import type { BackendName, OpenOptions } from "./open-model.ts";

const KV_TYPES: readonly KvType[] = ["f32", "f16", "q8_0", "q16"];
const BACKENDS: readonly BackendName[] = ["wasm", "reference"];

/** More threads than any machine that this is for has cores; each costs a Worker. */
export const MAX_THREADS = 256;
/** More positions than any model was made for. */
export const MAX_CONTEXT = 2 ** 24;

function checkCount(name: string, value: number | undefined, max: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)) return;
  throw new InvalidArgumentError(name, value, `an integer from 1 to ${max}`);
}

function checkOneOf(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw new InvalidArgumentError(name, value, `one of ${allowed.join(", ")}`);
}

/** @throws InvalidArgumentError */
export function checkKvType(kvType: KvType | undefined): void {
  checkOneOf("kvType", kvType, KV_TYPES);
}

/**
 * Checks before anything is opened or reserved.
 * @throws InvalidArgumentError
 */
export function checkOpenOptions(options: OpenOptions): void {
  checkCount("threads", options.threads, MAX_THREADS);
  checkCount("contextSize", options.contextSize, MAX_CONTEXT);
  checkCount("parallel", options.parallel, 65_536);
  checkKvType(options.kvType);
  checkOneOf("backend", options.backend, BACKENDS);
}
