/** Base of every error of this package: a stable `code` and the fields that say where. */
export class TokenizerError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An id outside [0, vocabSize) was given to decode. */
export class TokenIdError extends TokenizerError {
  readonly id: number;
  readonly vocabSize: number;
  constructor(id: number, vocabSize: number) {
    super(
      "TOKENIZER_TOKEN_ID",
      `Token id ${id} is not an integer in [0, ${vocabSize}). Decode only ids of this vocabulary.`,
    );
    this.id = id;
    this.vocabSize = vocabSize;
  }
}

/** A vocabulary contradicts itself: lengths, types, ids or spellings. `field` names the part at fault. */
export class VocabularyError extends TokenizerError {
  readonly field: string;
  constructor(field: string, problem: string) {
    super(
      "TOKENIZER_BAD_VOCABULARY",
      `Bad vocabulary: ${field} ${problem}. Convert or download the model again.`,
    );
    this.field = field;
  }
}

/** A tokenizer part of a kind this package does not know. `part` is "normalizer", "pre_tokenizer", ... */
export class UnknownKindError extends TokenizerError {
  readonly part: string;
  readonly kind: string;
  constructor(part: string, kind: string, advice: string) {
    super("TOKENIZER_UNKNOWN_KIND", `Unknown ${part} "${kind}". ${advice}`);
    this.part = part;
    this.kind = kind;
  }
}

/** A value of a tokenizer file has the wrong type or shape. `path` is where, such as `pre_tokenizer.pattern`. */
export class TokenizerFileError extends TokenizerError {
  readonly path: string;
  constructor(path: string, problem: string) {
    super("TOKENIZER_BAD_FILE", `Bad tokenizer file: ${path} ${problem}. Download the file again.`);
    this.path = path;
  }
}

/** A regular expression of a tokenizer file that cannot be carried over to this engine. */
export class PatternError extends TokenizerError {
  readonly pattern: string;
  constructor(pattern: string, problem: string, options?: ErrorOptions) {
    super(
      "TOKENIZER_BAD_PATTERN",
      `Cannot use the pattern ${JSON.stringify(pattern.slice(0, 200))}: ${problem}. Rewrite it with a supported construct.`,
      options,
    );
    this.pattern = pattern;
  }
}

/** The precompiled character map of a SentencePiece normalizer is cut off or points outside itself. */
export class CharsmapError extends TokenizerError {
  constructor(problem: string) {
    super(
      "TOKENIZER_BAD_CHARSMAP",
      `Bad precompiled charsmap: ${problem}. Convert or download the model again.`,
    );
  }
}
