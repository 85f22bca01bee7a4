import { orderedKey } from "./cut.ts";
import { NonFiniteLogitsError } from "./errors.ts";
import { exp, log } from "./exact-math.ts";

/** A token id and its natural log-probability. */
export type TokenLogprob = [id: number, logprob: number];

/**
 * @param position named in the error
 * @throws NonFiniteLogitsError for the first NaN or infinite logit
 */
export function requireFinite(logits: Float32Array, position: number): void {
  let zero = 0; // NaN as soon as one logit is not finite
  for (let i = 0; i < logits.length; i++) zero += logits[i]! * 0;
  if (zero === 0) return;
  const token = logits.findIndex((logit) => !Number.isFinite(logit));
  throw new NonFiniteLogitsError(position, token, logits[token]!);
}

/** ln of the sum of exp(logits), in double precision, shifted by the maximum against overflow. */
export function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > max) max = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += exp(logits[i]! - max);
  return max + log(sum);
}

/** Natural log-softmax of one token. `total` is `logSumExp(logits)` where the caller has it already. */
export function logprobOf(logits: Float32Array, id: number, total = logSumExp(logits)): number {
  return logits[id]! - total;
}

/** Up to this k an insertion into a short list beats sorting the vocabulary. */
const SHORT_LIST = 64;

/**
 * The k likeliest tokens with their natural log-probabilities, descending, equal ones by ascending id.
 * k is cut to the vocabulary's size.
 */
export function topLogprobs(logits: Float32Array, k: number, total = logSumExp(logits)): TokenLogprob[] {
  const wanted = Math.min(k, logits.length);
  if (wanted <= 0) return [];
  const ids = wanted <= SHORT_LIST ? shortList(logits, wanted) : sortedIds(logits).subarray(0, wanted);
  return Array.from(ids, (id): TokenLogprob => [id, logits[id]! - total]);
}

/** Ids of the k greatest logits, by insertion into a descending list. */
function shortList(logits: Float32Array, k: number): Int32Array {
  const ids = new Int32Array(k);
  const values = new Float32Array(k);
  let size = 0;
  for (let id = 0; id < logits.length; id++) {
    const value = logits[id]!;
    if (size === k && value <= values[k - 1]!) continue;
    let at = size < k ? size++ : k - 1;
    for (; at > 0 && values[at - 1]! < value; at--) {
      values[at] = values[at - 1]!;
      ids[at] = ids[at - 1]!;
    }
    values[at] = value;
    ids[at] = id;
  }
  return ids;
}

/**
 * All ids, greatest logit first. Each entry is packed in a double: (2^31 - 1 - ordered key of the logit) * 2^21 + id,
 * 53 bits, so the platform's numeric sort does the rest. Vocabularies end below 2^21 tokens.
 */
function sortedIds(logits: Float32Array): Float64Array {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  const packed = new Float64Array(logits.length);
  for (let id = 0; id < logits.length; id++) {
    float[0] = logits[id]!;
    packed[id] = (0x7fffffff - orderedKey(bits[0]!)) * 2 ** 21 + id;
  }
  packed.sort();
  for (let i = 0; i < packed.length; i++) packed[i] = packed[i]! % 2 ** 21;
  return packed;
}
