import { type Coin, logSumExp, type SamplingParams, topLogprobs } from "@realizar/sampling";
import type { DoneEvent, FinishReason } from "./events.ts";
import type { OutputStream, SampledToken } from "./output-stream.ts";
import type { PromptRowSink } from "./prompt-rows.ts";

/** What a job is to do. */
export interface JobParts {
  readonly promptTokens: number;
  readonly sampling: SamplingParams;
  readonly coin: Coin;
  /** Whether tokens carry their log-probability, and how many alternatives. */
  readonly logprobs: boolean;
  readonly topLogprobs: number | undefined;
  readonly output: OutputStream;
  /** Takes the logits of prompt positions; null where they are not wanted. */
  readonly onPromptRow: PromptRowSink | null;
  readonly onDone: (event: DoneEvent) => void;
}

/** One request inside the engine: what the scheduler does not know. Times are `performance.now()`. */
export interface Job extends JobParts {
  readonly id: number;
  readonly submitted: number;
  started: number | null;
  firstToken: number | null;
  completionTokens: number;
  cachedTokens: number;
  /** The token of the step under way. */
  sampled: SampledToken | null;
  /** Stops the clock of its deadline. */
  stopClock: (() => void) | null;
}

export function createJob(id: number, parts: JobParts): Job {
  return {
    ...parts,
    id,
    submitted: performance.now(),
    started: null,
    firstToken: null,
    completionTokens: 0,
    cachedTokens: 0,
    sampled: null,
    stopClock: null,
  };
}

/** A chosen token with what the job wants to know of it. `logits`: raw, [vocabSize]. */
export function describeToken(job: Job, id: number, logits: Float32Array): SampledToken {
  const wanted = job.topLogprobs;
  if (!job.logprobs && wanted === undefined) return { id, logprob: null };
  const total = logSumExp(logits);
  const logprob = logits[id]! - total;
  if (wanted === undefined) return { id, logprob };
  return { id, logprob, topLogprobs: topLogprobs(logits, wanted, total) };
}

/** The job's last event. Lets go of the text it still holds. */
export function endJob(
  job: Job,
  finishReason: FinishReason,
  more: Pick<DoneEvent, "error" | "stopToken">,
): DoneEvent {
  const since = (time: number | null) => (time === null ? null : time - job.submitted);
  return {
    type: "done",
    finishReason,
    ...more,
    text: job.output.end(),
    usage: {
      promptTokens: job.promptTokens,
      completionTokens: job.completionTokens,
      cachedTokens: job.cachedTokens,
    },
    timings: {
      started: since(job.started),
      firstToken: since(job.firstToken),
      done: performance.now() - job.submitted,
    },
  };
}
