import type { GgmlTypeName } from "./ggml-types.ts";

export type GgufErrorCode =
  | "GGUF_TRUNCATED"
  | "GGUF_BAD_MAGIC"
  | "GGUF_UNSUPPORTED_VERSION"
  | "GGUF_LIMIT"
  | "GGUF_BAD_METADATA"
  | "GGUF_BAD_TENSOR"
  | "GGUF_BAD_SHARDS"
  | "GGUF_MISSING_KEY"
  | "GGUF_WRONG_TYPE"
  | "GGUF_BAD_LENGTH"
  | "GGUF_UNSUPPORTED_TYPE"
  | "GGUF_SOURCE";

/** Base of every error this package throws on purpose; `code` is stable. */
export class GgufError extends Error {
  readonly code: GgufErrorCode;
  constructor(code: GgufErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** Fewer bytes than the file's own lengths ask for. `offset`, `needed` and `size` are in bytes. */
export class GgufTruncatedError extends GgufError {
  readonly offset: number;
  readonly needed: number;
  readonly size: number;
  constructor(offset: number, needed: number, size: number, what: string) {
    super(
      "GGUF_TRUNCATED",
      size === 0
        ? "the file is empty; fetch it again"
        : `${what} needs ${needed} bytes at offset ${offset}, but the file ends at ${size}; it is cut short or corrupt, fetch it again`,
    );
    this.offset = offset;
    this.needed = needed;
    this.size = size;
  }
}

/** The first four bytes are not "GGUF". */
export class GgufMagicError extends GgufError {
  readonly found: string;
  constructor(found: string) {
    super(
      "GGUF_BAD_MAGIC",
      `not a GGUF file: it starts with "${found}", not "GGUF"; a model in another format has to be converted first`,
    );
    this.found = found;
  }
}

/** A version other than 1, 2 and 3. */
export class GgufVersionError extends GgufError {
  readonly version: number;
  constructor(version: number, bigEndian: boolean) {
    super(
      "GGUF_UNSUPPORTED_VERSION",
      bigEndian
        ? "big-endian GGUF is not supported; write the file again as little-endian"
        : `GGUF version ${version} is not supported (1, 2 and 3 are)`,
    );
    this.version = version;
  }
}

/** A count or length beyond a limit of this reader (see limits.ts). */
export class GgufLimitError extends GgufError {
  readonly what: string;
  readonly found: number;
  readonly limit: number;
  constructor(what: string, found: number, limit: number) {
    super("GGUF_LIMIT", `${what} is ${found}, more than the ${limit} this reader allows`);
    this.what = what;
    this.found = found;
    this.limit = limit;
  }
}

/** A metadata entry that cannot be: unknown type, empty or repeated key, bad alignment. */
export class GgufMetadataError extends GgufError {
  readonly key: string;
  constructor(key: string, problem: string) {
    super("GGUF_BAD_METADATA", `metadata key ${JSON.stringify(key)}: ${problem}`);
    this.key = key;
  }
}

/** A tensor entry that cannot be: unknown type, impossible shape, wrong offset, repeated name. */
export class GgufTensorError extends GgufError {
  readonly tensor: string;
  constructor(tensor: string, problem: string) {
    super("GGUF_BAD_TENSOR", `tensor ${JSON.stringify(tensor)}: ${problem}`);
    this.tensor = tensor;
  }
}

/** Files that are not the complete, ordered parts of one split model. */
export class GgufShardError extends GgufError {
  readonly shard: number;
  constructor(shard: number, problem: string) {
    super("GGUF_BAD_SHARDS", `shard ${shard}: ${problem}`);
    this.shard = shard;
  }
}

/** A metadata key that is not there. */
export class GgufMissingKeyError extends GgufError {
  readonly key: string;
  constructor(key: string) {
    super("GGUF_MISSING_KEY", `metadata has no key ${JSON.stringify(key)}`);
    this.key = key;
  }
}

/** A metadata value of another type than asked for. */
export class GgufWrongTypeError extends GgufError {
  readonly key: string;
  readonly expected: string;
  readonly found: string;
  constructor(key: string, expected: string, found: string) {
    super("GGUF_WRONG_TYPE", `metadata key ${JSON.stringify(key)} is ${found}, not ${expected}`);
    this.key = key;
    this.expected = expected;
    this.found = found;
  }
}

/** Bytes or floats whose count does not fit the block layout or the shape. */
export class GgufLengthError extends GgufError {
  readonly expected: string;
  readonly found: number;
  constructor(what: string, expected: string, found: number) {
    super("GGUF_BAD_LENGTH", `${what}: expected ${expected}, got ${found}`);
    this.expected = expected;
    this.found = found;
  }
}

/** A tensor type this operation has no code for. */
export class GgufUnsupportedTypeError extends GgufError {
  readonly type: GgmlTypeName;
  readonly operation: string;
  constructor(type: GgmlTypeName, operation: string) {
    super("GGUF_UNSUPPORTED_TYPE", `cannot ${operation} ${type}`);
    this.type = type;
    this.operation = operation;
  }
}

/** A byte source that failed or broke its contract (an HTTP server without ranges, a short answer). */
export class GgufSourceError extends GgufError {
  readonly source: string;
  constructor(source: string, problem: string, options?: ErrorOptions) {
    super("GGUF_SOURCE", `${source}: ${problem}`, options);
    this.source = source;
  }
}
