import { COMMAND_WORDS, writeCommand } from "@realizar/kernels";
import type { Executor } from "./executor.ts";
import { CONTROL } from "./memory.ts";
import type { Segment } from "./segment.ts";

/** Threads that make the weights' memory ready, from its end on, while thread 0 fills it from the beginning. */
export interface TouchingAhead {
  /** Whether the other threads have ended and can pack. */
  ended(): boolean;
  /** Thread 0 writes up to `end` of a segment from now on. */
  reached(segment: number, end: number): void;
  /** Stops them; resolves once all have ended. */
  stop(): Promise<void>;
}

/** Bytes of the program of touching, at the beginning of the loader's programs: one command, which ends it. */
export const TOUCH_PROGRAM_BYTES = COMMAND_WORDS * 4;

/**
 * First touching a page costs more than filling it, and most where a virtual machine's host has to find it (there a
 * thread's 2 s of touching for 1 GB stand beside 0.7 s of reading and packing). Only all threads without rest do that
 * in the shortest time, and no two should touch the same huge page.
 */
export function touchAhead(segments: readonly Segment[], executor: Executor, helpers: number): TouchingAhead {
  const words = segments.map(({ memory }) => new Int32Array(memory.buffer));
  const front = CONTROL.packed >>> 2;
  const done = CONTROL.touched >>> 2;
  for (const [i, { layout, floats, words: program }] of segments.entries()) {
    Atomics.store(words[i]!, front, layout.weights);
    Atomics.store(words[i]!, done, 0);
    writeCommand(program, floats, layout.programs >>> 2, "touchAhead", {
      from: layout.weights,
      to: layout.end,
      front: CONTROL.packed,
      done: CONTROL.touched,
    });
  }
  if (helpers > 0) {
    executor.run(
      segments.map(({ layout }, segment) => ({ segment, program: layout.programs, copies: [] })),
      false,
    );
  }
  const ended = () => words.every((of) => Atomics.load(of, done) >= helpers);
  return {
    ended,
    reached: (segment, end) => void Atomics.store(words[segment]!, front, end),
    async stop() {
      for (const [i, { layout }] of segments.entries()) Atomics.store(words[i]!, front, layout.end);
      while (!ended()) await new Promise((resolve) => setTimeout(resolve, 1));
    },
  };
}
