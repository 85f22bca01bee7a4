import type { TokenLogprob } from "@realizar/sampling";
import type { EncodeOptions } from "@realizar/tokenizers";
import type { EmbedOptions, EngineInfo, EvaluateOptions } from "./engine.ts";
import { EngineError } from "./errors.ts";
import type { DoneEvent, GenerationEvent } from "./events.ts";
import type { Hail } from "./hail.ts";
import type { GenerationRequest } from "./request.ts";
import type { EngineStats } from "./stats.ts";

/*
 * All that passes between a remote engine and its worker. Each side's messages arrive in the order they were sent.
 *
 *     remote                                worker
 *       | -- load -------------------------> |
 *       | <------------- progress (any) ---- |
 *       | <----------- ready or refused ---- |
 *       | -- start ------------------------> |   `id` is the remote's
 *       | -- ask --------------------------> |
 *       | -- cancel, and a hail -----------> |   of either
 *       | <------------ events (batched) --- |   of start
 *       | <------- answered or failed ------ |   of ask
 *       | <------------ broken, at most once |   no more is computed
 *       | -- close ------------------------> |
 *       | <---------------------- closed --- |
 */

/** @typeParam Spec what the worker's `load` is told about the model */
export type ToWorker<Spec> =
  | { readonly type: "load"; readonly spec: Spec; readonly hail: Hail | undefined }
  | { readonly type: "start"; readonly id: number; readonly request: GenerationRequest }
  | { readonly type: "ask"; readonly id: number; readonly question: Question }
  | { readonly type: "cancel"; readonly id: number }
  | { readonly type: "close" };

export type FromWorker =
  | { readonly type: "progress"; readonly fraction: number }
  | { readonly type: "ready"; readonly info: EngineInfo }
  | { readonly type: "refused"; readonly error: ErrorData }
  | { readonly type: "events"; readonly events: readonly SentEvent[] }
  | { readonly type: "answered"; readonly id: number; readonly answer: Answers[keyof Answers] }
  | { readonly type: "failed"; readonly id: number; readonly error: ErrorData }
  | { readonly type: "broken"; readonly error: ErrorData }
  | { readonly type: "closed" };

/** What is asked for one answer. */
export type Question =
  | {
      readonly type: "evaluate";
      readonly ids: Int32Array;
      readonly options: Omit<EvaluateOptions, "signal">;
    }
  | { readonly type: "embed"; readonly ids: Int32Array; readonly options: Omit<EmbedOptions, "signal"> }
  | { readonly type: "encode"; readonly text: string; readonly options: EncodeOptions | undefined }
  | { readonly type: "stats" };

/** The answer to each. */
export interface Answers {
  readonly evaluate: PackedRows;
  readonly embed: Float32Array;
  readonly encode: Int32Array;
  readonly stats: EngineStats;
}

/** An event and the request it belongs to. */
export type SentEvent = readonly [id: number, event: EventData];

/** An event with its error as data. */
export type EventData =
  | Exclude<GenerationEvent, DoneEvent>
  | (Omit<DoneEvent, "error"> & { readonly error?: ErrorData });

export function eventToData(event: GenerationEvent): EventData {
  if (event.type !== "done" || event.error === undefined) return event as EventData;
  return { ...event, error: errorToData(event.error) };
}

export function eventFromData(data: EventData): GenerationEvent {
  if (data.type !== "done" || data.error === undefined) return data as GenerationEvent;
  return { ...data, error: errorFromData(data.error) };
}

/** An error without its class: structured cloning would drop the code and the fields. */
export interface ErrorData {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  /** The error's own plain fields. */
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: ErrorData;
}

/** Causes deeper than this are dropped. */
const DEEPEST_CAUSE = 4;

export function errorToData(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error))
    return { name: "Error", code: "UNKNOWN", message: String(error), fields: {} };
  const fields: Record<string, string | number | boolean> = {};
  for (const [key, value] of Object.entries(error)) {
    if (key === "name" || key === "code") continue;
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      fields[key] = value;
  }
  const code = "code" in error ? String(error.code) : "UNKNOWN";
  const data = { name: error.name, code, message: error.message, fields };
  const hasCause = error.cause !== undefined && depth < DEEPEST_CAUSE;
  return hasCause ? { ...data, cause: errorToData(error.cause, depth + 1) } : data;
}

/** An error of the same name, code, message and fields, whatever package it came from. */
export function errorFromData(data: ErrorData): EngineError {
  const options = data.cause === undefined ? undefined : { cause: errorFromData(data.cause) };
  return Object.assign(new EngineError(data.code, data.message, options), data.fields, { name: data.name });
}

/** Rows of [id, logprob] as two arrays: cloning nested arrays would cost more than the evaluation of a small model. */
export interface PackedRows {
  /** Length of each row. */
  readonly width: number;
  readonly ids: Int32Array; // [rows * width]
  readonly logprobs: Float64Array; // [rows * width]
}

export function packRows(rows: readonly TokenLogprob[][]): PackedRows {
  const width = rows[0]?.length ?? 0;
  const ids = new Int32Array(rows.length * width);
  const logprobs = new Float64Array(rows.length * width);
  let at = 0;
  for (const row of rows) {
    for (const [id, logprob] of row) {
      ids[at] = id;
      logprobs[at++] = logprob;
    }
  }
  return { width, ids, logprobs };
}

/** @param count number of rows */
export function unpackRows(packed: PackedRows, count: number): TokenLogprob[][] {
  return Array.from({ length: count }, (_, row) =>
    Array.from({ length: packed.width }, (_, i): TokenLogprob => {
      const at = row * packed.width + i;
      return [packed.ids[at]!, packed.logprobs[at]!];
    }),
  );
}
