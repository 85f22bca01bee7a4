// Load a model and generate text.

// Errors
export { ClosedError, InvalidArgumentError, LlmError } from "./errors.ts";
export type { EmbedOptions, EvaluateOptions, GeneratedToken, GenerateOptions, Llm } from "./load.ts";
export { load, samplingParams } from "./load.ts";
// The pieces, for those who run their own engine.
export type { BackendName, OpenModel, OpenOptions } from "./open-model.ts";
export { DEFAULT_CONTEXT, openModel } from "./open-model.ts";
export { defaultThreads } from "./threads.ts";
