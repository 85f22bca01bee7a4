import { OPS } from "@realizar/kernels";
import { KernelTrapError } from "@realizar/tensor";
import type { Engine } from "./engine.ts";
import { CONTROL } from "./memory.ts";
import { startPool } from "./pool.ts";
import type { Segment } from "./segment.ts";
import type { Part } from "./step.ts";

/** Polls of an idle thread before it sleeps: it is awake still when the next token's step comes. */
const IDLE_SPINS = 2_000;

/** Runs parts on all threads, thread 0 being the caller's. */
export interface Executor {
  /**
   * @param alone thread 0 runs them by itself, the others stay asleep
   * @throws KernelTrapError, which then stays: the memory cannot be trusted any more
   */
  run(parts: readonly Part[], alone: boolean): void;
  /** As close(), and no thread looks at the memory any more: another executor may have it. */
  leave(): Promise<void>;
  close(): void;
}

export async function createExecutor(engine: Engine, segments: readonly Segment[]): Promise<Executor> {
  const { threads } = engine;
  const first = segments[0]!;
  let generation = first.words[CONTROL.work >>> 2]!;
  const pool = await startPool({
    module: engine.module,
    memories: segments.map(({ memory }) => memory),
    threads,
    control: { work: CONTROL.work, parts: CONTROL.parts, barrier: CONTROL.barrier, failed: CONTROL.failed },
    seen: generation,
    spins: IDLE_SPINS,
  });
  let trapped: KernelTrapError | undefined;

  const publish = (parts: readonly Part[]) => {
    const at = CONTROL.parts >>> 2;
    first.words[at] = parts.length;
    for (let i = 0; i < parts.length; i++) {
      first.words[at + 1 + i * 2] = parts[i]!.segment;
      first.words[at + 2 + i * 2] = parts[i]!.program;
    }
    generation = (generation + 1) | 0;
    if (threads > 1) first.kernels.publish_work(CONTROL.work, generation);
  };

  const copy = (part: Part) => {
    const target = segments[part.segment]!.memory.buffer;
    for (const { fromSegment, from, to, bytes } of part.copies) {
      new Uint8Array(target, to, bytes).set(
        new Uint8Array(segments[fromSegment]!.memory.buffer, from, bytes),
      );
    }
  };

  /** Lets the other threads go, who may be waiting for this one, and names the command that trapped. */
  const trap = ({ words }: Segment, cause: unknown): KernelTrapError => {
    for (const { memory } of segments) Atomics.store(new Int32Array(memory.buffer), CONTROL.failed >>> 2, 1);
    const opcode = words[words[CONTROL.running >>> 2]! >>> 2];
    const op = Object.entries(OPS).find(([, [code]]) => code === opcode)?.[0] ?? "unknown";
    return new KernelTrapError(op, cause);
  };

  return {
    run(parts, alone) {
      if (trapped !== undefined) throw trapped;
      if (!alone) publish(parts);
      for (const part of parts) {
        const segment = segments[part.segment]!;
        try {
          copy(part);
          segment.kernels.run(part.program, CONTROL.barrier, 0, alone ? 1 : threads);
        } catch (error) {
          trapped = trap(segment, error);
          throw trapped;
        }
      }
    },
    async leave() {
      publish([]);
      await pool.done();
      pool.close();
    },
    close() {
      publish([]);
      pool.close();
    },
  };
}
