import type { Checkpoint } from "@realizar/formats";
import { dequantize } from "@realizar/gguf";
import {
  DTYPES,
  type DtypeName,
  type KvType,
  type LoadRequest,
  type Ops,
  type Tensor,
  type Weight,
  type WeightSource,
} from "@realizar/tensor";
import type { Program } from "./architecture.ts";
import { convertFor } from "./convert-weight.ts";
import { describe, type ModelDescription } from "./description.ts";
import { MissingTensorError, TensorShapeError } from "./errors.ts";
import { MAX_WIDTH } from "./hyperparameters.ts";
import { keysOf } from "./keys.ts";
import { findArchitecture } from "./registry.ts";
import type { RopeFactors } from "./rope-scaling.ts";
import { type StoredWeight, type WeightTable, weightTable } from "./weight-table.ts";

/** Its rows are the vocabulary. */
const EMBEDDING = "token_embd.weight";

export interface PrepareOptions {
  /** Positions of the longest sequence; at most the model's own, which is the default. */
  readonly contextSize?: number;
  readonly kvType: KvType;
  /** KV pages of 16 positions. */
  readonly pages: number;
  /** Rows of the largest batch, and the most output rows of one. */
  readonly maxRows: number;
  readonly maxOutputRows: number;
  /** Weight types that the backend multiplies; others are converted as they are read. Default: all. */
  readonly dtypes?: ReadonlySet<DtypeName>;
}

export interface PreparedModel {
  /** For Backend.load. */
  readonly request: LoadRequest;
  readonly description: ModelDescription;
}

/**
 * Checks a checkpoint against its architecture and makes of it what a backend loads. Reads no weight but rope factors.
 * @throws UnknownArchitectureError, MissingHyperparameterError, BadHyperparameterError, MissingTensorError,
 *   TensorShapeError, TensorTypeError
 */
export async function prepareModel(checkpoint: Checkpoint, options: PrepareOptions): Promise<PreparedModel> {
  const program = findArchitecture(checkpoint.architecture)({
    keys: keysOf(checkpoint.metadata, checkpoint.architecture),
    vocab: vocabOf(checkpoint),
    contextSize: options.contextSize,
    ropeFactors: await readRopeFactors(checkpoint),
  });
  const { config } = program;
  if (config.vocab === 0) throw new MissingTensorError(EMBEDDING, []);
  const perLayer = (value: number) => new Array<number>(config.layers).fill(value);
  return {
    description: describe(checkpoint, program),
    request: {
      weights: declareWeights(checkpoint, program, options.dtypes),
      kv: {
        layers: config.layers,
        kvHeads: perLayer(config.kvHeads),
        headDim: perLayer(config.headDim),
        pages: options.pages,
        type: options.kvType,
      },
      contextSize: config.contextSize,
      maxRows: options.maxRows,
      maxOutputRows: options.maxOutputRows,
      build: recorded(checkpoint, program, program.logits ?? program.hidden),
      buildHidden: recorded(checkpoint, program, program.hidden),
    },
  };
}

/** Every weight that the program names, once, in the order of its naming. */
function declareWeights(
  { tensors }: Checkpoint,
  program: Program,
  dtypes: ReadonlySet<DtypeName> = new Set(Object.keys(DTYPES) as DtypeName[]),
): WeightSource[] {
  const convert = convertFor(dtypes);
  const sources = new Map<string, WeightSource>();
  const take = (stored: StoredWeight): Weight => {
    const source = convert(stored);
    sources.set(source.name, source);
    return source;
  };
  program.declare(weightTable(tensors, program.config.layers, take));
  return [...sources.values()];
}

/** A program as backends call it: the same naming, now of loaded weights. */
function recorded(
  { tensors }: Checkpoint,
  program: Program,
  run: (ops: Ops, t: WeightTable) => Tensor,
): LoadRequest["build"] {
  return (ops, weight) =>
    run(
      ops,
      weightTable(tensors, program.config.layers, ({ name }) => weight(name)),
    );
}

/** Rows of the embedding; 0 where there is none. */
function vocabOf({ tensors }: Checkpoint): number {
  return tensors.get(EMBEDDING)?.shape[0] ?? 0;
}

async function readRopeFactors(checkpoint: Checkpoint): Promise<RopeFactors> {
  const [freqs, long, short] = await Promise.all(
    ["rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"].map((name) =>
      readVector(checkpoint, name),
    ),
  );
  return { ...(freqs && { freqs }), ...(long && { long }), ...(short && { short }) };
}

async function readVector({ tensors }: Checkpoint, name: string): Promise<Float32Array | undefined> {
  const tensor = tensors.get(name);
  if (!tensor) return undefined;
  const [length = 0] = tensor.shape;
  if (tensor.shape.length !== 1 || length > MAX_WIDTH) throw new TensorShapeError(name, [0], tensor.shape);
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.readInto(bytes, 0);
  return dequantize(tensor.type, bytes);
}
