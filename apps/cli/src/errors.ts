/** A mistake in the command line: one line of advice, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ctrl-C or SIGTERM: the exit status is 128 and the signal's number, as shells have it. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly status: number;
  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`stopped by ${signal}`);
    this.status = signal === "SIGINT" ? 130 : 143;
  }
}

/** An error as one line for a person: no stack, no line breaks. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim() || (error instanceof Error ? error.name : "unknown error");
}

/** A failure of a command's own. `code` is stable; the message says what to do. */
export class CommandError extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The file system is full. */
export class DiskFullError extends CommandError {
  readonly path: string;
  constructor(path: string, options?: ErrorOptions) {
    super("CLI_DISK_FULL", `no space left for ${path}: free some, or write to another disk`, options);
    this.path = path;
  }
}

/** A file that cannot be written. */
export class OutputError extends CommandError {
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super("CLI_OUTPUT", `cannot write ${path}: ${problem}`, options);
    this.path = path;
  }
}

/** The output is one of the files that are read. */
export class SameFileError extends CommandError {
  readonly path: string;
  constructor(path: string) {
    super("CLI_SAME_FILE", `${path} is the input itself: give the output another name`);
    this.path = path;
  }
}

/** A quantization type that cannot be written. */
export class UnknownTypeError extends CommandError {
  readonly type: string;
  readonly known: readonly string[];
  constructor(type: string, known: readonly string[]) {
    super("CLI_UNKNOWN_TYPE", `unknown type "${type}": give one of ${known.join(", ")}`);
    this.type = type;
    this.known = known;
  }
}

/** A model that is neither a path nor in the cache. */
export class ModelNotFoundError extends CommandError {
  readonly model: string;
  constructor(model: string, advice: string) {
    super("CLI_MODEL_NOT_FOUND", `${model} does not exist${advice}`);
    this.model = model;
  }
}
