import type { Segment } from "./added-tokens.ts";
import type { StepFactory } from "./decoders/step.ts";
import { textGatherer } from "./decoders/utf8.ts";
import { TokenIdError } from "./errors.ts";
import type { DecodeOptions, SpecialIds, StreamDecoder, Tokenizer } from "./tokenizer.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** The stages of a tokenizer: segment -> normalize -> segment -> split -> word model -> frame, and the way back. */
export interface Pipeline {
  readonly vocabulary: Vocabulary;
  readonly special: SpecialIds;
  /** Control tokens. */
  readonly control: ReadonlySet<number>;
  readonly endOfGeneration: ReadonlySet<number>;
  /** Added tokens found in the raw text. */
  readonly segment: (parseSpecial: boolean) => (text: string) => Segment[];
  readonly normalize: (text: string) => string;
  /** Added tokens found in the normalized text. */
  readonly segmentNormalized?: (parseSpecial: boolean) => (text: string) => Segment[];
  /** @param atStart nothing of the input comes before */
  readonly split: (text: string, atStart: boolean) => readonly string[];
  readonly encodeWord: (word: string) => readonly number[];
  /** Ids that `addSpecial` puts around. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly tokenBytes: (id: number) => Uint8Array;
  /** What the decoder is given for an id: its text, or its bytes. */
  readonly decodes: "texts" | "bytes";
  readonly decoder: StepFactory;
}

export function tokenizerOf(pipeline: Pipeline): Tokenizer {
  const { vocabulary, special, control, before, after } = pipeline;

  const checked = (id: number): number => {
    if (!Number.isInteger(id) || id < 0 || id >= vocabulary.size) throw new TokenIdError(id, vocabulary.size);
    return id;
  };

  const encodeText = (text: string, atStart: boolean, parseSpecial: boolean, out: number[]) => {
    const normalized = pipeline.normalize(text);
    const segments = pipeline.segmentNormalized?.(parseSpecial)(normalized) ?? [normalized];
    let first = atStart;
    for (const segment of segments) {
      if (typeof segment === "number") out.push(segment);
      else {
        for (const word of pipeline.split(segment, first)) {
          for (const id of pipeline.encodeWord(word)) out.push(id);
        }
      }
      first = false;
    }
  };

  const tokenBytes: (Uint8Array | undefined)[] = [];
  const bytesOf = (id: number): Uint8Array => {
    tokenBytes[id] ??= pipeline.tokenBytes(id);
    return tokenBytes[id];
  };

  const streamDecoder = (options: DecodeOptions = {}): StreamDecoder => {
    const skipSpecial = options.skipSpecial ?? true;
    const gatherer = textGatherer();
    const start = { continuation: options.continuation ?? false };
    let step = pipeline.decoder(gatherer.add, start);
    const feed = (id: number) => {
      checked(id);
      if (skipSpecial && control.has(id)) return;
      step.push(pipeline.decodes === "texts" ? vocabulary.texts[id]! : bytesOf(id));
    };
    return {
      push(id) {
        feed(id);
        return gatherer.take();
      },
      flush() {
        step.flush();
        step = pipeline.decoder(gatherer.add, start);
        return gatherer.finish();
      },
    };
  };

  return {
    vocabSize: vocabulary.size,
    special,
    addBos: before.length > 0,
    addEos: after.length > 0,
    endOfGeneration: pipeline.endOfGeneration,
    encode(text, options = {}) {
      const addSpecial = options.addSpecial ?? true;
      const parseSpecial = options.parseSpecial ?? false;
      const out: number[] = addSpecial ? [...before] : [];
      let atStart = true;
      for (const segment of pipeline.segment(parseSpecial)(text.toWellFormed())) {
        if (typeof segment === "number") out.push(segment);
        else encodeText(segment, atStart, parseSpecial, out);
        atStart = false;
      }
      if (addSpecial) out.push(...after);
      return out;
    },
    decode(ids, options) {
      const decoder = streamDecoder(options);
      const parts: string[] = [];
      for (const id of ids) parts.push(decoder.push(id));
      parts.push(decoder.flush());
      return parts.join("");
    },
    tokenBytes: (id) => bytesOf(checked(id)).slice(),
    tokenText: (id) => vocabulary.texts[checked(id)]!,
    tokenId: (text) => vocabulary.ids.get(text),
    isSpecial: (id) => control.has(id),
    streamDecoder,
  };
}
