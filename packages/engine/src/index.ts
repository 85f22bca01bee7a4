// The engine: in this thread, or behind a port

// The parts, each useful alone
export { startClock } from "./deadline.ts";
export {
  type EmbedOptions,
  type Engine,
  type EngineInfo,
  type EngineOptions,
  type EvaluateOptions,
  engineInfo,
} from "./engine.ts";
export { type EnginePort, enginePort, type MessageTarget } from "./engine-port.ts";
export { type LoadedModel, type LoadModel, serveEngine } from "./engine-worker.ts";
// Errors
export {
  CancelledError,
  DeadlineExceededError,
  EngineClosedError,
  EngineError,
  ForwardFailedError,
  InvalidOptionError,
  InvalidRequestError,
  NonFiniteEmbeddingError,
  NoSuchOutputError,
  PageIntegrityError,
  PromptTooLongError,
  QueueFullError,
  RequestFailedError,
  WorkerDiedError,
} from "./errors.ts";
// What comes out
export type {
  DoneEvent,
  EventSink,
  FinishReason,
  GenerationEvent,
  PromptEvent,
  Timings,
  TokenEvent,
  Usage,
} from "./events.ts";
export { createEngine, type EngineTokenizer } from "./local-engine.ts";
// What goes in
export { type ModelRunner, type Output, PAGE_SIZE, type Pooling, type RaggedBatch } from "./model-runner.ts";
export { createOutputStream, type OutputStream, type SampledToken } from "./output-stream.ts";
export { createPagePool, type PagePool } from "./pages.ts";
export type { PlannedChunk, StepPlan } from "./plan.ts";
export { toUnitLength } from "./pooling.ts";
export type { FromWorker, ToWorker } from "./protocol.ts";
export { type ConnectOptions, connectEngine } from "./remote-engine.ts";
export { type GenerationRequest, type RequestLimits, validateRequest } from "./request.ts";
export { collect, type Generation, type RequestHandle } from "./request-handle.ts";
export { createScheduler, type Scheduler, type SchedulerOptions, type SequenceUpdate } from "./scheduler.ts";
export type { SequenceSpec } from "./sequence.ts";
export type { EngineStats } from "./stats.ts";
export { createStopMatcher, type StopMatcher } from "./stop-matcher.ts";
