import type { Tokenizer } from "@realizar/tokenizers";
import { BadRequestError, PromptTooLongError } from "./errors.ts";

export interface PromptEncoding {
  /** Read the texts of control tokens as those tokens. */
  readonly parseSpecial: boolean;
}

/**
 * A prompt's ids, BOS in front where the model wants one (and the text does not begin with it already), and nothing
 * behind: what follows is to be generated.
 */
export function encodePrompt(tokenizer: Tokenizer, text: string, { parseSpecial }: PromptEncoding): number[] {
  const ids = tokenizer.encode(text, { addSpecial: false, parseSpecial });
  const bos = tokenizer.addBos ? (tokenizer.special.bos ?? tokenizer.special.cls) : undefined;
  if (bos !== undefined && ids[0] !== bos) ids.unshift(bos);
  return ids;
}

/** @throws PromptTooLongError */
export function checkFits(ids: readonly number[], contextSize: number): void {
  if (ids.length > contextSize) throw new PromptTooLongError(ids.length, contextSize);
}

/** @throws BadRequestError where the number is above the context's size */
export function checkMaxTokens(field: string, maxTokens: number, contextSize: number): void {
  if (maxTokens <= contextSize) return;
  throw new BadRequestError(
    `${field} must be an integer from 0 to ${contextSize}, but is ${maxTokens}`,
    field,
  );
}

/**
 * The bias by token id.
 * @throws BadRequestError for an id the vocabulary does not have
 */
export function toLogitBias(
  given: Readonly<Record<string, number>> | null | undefined,
  vocabSize: number,
): ReadonlyMap<number, number> {
  const bias = new Map<number, number>();
  for (const [key, value] of Object.entries(given ?? {})) {
    const id = Number(key);
    if (id >= vocabSize) {
      throw new BadRequestError(
        `logit_bias must be keyed by token ids from 0 to ${vocabSize - 1}, but has ${key}`,
        "logit_bias",
      );
    }
    bias.set(id, value);
  }
  return bias;
}

/** A list of stop texts, whatever form it was given in. */
export function toStops(given: string | readonly string[] | null | undefined): readonly string[] {
  if (given === undefined || given === null) return [];
  return typeof given === "string" ? [given] : given;
}
