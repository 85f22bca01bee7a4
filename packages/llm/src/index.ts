// Load a model and generate text.

// The pieces, for those who run their own engine.
export { type ChatFormat, type ChatPrompt, chatFormat } from "./chat-format.ts";
// Errors
export { ClosedError, InvalidArgumentError, LlmError, NoChatTemplateError } from "./errors.ts";
export type {
  AnswerPiece,
  EmbedOptions,
  EvaluateOptions,
  GeneratedToken,
  GenerateOptions,
  Llm,
} from "./load.ts";
export { load, samplingParams } from "./load.ts";
export type { BackendName, OpenModel, OpenOptions } from "./open-model.ts";
export { DEFAULT_CONTEXT, defaultKvType, openModel } from "./open-model.ts";
export { defaultThreads } from "./threads.ts";
