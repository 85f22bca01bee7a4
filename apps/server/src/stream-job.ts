import { toHttpError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import type { Job } from "./job.ts";

const LATE = Symbol("late");

/**
 * Makes a streamed answer of a job's values, and closes the job when its body ends, however it ends.
 *
 * The first value is waited for a short while, so that an error which comes before it is answered with its own status.
 * An error after that becomes one last value.
 *
 * @param values ends or throws soon after the job's signal aborts
 * @param onError the value that tells of an error
 * @param respond makes the response of the values that will be sent
 */
export async function streamJob<T>(
  exchange: Exchange,
  job: Job,
  values: AsyncGenerator<T>,
  onError: (error: ReturnType<typeof toHttpError>) => T,
  respond: (values: AsyncGenerator<T>, onCancel: () => void) => Response,
): Promise<Response> {
  const { notes, server } = exchange;
  const first = values.next();
  try {
    await firstOrLate(first, server.limits.firstEventMs);
  } catch (error) {
    job.close();
    throw error;
  }

  const { promise: streamed, resolve: ended } = Promise.withResolvers<void>();
  notes.streamed = streamed;

  async function* sent(): AsyncGenerator<T> {
    try {
      for (let result = await first; !result.done; result = await values.next()) yield result.value;
    } catch (thrown) {
      const error = toHttpError(thrown);
      notes.streamError = error.code;
      if (error.details.cause !== undefined)
        server.logger.error({ err: error.details.cause }, "stream failed");
      yield onError(error);
    } finally {
      finish();
    }
  }

  function finish(): void {
    job.close();
    // Where the reader left, the values have not come to their end by themselves.
    void values
      .return(undefined)
      .catch(() => {})
      .then(() => ended());
  }

  return respond(sent(), () => {
    notes.streamError ??= "SERVER_CLIENT_GONE";
    job.abandon();
    // A generator that was never started has no finally block to run.
    first.catch(() => {});
    finish();
  });
}

async function firstOrLate(first: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds, LATE);
  });
  try {
    await Promise.race([first, late]);
  } finally {
    clearTimeout(timer);
  }
}
