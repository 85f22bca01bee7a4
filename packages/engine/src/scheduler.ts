import { InvalidOptionError, PromptTooLongError } from "./errors.ts";
import { type Output, PAGE_SIZE } from "./model-runner.ts";
import { createPagePool, NONE, type PageHash } from "./pages.ts";
import type { PlannedChunk, StepPlan } from "./plan.ts";
import {
  createSequence,
  goesBefore,
  pagesFor,
  pushPage,
  type Sequence,
  type SequenceSpec,
} from "./sequence.ts";
import type { EngineStats } from "./stats.ts";

export interface SchedulerOptions {
  /** Pages of the KV pool. */
  readonly pageCount: number;
  /** Longest sequence the model takes, in tokens. */
  readonly contextSize: number;
  /** Most rows of one step. */
  readonly tokenBudget: number;
  /** Most rows of one step whose output is wanted. */
  readonly maxLogitRows: number;
  /** Most sequences that hold pages at a time; at most `tokenBudget` and `maxLogitRows`. */
  readonly maxRunning: number;
  readonly hash?: PageHash;
}

export type TokenFinish = "stop" | "length";

/** What a step did to one sequence. */
export interface SequenceUpdate {
  readonly sequence: number;
  /** The token it gained, or the stop token that ended it; NONE where it gained none. */
  readonly token: number;
  /** Why it ended and released its pages; null while it goes on. */
  readonly finish: TokenFinish | null;
  /** Prompt tokens that came from the prefix cache. */
  readonly cachedTokens: number;
}

/**
 * Decides which tokens the model is run for. A pure state machine: no clock, no randomness, no I/O.
 *
 * - Sequences go by priority, then arrival. A step gives every sequence that lacks one position its row, then shares the
 *   rest of the token budget among those that lack more, then admits waiting ones in order.
 * - A step gives logits or hidden states; where sequences of both kinds run, steps of either kind take turns.
 * - A sequence that must be whole is computed in one step, or not yet.
 * - Before each chunk, full pages of the same prefix are taken from the cache, as long as one position is left to
 *   compute.
 * - Where pages run out, the last in order is preempted: its pages go back to the cache, it waits, and is recomputed. The
 *   first in order always advances, so every sequence ends.
 */
export interface Scheduler {
  /** Most tokens of one sequence: the smaller of the context and the pool. */
  readonly contextSize: number;
  /** @throws PromptTooLongError for a prompt that could never run, or must be whole and is longer than a step */
  add(spec: SequenceSpec): void;
  /** Drops a sequence and its pages, at any time. False where there is none of this id. */
  cancel(id: number): boolean;
  /**
   * The next step, or null where there is nothing to do.
   * @param promptRows most rows for prompts in a step that also has sequences lacking one position, and in one that
   *   such sequences wait for
   */
  schedule(promptRows?: number): StepPlan | null;
  /**
   * Takes in what a step computed. Chunks of sequences cancelled meanwhile are passed over.
   * @param tokens the chosen token of each chunk that samples; ignored for others. [plan.chunks.length]
   */
  commit(plan: StepPlan, tokens: ArrayLike<number>): SequenceUpdate[];
  /** Running sequences that lack one position. */
  decoding(): number;
  /** Whether any sequence waits or runs. */
  hasWork(): boolean;
  stats(): EngineStats;
  /** @throws PageIntegrityError */
  checkIntegrity(): void;
}

