/** The ids a vocabulary names. Each one given is below `vocabSize`. */
export interface SpecialIds {
  readonly bos?: number;
  readonly eos?: number;
  /** End of turn. */
  readonly eot?: number;
  readonly unk?: number;
  readonly pad?: number;
  readonly sep?: number;
  readonly cls?: number;
  readonly mask?: number;
}

export interface EncodeOptions {
  /** Add what the vocabulary puts around a text: BOS, EOS, [CLS] ... [SEP]. Default true. */
  readonly addSpecial?: boolean;
  /**
   * Read the texts of control tokens (`<|im_start|>`, `</s>`) in the input as those tokens instead of as plain text.
   * Default false. User-defined tokens are always matched.
   */
  readonly parseSpecial?: boolean;
}

export interface DecodeOptions {
  /** Leave control tokens out of the text. Default true. */
  readonly skipSpecial?: boolean;
  /**
   * The ids go on from a text that is already there: what belongs to a text's start (the space SentencePiece puts in
   * front, stripped otherwise) is left as it is. For generated text after a prompt. Default false.
   */
  readonly continuation?: boolean;
}

/**
 * Turns ids into text as they come. Never emits half a character: bytes that may still become one are held back.
 * Law: the joined results of `push` followed by `flush` equal `decode` of all ids.
 */
export interface StreamDecoder {
  /** Text that became certain with this id; often empty. O(1) per token. */
  push(id: number): string;
  /** Whatever was held back, incomplete characters as U+FFFD. The decoder is then ready for a new text. */
  flush(): string;
}

/**
 * Text to ids and back. Immutable apart from caches of pure results.
 *
 * `encode` accepts every string: a lone surrogate counts as U+FFFD. `decode`, `tokenBytes`, `tokenText` and `push` throw
 * `TokenIdError` for an id that is not an integer in [0, vocabSize).
 */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly special: SpecialIds;
  /** Whether `addSpecial` puts BOS (or [CLS]) in front. */
  readonly addBos: boolean;
  /** Whether `addSpecial` puts EOS (or [SEP]) behind. */
  readonly addEos: boolean;
  /** Ids after which a model has finished: eos, eot and the chat end tokens known by text (`<|im_end|>`, `<end_of_turn>` ...). */
  readonly endOfGeneration: ReadonlySet<number>;
  encode(text: string, options?: EncodeOptions): number[];
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /** The raw bytes one token stands for, possibly a part of a character. For a control token: the UTF-8 of its text. */
  tokenBytes(id: number): Uint8Array;
  /** The vocabulary's own spelling, such as `Ġhello`, `▁hello` or `<0x0A>`. */
  tokenText(id: number): string;
  /** The id of a token in the vocabulary's own spelling. */
  tokenId(text: string): number | undefined;
  /** True for control tokens: those `decode` leaves out with `skipSpecial`. */
  isSpecial(id: number): boolean;
  streamDecoder(options?: DecodeOptions): StreamDecoder;
}

/**
 * Everything of `tokenizer.ggml.*` as plain data, key by key (spec: ggml/docs/gguf.md; gguf-py/gguf/constants.py).
 * `ggufVocabulary` reads one out of a file's metadata. Ids of 0xFFFFFFFF and -1 mean absent.
 */
export interface GgufVocabulary {
  /** `tokenizer.ggml.model`: "llama", "gpt2", "bert", "t5", "gemma4" ... */
  readonly model: string;
  /** `tokenizer.ggml.pre`: the pre-tokenizer's name for byte-level BPE. */
  readonly pre?: string;
  readonly tokens: readonly string[];
  /** One a token: log probability (unigram) or minus the merge rank (SentencePiece BPE). */
  readonly scores?: ArrayLike<number>;
  /** One a token: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte. */
  readonly tokenTypes?: ArrayLike<number>;
  /** Byte-level BPE: "left right", best first. */
  readonly merges?: readonly string[];
  readonly bosId?: number;
  readonly eosId?: number;
  readonly eotId?: number;
  readonly eomId?: number;
  readonly unkId?: number;
  readonly padId?: number;
  readonly sepId?: number;
  readonly clsId?: number;
  readonly maskId?: number;
  /** `add_bos_token`; absent means the model's default. */
  readonly addBos?: boolean;
  /** `add_eos_token`; absent means the model's default. */
  readonly addEos?: boolean;
  /** `add_sep_token`. */
  readonly addSep?: boolean;
  /** `add_space_prefix`; absent means the model's default. */
  readonly addSpacePrefix?: boolean;
  readonly removeExtraWhitespaces?: boolean;
  /** SentencePiece's compiled normalizer. */
  readonly precompiledCharsmap?: ArrayLike<number>;
  /** WordPiece: lower the text's case (default true), strip accents (default: as `lowercase`). */
  readonly lowercase?: boolean;
  readonly stripAccents?: boolean;
  /** `general.name` and `general.architecture`: files carry no per-token attributes, so some go by these. */
  readonly modelName?: string;
  readonly architecture?: string;
}
