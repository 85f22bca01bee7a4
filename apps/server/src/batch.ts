import { show } from "./body.ts";
import { BadRequestError, toHttpError } from "./errors.ts";

/**
 * Answers each item of a batch: its result, or `{"error": "..."}` in its place where the request is at fault. Faults of
 * the server fail the whole batch; so do items that are all bad.
 * @throws BadRequestError, and what is no fault of an item
 */
export async function answerBatch<T>(
  field: string,
  items: readonly unknown[],
  answer: (item: string, index: number) => T | Promise<T>,
): Promise<(T | { error: string })[]> {
  const results = await Promise.all(
    items.map(async (item, index): Promise<T | Failure> => {
      try {
        if (typeof item !== "string") {
          throw new BadRequestError(`${field}[${index}] must be a string, but is ${show(item)}`, field);
        }
        return await answer(item, index);
      } catch (thrown) {
        const error = toHttpError(thrown);
        if (error.status !== 400) throw thrown;
        return new Failure(error.message);
      }
    }),
  );
  const bad = results.filter((result) => result instanceof Failure);
  if (bad.length === items.length) {
    const first = bad[0]!.error;
    const message = items.length === 1 ? first : `All ${items.length} ${field} are bad; the first: ${first}`;
    throw new BadRequestError(message, field);
  }
  return results;
}

/** The place of a bad item in the answer. */
class Failure {
  readonly error: string;
  constructor(error: string) {
    this.error = error;
  }
}
