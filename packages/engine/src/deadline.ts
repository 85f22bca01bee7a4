/** Longest delay of a timer (HTML: a signed 32-bit number of milliseconds). */
const LONGEST_DELAY = 2 ** 31 - 1;

/**
 * Calls `late` once `deadline` has passed, however far away it is.
 * @param deadline milliseconds since the epoch
 * @returns stops the clock
 */
export function startClock(deadline: number, late: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  function wait(): void {
    const left = deadline - Date.now();
    if (left <= 0) late();
    else timer = setTimeout(wait, Math.min(left, LONGEST_DELAY));
  }
  timer = setTimeout(wait, 0);
  return () => clearTimeout(timer);
}
