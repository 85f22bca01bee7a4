import { type LoadRequest, NonFiniteWeightError, rowBytes } from "@realizar/tensor";
import type { Engine } from "./engine.ts";
import type { Executor } from "./executor.ts";
import type { MemoryPlan } from "./memory-plan.ts";
import type { Segment } from "./segment.ts";
import { TOUCH_PROGRAM_BYTES, touchAhead } from "./touch-ahead.ts";
import { uploadMatrix, uploadVector, VECTOR_READERS } from "./upload.ts";

/**
 * Reads every weight into its place. Matrices are packed on all threads, once these have touched the memory ahead of
 * thread 0, which packs alone meanwhile.
 * @param engine its threads are the executor's
 * @throws NonFiniteWeightError, the sources' own errors, the signal's reason
 */
export async function loadWeights(
  request: LoadRequest,
  engine: Engine,
  plan: MemoryPlan,
  segments: readonly Segment[],
  executor: Executor,
): Promise<void> {
  const totalBytes = request.weights.reduce(
    (sum, { dtype, shape }) =>
      sum +
      rowBytes(
        dtype,
        shape.reduce((a, b) => a * b, 1),
      ),
    0,
  );
  let loadedBytes = 0;
  const onBytes = (bytes: number) => {
    loadedBytes += bytes;
    request.onProgress?.({ loadedBytes, totalBytes });
  };
  const touching = touchAhead(segments, executor, engine.threads - 1);
  try {
    for (const source of request.weights) {
      request.signal?.throwIfAborted();
      const index = plan.segmentOfWeight(source.name);
      const { memory, layout } = segments[index]!;
      const program = layout.programs + TOUCH_PROGRAM_BYTES;
      const target = {
        memory,
        window: layout.arena,
        windowBytes: layout.sizes.arena,
        address: plan.weightAddress.get(source.name)!,
        program,
        run: (end: number) => {
          touching.reached(index, end);
          executor.run([{ segment: index, program, copies: [] }], !touching.ended());
        },
        groupBytes: engine.groupBytes,
      };
      if (source.use === "matrix") {
        await uploadMatrix(source, target, onBytes);
        continue;
      }
      if (VECTOR_READERS[source.dtype] === undefined) {
        throw new RangeError(
          `"${source.name}" is a vector of type ${source.dtype}: only F32, F16 and BF16 are read`,
        );
      }
      const values = await uploadVector(source, target, onBytes);
      const bad = values.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) throw new NonFiniteWeightError(source.name, bad);
    }
  } finally {
    await touching.stop();
  }
}
