/** A mistake in the command line: one line of advice, exit status 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** An error as one line for a person: no stack, no line breaks. */
export function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, " ").trim() || (error instanceof Error ? error.name : "unknown error");
}
