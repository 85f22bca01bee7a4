import type { EncodeOptions } from "@realizar/tokenizers";
import { BadRequestError, PromptTooLongError } from "./errors.ts";
import type { ServedModel } from "./served-model.ts";

/** What is needed of a model to tokenize for it. */
export type Encoding = Pick<ServedModel, "engine" | "tokenizer">;

export interface PromptEncoding {
  /** Read the texts of control tokens as those tokens. */
  readonly parseSpecial: boolean;
  /** As of `encodeText`. */
  readonly together?: number;
}

/** Texts longer than this, in UTF-16 units, are tokenized on the engine's thread: this one has others to answer. */
const LONG_TEXT = 16_384;

/**
 * A text's ids.
 * @param together UTF-16 units of all texts that are tokenized at once with this one
 */
export async function encodeText(
  { engine, tokenizer }: Encoding,
  text: string,
  options?: EncodeOptions,
  together = text.length,
): Promise<number[]> {
  return together > LONG_TEXT ? engine.encode(text, options) : tokenizer.encode(text, options);
}

/** For `together`. */
export function totalLength(texts: readonly unknown[]): number {
  return texts.reduce<number>((sum, text) => sum + (typeof text === "string" ? text.length : 0), 0);
}

/**
 * A prompt's ids, BOS in front where the model wants one (and the text does not begin with it already), and nothing
 * behind: what follows is to be generated.
 */
export async function encodePrompt(
  model: Encoding,
  text: string,
  { parseSpecial, together }: PromptEncoding,
): Promise<number[]> {
  const { tokenizer } = model;
  const ids = await encodeText(model, text, { addSpecial: false, parseSpecial }, together);
  const bos = tokenizer.addBos ? (tokenizer.special.bos ?? tokenizer.special.cls) : undefined;
  if (bos !== undefined && ids[0] !== bos) ids.unshift(bos);
  return ids;
}

/** @throws PromptTooLongError */
export function checkFits(ids: readonly number[], contextSize: number): void {
  if (ids.length > contextSize) throw new PromptTooLongError(ids.length, contextSize);
}

/** @throws BadRequestError where the number is below 0 or above the context's size */
export function checkMaxTokens(field: string, maxTokens: number, contextSize: number): void {
  if (maxTokens >= 0 && maxTokens <= contextSize) return;
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
