/** Every error of this package. `code` is stable; the structured fields are for programs, the message for people. */
export class CacheError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option of the cache is out of range. */
export class CacheOptionError extends CacheError {
  readonly option: string;
  constructor(option: string, message: string) {
    super("CACHE_BAD_OPTION", `${option}: ${message}`);
    this.option = option;
  }
}

/** Why an entry cannot be evicted now. */
export type BusyState = "loading" | "serving" | "pinned";

export interface BusyModel {
  key: string;
  /** Bytes held (of a load in progress: its estimate). */
  bytes: number;
  state: BusyState;
}

export interface DoesNotFit {
  key: string;
  limit: "bytes" | "entries";
  /** Bytes (or entries) the new model takes. */
  needed: number;
  /** The cache's `maxBytes` (or `maxEntries`). */
  budget: number;
  /** Bytes (or entries) held now, loads in progress included. */
  held: number;
  /** What holds them and cannot be evicted. Empty when the model alone exceeds the budget. */
  busy: BusyModel[];
}

/** The model does not fit: by itself, or beside the models that are busy. Nothing was evicted for it. */
export class ModelDoesNotFitError extends CacheError {
  readonly key: string;
  readonly limit: "bytes" | "entries";
  readonly needed: number;
  readonly budget: number;
  readonly held: number;
  readonly busy: readonly BusyModel[];
  constructor(facts: DoesNotFit) {
    super("CACHE_MODEL_DOES_NOT_FIT", describeMisfit(facts));
    this.key = facts.key;
    this.limit = facts.limit;
    this.needed = facts.needed;
    this.budget = facts.budget;
    this.held = facts.held;
    this.busy = facts.busy;
  }
}

/** The model was unloaded while it was still loading. */
export class LoadCancelledError extends CacheError {
  readonly key: string;
  constructor(key: string) {
    super(
      "CACHE_LOAD_CANCELLED",
      `model "${key}" was unloaded before it had finished loading; ask for it again`,
    );
    this.key = key;
  }
}

/** `sizeOf` or `estimatedBytes` gave something that is no number of bytes. */
export class InvalidSizeError extends CacheError {
  readonly key: string;
  readonly size: unknown;
  constructor(key: string, source: string, size: unknown) {
    super(
      "CACHE_INVALID_SIZE",
      `${source} of model "${key}" is ${String(size)}; it must be a finite number of bytes >= 0`,
    );
    this.key = key;
    this.size = size;
  }
}

function describeMisfit({ key, limit, needed, budget, held, busy }: DoesNotFit): string {
  const numbers =
    limit === "bytes"
      ? `needs ${needed} bytes of a budget of ${budget}, of which ${held} are held`
      : `needs a place and ${held} of ${budget} are taken`;
  if (busy.length === 0)
    return `model "${key}" ${numbers}: it can never fit; raise the budget or take a smaller model`;
  const names = busy.map((model) => `"${model.key}" (${model.state}, ${model.bytes} bytes)`).join(", ");
  return `model "${key}" ${numbers}; these cannot be evicted now: ${names}; retry later, unload or unpin one, or raise the budget`;
}
