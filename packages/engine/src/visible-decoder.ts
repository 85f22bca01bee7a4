import type { StreamDecoder, Tokenizer } from "@realizar/tokenizers";

/**
 * A decoder of generated ids that leaves control tokens out of the text but for those of `shown`.
 * @param continuation whether the text goes on from another
 */
export function visibleDecoder(
  tokenizer: Pick<Tokenizer, "isSpecial" | "streamDecoder">,
  shown: readonly number[],
  continuation: boolean,
): StreamDecoder {
  if (shown.length === 0) return tokenizer.streamDecoder({ continuation });
  const decoder = tokenizer.streamDecoder({ continuation, skipSpecial: false });
  return {
    push: (id) => (tokenizer.isSpecial(id) && !shown.includes(id) ? "" : decoder.push(id)),
    flush: () => decoder.flush(),
  };
}
