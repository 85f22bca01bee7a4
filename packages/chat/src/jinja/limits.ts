import { LimitFault } from "./fault.ts";

/** Bounds on one rendering. Reaching one throws `TemplateLimitError`. */
export interface TemplateLimits {
  /** Template source, in UTF-16 units. */
  maxSourceLength: number;
  /** Units of work: one per evaluated node, plus a share of every string and list made. */
  maxSteps: number;
  /** Any string, the output included, in UTF-16 units. */
  maxStringLength: number;
  /** Nested evaluations (expressions, blocks, macro calls). */
  maxDepth: number;
  /** Elements of a `range()`; Jinja's sandbox has the same bound. */
  maxRange: number;
}

/**
 * 10 million steps take about a second; 8 Mi characters are beyond any context window in use;
 * 1000 nested evaluations fit the one-megabyte stack of Node; 100 000 is MAX_RANGE of jinja2/sandbox.py.
 */
export const DEFAULT_LIMITS: TemplateLimits = {
  maxSourceLength: 1 << 20,
  maxSteps: 10_000_000,
  maxStringLength: 8 << 20,
  maxDepth: 1000,
  maxRange: 100_000,
};

/** Nesting of values when they are printed, compared or converted. */
export const MAX_VALUE_DEPTH = 200;

/** The running account of one rendering. */
export class Budget {
  readonly limits: TemplateLimits;
  steps = 0;
  depth = 0;

  constructor(limits: TemplateLimits) {
    this.limits = limits;
  }

  spend(steps: number): void {
    this.steps += steps;
    if (this.steps > this.limits.maxSteps) throw new LimitFault("maxSteps", this.limits.maxSteps);
  }

  enter(): void {
    this.depth++;
    if (this.depth > this.limits.maxDepth) throw new LimitFault("maxDepth", this.limits.maxDepth);
  }

  leave(): void {
    this.depth--;
  }

  /** Before making a string of `length` units in fresh memory: 1 step per 8 units. */
  text(length: number): void {
    if (length > this.limits.maxStringLength) {
      throw new LimitFault("maxStringLength", this.limits.maxStringLength);
    }
    this.spend(length >>> 3);
  }

  /** Before joining two strings, which engines do without copying: 1 step per 256 units. */
  concat(length: number): void {
    if (length > this.limits.maxStringLength) {
      throw new LimitFault("maxStringLength", this.limits.maxStringLength);
    }
    this.spend(length >>> 8);
  }

  /** Before reading through a string: 1 step per 64 units. */
  read(text: string): void {
    this.spend(text.length >>> 6);
  }

  /** Before making a list of `length` elements: 1 step per 4. */
  list(length: number): void {
    this.spend(length >>> 2);
  }
}

export function checkValueDepth(depth: number): void {
  if (depth > MAX_VALUE_DEPTH) throw new LimitFault("nesting", MAX_VALUE_DEPTH);
}
