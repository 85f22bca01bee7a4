import { type Output, PAGE_SIZE } from "./model-runner.ts";

/** What a sequence is to become. */
export interface SequenceSpec {
  /** Unique among the scheduler's sequences. */
  readonly id: number;
  readonly prompt: ArrayLike<number>;
  /** Most tokens to generate; the context may end sooner. */
  readonly maxTokens: number;
  /** Ids that end the sequence when they are chosen. */
  readonly stopTokens: ReadonlySet<number>;
  /** First prompt position whose output is wanted; the prompt's length where none are but for the next token. */
  readonly logitsFrom: number;
  /** What its rows are to give. Default logits. */
  readonly output?: Output;
  /** Whether all its positions must be computed in one step. Default false. */
  readonly whole?: boolean;
  /** Greater goes first; equal ones go by arrival. */
  readonly priority: number;
}

/**
 * State of one sequence. There is no prefill and no decode: `computed` of `tokens.length` positions are in the KV pages,
 * and scheduling closes the gap.
 */
export interface Sequence {
  readonly id: number;
  readonly priority: number;
  readonly stopTokens: ReadonlySet<number>;
  readonly promptLength: number;
  /** The sequence ends at this many tokens. */
  readonly limit: number;
  readonly output: Output;
  readonly whole: boolean;
  /** Order of arrival. */
  readonly arrival: number;
  /** Prompt and what followed. */
  readonly tokens: number[];
  computed: number;
  /** Greatest value `computed` has had. */
  farthest: number;
  /** First position whose output has still to be delivered. */
  logitsNext: number;
  /** Room for all page ids; the first `pageCount` are held. */
  readonly storage: Int32Array;
  pageCount: number;
  /** storage[0, pageCount). */
  pages: Int32Array;
  /** Leading pages that are indexed. */
  sealed: number;
  /** False after a hash collision: later pages cannot be indexed behind a private one. */
  sealable: boolean;
  /** Prompt tokens found in the prefix cache. */
  cachedTokens: number;
  /** Whether it has been admitted before. */
  admitted: boolean;
}

/** Pages that hold `tokens` tokens. */
export const pagesFor = (tokens: number): number => Math.ceil(tokens / PAGE_SIZE);

/** @param context most tokens of any sequence */
export function createSequence(spec: SequenceSpec, arrival: number, context: number): Sequence {
  const tokens = Array.from(spec.prompt);
  const limit = Math.min(tokens.length + spec.maxTokens, context);
  const storage = new Int32Array(pagesFor(limit));
  return {
    id: spec.id,
    priority: spec.priority,
    stopTokens: spec.stopTokens,
    promptLength: tokens.length,
    limit,
    output: spec.output ?? "logits",
    whole: spec.whole ?? false,
    arrival,
    tokens,
    computed: 0,
    farthest: 0,
    logitsNext: limit > tokens.length ? Math.min(spec.logitsFrom, tokens.length - 1) : spec.logitsFrom,
    storage,
    pageCount: 0,
    pages: storage.subarray(0, 0),
    sealed: 0,
    sealable: true,
    cachedTokens: 0,
    admitted: false,
  };
}

/** Appends a page to the sequence's table. */
export function pushPage(sequence: Sequence, page: number): void {
  sequence.storage[sequence.pageCount++] = page;
  sequence.pages = sequence.storage.subarray(0, sequence.pageCount);
}

/** Whether a goes before b: by priority, then by arrival. */
export function goesBefore(a: Sequence, b: Sequence): boolean {
  return a.priority === b.priority ? a.arrival < b.arrival : a.priority > b.priority;
}
