/**
 * Waiting between threads over shared memory. All words are 32-bit, each on its own cache line.
 *
 *   barrier + 0    arrivals of the current round
 *   barrier + 64   round number
 *   barrier + 128  failed: not zero once a thread has trapped
 *   barrier + 192  command that thread 0 runs (program.ts)
 *   barrier + 256  items of the current command that threads have taken (split.ts)
 *   barrier + 320  sleepers
 */

/** Polls before a waiting thread sleeps: some microseconds. Where other processes want the cores, longer spinning takes them from the thread waited for. */
const SPINS: i32 = 2000;

/** Longest sleep between two looks at the failure word, nanoseconds. */
const NAP: i64 = 10000000;

/** All threads meet; returns when the last has come. Traps when another thread has failed. */
export function barrier_wait(barrier: usize, threads: i32): void {
  const round = atomic.load<i32>(barrier, 64);
  if (atomic.add<i32>(barrier, 1) == threads - 1) {
    atomic.store<i32>(barrier, 0);
    atomic.store<i32>(barrier, 0, 256);
    atomic.store<i32>(barrier, round + 1, 64);
    if (atomic.load<i32>(barrier, 320) > 0) atomic.notify(barrier + 64, -1);
    return;
  }
  let spins = SPINS;
  while (atomic.load<i32>(barrier, 64) == round) {
    if (--spins < 0) {
      if (atomic.load<i32>(barrier, 128) != 0) unreachable();
      atomic.add<i32>(barrier, 1, 320);
      atomic.wait<i32>(barrier + 64, round, NAP);
      atomic.sub<i32>(barrier, 1, 320);
    }
  }
}

/**
 * Waits until the word at `work` differs from `seen`, first spinning `spins` polls, then asleep (no CPU) until
 * notified. `work + 64` counts sleepers, so that a busy submitter need not notify. Returns the new value.
 */
export function wait_for_work(work: usize, seen: i32, spins: i32): i32 {
  let value = atomic.load<i32>(work);
  while (value == seen && spins-- > 0) value = atomic.load<i32>(work);
  while (value == seen) {
    atomic.add<i32>(work, 1, 64);
    atomic.wait<i32>(work, seen, -1);
    atomic.sub<i32>(work, 1, 64);
    value = atomic.load<i32>(work);
  }
  return value;
}

/** Publishes a new value at `work` and wakes sleepers, if any. */
export function publish_work(work: usize, value: i32): void {
  atomic.store<i32>(work, value);
  if (atomic.load<i32>(work, 64) > 0) atomic.notify(work, -1);
}
