/** Base of the errors of this package. `code` is stable; subclasses add their figures as fields. */
export class LlmError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An argument of `load`, `generate` or `evaluate` is not what it may be. */
export class InvalidArgumentError extends LlmError {
  readonly argument: string;
  constructor(argument: string, value: unknown, allowed: string) {
    super("LLM_INVALID_ARGUMENT", `${argument} is ${String(value)}; it must be ${allowed}`);
    this.argument = argument;
  }
}

/** The model was closed. */
export class ClosedError extends LlmError {
  constructor() {
    super("LLM_CLOSED", "the model has been closed; load it again");
  }
}

/** The model brings no chat template: it goes on from a text, and holds no conversations. */
export class NoChatTemplateError extends LlmError {
  constructor() {
    super("LLM_NO_CHAT_TEMPLATE", "the model has no chat template; give generate a text to go on from");
  }
}
