import type { DecodeOptions, StreamDecoder, Tokenizer } from "@realizar/tokenizers";

/** 0 <s>, 1 </s>, 2 <unk>, then one id a byte. */
export const FIRST_BYTE = 3;
export const VOCAB_SIZE = FIRST_BYTE + 256;
const CONTROL = ["<s>", "</s>", "<unk>"];

export interface ToyTokenizerOptions {
  readonly addBos?: boolean;
  /** Bytes of some ids that are not one. */
  readonly spelled?: ReadonlyMap<number, Uint8Array>;
  /** Further control tokens, by their texts. */
  readonly control?: ReadonlyMap<string, number>;
}

/** Bytes as tokens: every text has exact ids, and every character beyond ASCII is split over several. */
export function toyTokenizer({ addBos = true, spelled, control }: ToyTokenizerOptions = {}): Tokenizer {
  const encoder = new TextEncoder();
  const bytesOf = (id: number): Uint8Array => {
    if (!Number.isInteger(id) || id < 0 || id >= VOCAB_SIZE) {
      throw Object.assign(new Error(`Token id ${id} is not an integer in [0, ${VOCAB_SIZE}).`), {
        code: "TOKENIZER_TOKEN_ID",
      });
    }
    const own = spelled?.get(id);
    if (own !== undefined) return own;
    return id < FIRST_BYTE ? encoder.encode(CONTROL[id]!) : Uint8Array.of(id - FIRST_BYTE);
  };
  const plain = (text: string): number[] => Array.from(encoder.encode(text), (byte) => byte + FIRST_BYTE);
  const further = new Set(control?.values());
  const isSpecial = (id: number): boolean => id < FIRST_BYTE || further.has(id);
  const streamDecoder = ({ skipSpecial = true }: DecodeOptions = {}): StreamDecoder => {
    let decoder = new TextDecoder();
    return {
      push: (id) => (skipSpecial && isSpecial(id) ? "" : decoder.decode(bytesOf(id), { stream: true })),
      flush() {
        const rest = decoder.decode();
        decoder = new TextDecoder();
        return rest;
      },
    };
  };
  return {
    vocabSize: VOCAB_SIZE,
    special: { bos: 0, eos: 1, unk: 2 },
    addBos,
    addEos: false,
    endOfGeneration: new Set([1]),
    encode(text, { addSpecial = true, parseSpecial = false } = {}) {
      const parts = parseSpecial ? text.split(/(<s>|<\/s>|<unk>)/) : [text];
      const ids = parts.flatMap((part) => {
        const control = parseSpecial ? CONTROL.indexOf(part) : -1;
        return control >= 0 ? [control] : plain(part);
      });
      return addSpecial && addBos ? [0, ...ids] : ids;
    },
    decode(ids, { skipSpecial = true } = {}) {
      const decoder = new TextDecoder();
      let text = "";
      for (const id of ids) {
        const bytes = bytesOf(id);
        if (id >= FIRST_BYTE || !skipSpecial) text += decoder.decode(bytes, { stream: true });
      }
      return text + decoder.decode();
    },
    tokenBytes: bytesOf,
    tokenText: (id) => CONTROL[id] ?? `<0x${(id - FIRST_BYTE).toString(16).toUpperCase().padStart(2, "0")}>`,
    tokenId: (text) => control?.get(text) ?? (CONTROL.includes(text) ? CONTROL.indexOf(text) : undefined),
    isSpecial,
    streamDecoder,
  };
}