/** @throws InvalidOptionError */
export function createScheduler(options: SchedulerOptions): Scheduler {
  const { tokenBudget, maxLogitRows, maxRunning } = options;
  for (const field of ["pageCount", "contextSize", "tokenBudget", "maxLogitRows", "maxRunning"] as const) {
    const value = options[field];
    if (!Number.isInteger(value) || value < 1)
      throw new InvalidOptionError(field, value, "an integer above 0");
  }
  if (maxRunning > Math.min(tokenBudget, maxLogitRows)) {
    throw new InvalidOptionError("maxRunning", maxRunning, `at most tokenBudget and maxLogitRows`);
  }
  const pool = createPagePool(options.pageCount, options.hash);
  const contextSize = Math.min(options.contextSize, options.pageCount * PAGE_SIZE);
  const sequences = new Map<number, Sequence>();
  const running: Sequence[] = []; // in order
  const waiting: Sequence[] = []; // in order
  let arrivals = 0;
  let steps = 0;
  let lastOutput: Output = "logits";
  let preemptions = 0;
  let prefixQueries = 0;
  let prefixHits = 0;
  let promptTokens = 0;
  let generatedTokens = 0;

  function insert(list: Sequence[], sequence: Sequence): void {
    let at = list.length;
    while (at > 0 && goesBefore(sequence, list[at - 1]!)) at--;
    list.splice(at, 0, sequence);
  }

  /** Back to nothing computed. Pages go last to first, so that the cache evicts the end of a prefix first. */
  function releasePages(s: Sequence): void {
    for (let i = s.pageCount - 1; i >= 0; i--) pool.release(s.storage[i]!);
    s.pageCount = 0;
    s.pages = s.storage.subarray(0, 0);
    s.computed = 0;
    s.sealed = 0;
    s.sealable = true;
  }

  function preemptLast(): void {
    const victim = running.pop()!;
    releasePages(victim);
    insert(waiting, victim);
    preemptions++;
  }

  /**
   * Takes full pages of the same prefix from the cache, the first in place of a page the sequence has filled in part.
   * Leaves one position to compute, and those whose logits are still wanted.
   */
  function matchPrefix(s: Sequence): void {
    const end = Math.min(s.tokens.length - 1, s.logitsNext);
    while (s.sealable && (s.sealed + 1) * PAGE_SIZE <= end) {
      const parent = s.sealed === 0 ? NONE : s.storage[s.sealed - 1]!;
      const page = pool.find(parent, s.tokens, s.sealed * PAGE_SIZE);
      if (page === NONE) return;
      pool.retain(page);
      if (s.pageCount > s.sealed) {
        pool.release(s.storage[s.sealed]!);
        s.storage[s.sealed] = page;
      } else {
        pushPage(s, page);
      }
      s.sealed++;
      s.computed = s.sealed * PAGE_SIZE;
    }
  }

  /** Indexes the pages that have become full. */
  function sealPages(s: Sequence): void {
    while (s.sealable && (s.sealed + 1) * PAGE_SIZE <= s.computed) {
      const parent = s.sealed === 0 ? NONE : s.storage[s.sealed - 1]!;
      const page = pool.seal(s.storage[s.sealed]!, parent, s.tokens, s.sealed * PAGE_SIZE);
      if (page === NONE) s.sealable = false;
      else s.storage[s.sealed++] = page;
    }
  }

  /** Counts prompt tokens that `matchPrefix` has just found and that were never computed for this sequence. */
  function countHits(s: Sequence): void {
    const hits = Math.min(s.computed, s.promptLength) - s.farthest;
    if (hits <= 0) return;
    s.farthest += hits;
    s.cachedTokens += hits;
    prefixHits += hits;
  }

  /**
   * Gives a sequence pages for positions up to `to`, preempting those behind it where not a single row would fit, or not
   * the whole.
   * @returns the end of what fits; `s.computed` where nothing does
   */
  function reserve(s: Sequence, to: number): number {
    while (s.pageCount * PAGE_SIZE < to) {
      const page = pool.take();
      if (page !== NONE) pushPage(s, page);
      else if (!s.whole && s.pageCount * PAGE_SIZE > s.computed) return s.pageCount * PAGE_SIZE;
      else if (running.at(-1) === s) return s.computed;
      else preemptLast();
    }
    return to;
  }

  /** Pages that running sequences lack for tokens they already have, and one each to grow. */
  function headroom(): number {
    let pages = running.length;
    for (const s of running) pages += Math.max(0, pagesFor(s.tokens.length) - s.pageCount);
    return pages;
  }

  /** Moves the first waiting sequence to the running ones, where its tokens so far fit beside them. */
  function admit(): Sequence | null {
    const s = waiting[0];
    if (s === undefined || running.length >= maxRunning) return null;
    matchPrefix(s);
    if (running.length > 0 && pagesFor(s.tokens.length) - s.pageCount + headroom() > pool.available()) {
      releasePages(s);
      return null;
    }
    waiting.shift();
    insert(running, s);
    if (!s.admitted) {
      s.admitted = true;
      prefixQueries += s.promptLength;
      promptTokens += s.promptLength;
    }
    countHits(s);
    return s;
  }

  /** Whether the sequence has its row set aside: it lacks one position and may come in pieces. */
  const isSingle = (s: Sequence) => !s.whole && s.tokens.length - s.computed === 1;

  /** Kinds of output to plan for, the better first: turns are taken. */
  function outputsInTurn(): Output[] {
    const other = lastOutput === "logits" ? "hidden" : "logits";
    if (running.length === 0) return waiting.length === 0 ? [] : [waiting[0]!.output];
    return ([other, lastOutput] as const).filter((output) => running.some((s) => s.output === output));
  }

  function planChunks(output: Output, promptRows: number): PlannedChunk[] {
    const chunks: PlannedChunk[] = [];
    let single = 0; // sequences of this kind that lack one position: their rows are set aside
    let delayed = 0; // those of the other kind
    for (const s of running) {
      if (!isSingle(s)) continue;
      if (s.output === output) single++;
      else delayed++;
    }
    let rows = tokenBudget - single;
    // A step that others wait for costs them its own weights too: it gets half the rows.
    const paced = delayed > 0 ? promptRows / 2 : promptRows;
    if (single + delayed > 0) rows = Math.min(rows, Math.max(1, Math.floor(paced)));
    let logitRows = maxLogitRows - single;

    function plan(s: Sequence, setAside: boolean): void {
      if (s.whole && s.tokens.length > Math.min(rows, logitRows)) return;
      let to = setAside ? s.tokens.length : Math.min(s.tokens.length, s.computed + rows);
      let wantedFrom = Math.max(s.computed, s.logitsNext);
      if (!setAside) to = Math.min(to, wantedFrom + logitRows);
      to = reserve(s, to);
      if (to <= s.computed || (s.whole && to < s.tokens.length)) return;
      wantedFrom = Math.min(wantedFrom, to);
      chunks.push({
        sequence: s.id,
        from: s.computed,
        to,
        tokens: s.tokens,
        pages: s.pages,
        logitsFrom: wantedFrom,
        samples: to === s.tokens.length && to < s.limit,
      });
      if (setAside) return;
      rows -= to - s.computed;
      logitRows -= to - wantedFrom;
    }

    for (let i = 0; i < running.length; i++) {
      const s = running[i]!;
      if (s.output !== output) continue;
      const setAside = isSingle(s);
      if (!setAside) {
        matchPrefix(s);
        countHits(s);
      }
      plan(s, setAside);
    }
    while (rows > 0) {
      const admitted = admit();
      if (admitted === null) break;
      if (admitted.output === output) plan(admitted, false);
    }
    return chunks;
  }

  function schedule(promptRows = tokenBudget): StepPlan | null {
    for (const output of outputsInTurn()) {
      const chunks = planChunks(output, promptRows);
      if (chunks.length === 0) continue;
      steps++;
      lastOutput = output;
      return { output, chunks };
    }
    return null;
  }

  function end(s: Sequence): void {
    releasePages(s);
    sequences.delete(s.id);
  }

  function commit(plan: StepPlan, tokens: ArrayLike<number>): SequenceUpdate[] {
    const updates: SequenceUpdate[] = [];
    for (let i = 0; i < plan.chunks.length; i++) {
      const chunk = plan.chunks[i]!;
      const s = sequences.get(chunk.sequence);
      if (s === undefined) continue;
      s.computed = chunk.to;
      s.farthest = Math.max(s.farthest, chunk.to);
      s.logitsNext = Math.max(s.logitsNext, chunk.to);
      sealPages(s);
      let token = NONE;
      let finish: TokenFinish | null = null;
      if (chunk.samples) {
        token = tokens[i]!;
        if (s.stopTokens.has(token)) {
          finish = "stop";
        } else {
          s.tokens.push(token);
          generatedTokens++;
        }
      }
      const complete = chunk.samples || chunk.to === s.limit;
      if (finish === null && complete && s.tokens.length === s.limit) finish = "length";
      if (finish !== null) {
        running.splice(running.indexOf(s), 1);
        end(s);
      }
      updates.push({ sequence: s.id, token, finish, cachedTokens: s.cachedTokens });
    }
    return updates;
  }

  return {
    contextSize,
    add(spec) {
      const longest = spec.whole === true ? Math.min(contextSize, tokenBudget, maxLogitRows) : contextSize;
      if (spec.prompt.length > longest) throw new PromptTooLongError(spec.prompt.length, longest);
      const s = createSequence(spec, arrivals++, contextSize);
      sequences.set(s.id, s);
      insert(waiting, s);
    },
    cancel(id) {
      const s = sequences.get(id);
      if (s === undefined) return false;
      const list = running.includes(s) ? running : waiting;
      list.splice(list.indexOf(s), 1);
      end(s);
      return true;
    },
    schedule,
    commit,
    decoding() {
      let count = 0;
      for (const s of running) if (isSingle(s)) count++;
      return count;
    },
    hasWork: () => sequences.size > 0,
    stats: () => ({
      running: running.length,
      waiting: waiting.length,
      pagesUsed: pool.used(),
      pagesTotal: pool.pageCount,
      steps,
      preemptions,
      prefixQueries,
      prefixHits,
      promptTokens,
      generatedTokens,
    }),
    checkIntegrity() {
      const held: number[] = [];
      for (const s of sequences.values()) held.push(...s.pages);
      pool.checkIntegrity(held);
    },
  };
}
