import type { PromptEvent, TokenEvent } from "@realizar/engine";
import type { Tokenizer } from "@realizar/tokenizers";

/** What OpenAI sends for minus infinity, which JSON does not have. */
const LOWEST = -9999;

const finite = (logprob: number): number => Math.max(LOWEST, logprob);

const lossy = new TextDecoder();

/** A token's text by itself; bytes of an incomplete character as U+FFFD. */
const textOf = (tokenizer: Tokenizer, id: number): string => lossy.decode(tokenizer.tokenBytes(id));

function candidate(tokenizer: Tokenizer, id: number, logprob: number) {
  const bytes = tokenizer.tokenBytes(id);
  return { token: lossy.decode(bytes), logprob: finite(logprob), bytes: [...bytes] };
}

/** The chat form: an object a token. */
export function chatLogprobs(tokenizer: Tokenizer, tokens: readonly TokenEvent[]) {
  return {
    content: tokens.map(({ id, logprob, topLogprobs }) => ({
      ...candidate(tokenizer, id, logprob ?? LOWEST),
      top_logprobs: (topLogprobs ?? []).map(([other, value]) => candidate(tokenizer, other, value)),
    })),
    refusal: null,
  };
}

/**
 * The completion form: parallel arrays. Where `alternatives` is 0, `top_logprobs` is null.
 * @param textOffset where the first token's text begins
 */
export function completionLogprobs(
  tokenizer: Tokenizer,
  tokens: readonly (TokenEvent | PromptEvent)[],
  alternatives: number,
  textOffset: number,
) {
  let offset = textOffset;
  const texts = tokens.map(({ id }) => textOf(tokenizer, id));
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ logprob }) => (logprob === null ? null : finite(logprob))),
    top_logprobs:
      alternatives === 0
        ? null
        : tokens.map(({ topLogprobs }) => {
            if (topLogprobs === undefined) return null;
            const entries = topLogprobs.map(([id, value]) => [textOf(tokenizer, id), finite(value)] as const);
            // Ids may share a text; the likeliest, which comes first, keeps it.
            return Object.fromEntries(entries.reverse());
          }),
    text_offset: texts.map((text) => {
      const at = offset;
      offset += text.length;
      return at;
    }),
  };
}
