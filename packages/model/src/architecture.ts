import type { Ops, Tensor } from "@realizar/tensor";
import type { ModelInput, TransformerConfig } from "./hyperparameters.ts";
import type { WeightTable } from "./weight-table.ts";

/**
 * One architecture: what a file of `architectures/` exports. `C` is its hyperparameters, `W` its weights by role.
 */
export interface Architecture<C extends TransformerConfig, W> {
  /** Reads and checks the hyperparameters. */
  config(input: ModelInput): C;
  /** Names every weight with the shape that the hyperparameters imply. */
  weights(t: WeightTable, c: C): W;
  /** Final hidden states of the wanted rows: [m, dim]. */
  forward(ops: Ops, w: W, c: C): Tensor;
  /** Logits of hidden states: [m, dim] to [m, vocab]. Encoders have none. */
  output?(ops: Ops, x: Tensor, w: W, c: C): Tensor;
}

/** An architecture with the hyperparameters of one checkpoint. */
export interface Program {
  readonly config: TransformerConfig;
  /** Names every weight. */
  declare(t: WeightTable): void;
  /** [m, dim]. */
  hidden(ops: Ops, t: WeightTable): Tensor;
  /** [m, vocab]; undefined for encoders. */
  readonly logits: ((ops: Ops, t: WeightTable) => Tensor) | undefined;
}

/** An architecture whose types are its own affair: an entry of the registry. */
export type ProgramOf = (input: ModelInput) => Program;

export function programOf<C extends TransformerConfig, W>(architecture: Architecture<C, W>): ProgramOf {
  return (input) => {
    const c = architecture.config(input);
    const hidden = (ops: Ops, w: W) => architecture.forward(ops, w, c);
    return {
      config: c,
      declare: (t) => void architecture.weights(t, c),
      hidden: (ops, t) => hidden(ops, architecture.weights(t, c)),
      logits: architecture.output
        ? (ops, t) => {
            const w = architecture.weights(t, c);
            return architecture.output!(ops, hidden(ops, w), w, c);
          }
        : undefined,
    };
  };
}
