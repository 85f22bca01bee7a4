import { referenceBackend } from "@realizar/backend-reference";
import type { Checkpoint } from "@realizar/formats";
import { PAGE_SIZE } from "@realizar/tensor";
import { prepareModel } from "../src/index.ts";

export interface Outputs {
  /** Columns of a row. */
  readonly columns: number;
  /** Of every token, in order. */
  readonly rows: readonly Float32Array[];
}

/** What the reference backend makes of a model and some tokens, all in one step. */
export async function outputsOf(
  checkpoint: Checkpoint,
  tokens: readonly number[],
  output: "logits" | "hidden" = "logits",
): Promise<Outputs> {
  const n = tokens.length;
  const pages = Math.ceil(n / PAGE_SIZE);
  const { request } = await prepareModel(checkpoint, {
    kvType: "f32",
    pages,
    maxRows: n,
    maxOutputRows: n,
  });
  const residence = await referenceBackend().load(request);
  const positions = Int32Array.from({ length: n }, (_, i) => i);
  const flat = await residence.forward(
    {
      tokens: Int32Array.from(tokens),
      positions,
      sequences: new Int32Array(n),
      pageTables: [Int32Array.from({ length: pages }, (_, i) => i)],
      logitRows: positions,
    },
    output,
  );
  const columns = flat.length / n;
  return {
    columns,
    rows: tokens.map((_, i) => flat.subarray(i * columns, (i + 1) * columns)),
  };
}

/** Natural logarithms of the softmax. */
export function logProbabilities(logits: Float32Array): Float64Array {
  const max = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - max), 0);
  return Float64Array.from(logits, (logit) => logit - max - Math.log(sum));
}
