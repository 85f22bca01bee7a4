/** Base of every error this package throws. `code` is stable; the message says what, where and what to do. */
export class ChatError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Base of the template errors. `line` is 1-based; null where the template text is not at fault. */
export class TemplateError extends ChatError {
  readonly line: number | null;
  constructor(code: string, message: string, line: number | null) {
    super(code, line === null ? message : `line ${line}: ${message}`);
    this.line = line;
  }
}

/** The template text is not valid Jinja, or uses a tag that chat templates do not have. */
export class TemplateSyntaxError extends TemplateError {
  constructor(message: string, line: number) {
    super("TEMPLATE_SYNTAX", message, line);
  }
}

/** The template failed on these inputs: an undefined value was used, types do not fit, and the like. */
export class TemplateRuntimeError extends TemplateError {
  constructor(message: string, line: number | null) {
    super("TEMPLATE_RUNTIME", message, line);
  }
}

/** The template itself refused the conversation by calling `raise_exception(reason)`. */
export class TemplateRaisedError extends TemplateError {
  readonly reason: string;
  constructor(reason: string, line: number | null) {
    super("TEMPLATE_RAISED", reason, line);
    this.reason = reason;
  }
}

/** A bound on work or size was reached. `limit` names it (a key of `TemplateLimits`, or "nesting"). */
export class TemplateLimitError extends TemplateError {
  readonly limit: string;
  readonly allowed: number;
  constructor(limit: string, allowed: number, line: number | null) {
    super("TEMPLATE_LIMIT", `the template exceeds the limit ${limit} = ${allowed}`, line);
    this.limit = limit;
    this.allowed = allowed;
  }
}
