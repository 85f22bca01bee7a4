import { type Checkpoint, openCheckpoint } from "@realizar/formats";
import type { Io } from "../io.ts";
import { refuseSameFile, writeOutput } from "../output-file.ts";
import { bytesText, progressBar } from "../progress.ts";
import type { ModelFile } from "../write-model.ts";

/** Writes what `plan` makes of a model, with a progress bar. @throws SameFileError, DiskFullError, OutputError */
export async function rewriteModel(
  io: Io,
  label: string,
  input: string,
  output: string,
  plan: (checkpoint: Checkpoint) => Promise<ModelFile>,
): Promise<void> {
  const checkpoint = await openCheckpoint(input);
  try {
    await refuseSameFile(input, output);
    const model = await plan(checkpoint);
    const bar = progressBar(io, label);
    const bytes = await writeOutput(output, model.pieces, {
      signal: io.signal,
      onBytes: (written) => bar.update(Math.min(written, model.byteLength), model.byteLength),
    }).finally(bar.end);
    const types = [...model.types].map(([type, tensors]) => `${tensors} ${type}`).join(", ");
    io.out(`${output}: ${bytesText(bytes)}, ${model.types.size === 0 ? "no" : types} tensors\n`);
  } finally {
    checkpoint.close();
  }
}
