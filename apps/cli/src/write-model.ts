import type { Checkpoint, CheckpointTensor } from "@realizar/formats";
import {
  dequantize,
  fileTypeOf,
  GGML_TYPES,
  type GgmlTypeName,
  type GgufMetadata,
  type GgufTensorSource,
  type GgufValue,
  ggmlByteLength,
  type MixContext,
  type MixName,
  quantize,
  tensorTypeFor,
  writeGguf,
} from "@realizar/gguf";

/** Bytes that are read of a tensor at a time, about. */
const PIECE_BYTES = 8 * 2 ** 20;

/** Value of `general.quantization_version`. Source: GGML_QNT_VERSION of ggml.h. */
const QUANTIZATION_VERSION = 2;

/** A GGUF file to be: how large it will be, and its bytes. */
export interface ModelFile {
  /** Bytes of its tensors. */
  readonly byteLength: number;
  readonly types: ReadonlyMap<GgmlTypeName, number>;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/** A checkpoint as one GGUF file, its tensors as they are. */
export async function convertedModel(checkpoint: Checkpoint): Promise<ModelFile> {
  return modelFile(await metadataOf(checkpoint), checkpoint, ({ type }) => type);
}

/** A checkpoint as one GGUF file with llama.cpp's choice of types for `mix`. Tensors that have their type keep their bytes. */
export async function quantizedModel(checkpoint: Checkpoint, mix: MixName): Promise<ModelFile> {
  const metadata = new Map<string, GgufValue>([
    ...(await metadataOf(checkpoint)),
    ["general.quantization_version", { type: "uint32", value: QUANTIZATION_VERSION }],
    ["general.file_type", { type: "uint32", value: fileTypeOf(mix) }],
  ]);
  const context = mixContext(checkpoint);
  return modelFile(metadata, checkpoint, ({ name, shape, type }) => {
    const wanted = tensorTypeFor(mix, name, shape, context);
    // What is not quantized is F32 to the mixes, and stays what it is in a file.
    return wanted === "F32" && mix !== "F32" ? type : wanted;
  });
}

/** Types of quantized tensors in a checkpoint: what is quantized again loses twice. */
export function quantizedTypes({ tensors }: Checkpoint): GgmlTypeName[] {
  const types = new Set([...tensors.values()].map(({ type }) => type));
  return [...types].filter((type) => GGML_TYPES[type].blockLength > 1);
}

function modelFile(
  metadata: GgufMetadata,
  { tensors }: Checkpoint,
  typeOf: (tensor: CheckpointTensor) => GgmlTypeName,
): ModelFile {
  const types = new Map<GgmlTypeName, number>();
  let byteLength = 0;
  const sources = [...tensors.values()].map((tensor): GgufTensorSource => {
    const type = typeOf(tensor);
    types.set(type, (types.get(type) ?? 0) + 1);
    byteLength += ggmlByteLength(type, elements(tensor.shape));
    const data = () => (type === tensor.type ? copied(tensor) : requantized(tensor, type));
    return { name: tensor.name, type, shape: tensor.shape, data };
  });
  return { byteLength, types, pieces: writeGguf({ metadata, tensors: sources }) };
}

/** Metadata with the vocabulary, without what tells of a split or what GGUF has no word for. */
async function metadataOf(checkpoint: Checkpoint): Promise<GgufMetadata> {
  const vocabulary = (await checkpoint.vocabulary?.()) ?? new Map<string, GgufValue>();
  const scaling = `${checkpoint.architecture}.rope.scaling.`;
  // llama.cpp refuses the word; within its own context the model is the same without.
  const dynamic = checkpoint.metadata.get(`${scaling}type`) === "dynamic";
  const leftOut = (key: string) => key.startsWith("split.") || (dynamic && key.startsWith(scaling));
  return new Map([...checkpoint.gguf, ...vocabulary].filter(([key]) => !leftOut(key)));
}

function mixContext({ architecture, metadata, tensors }: Checkpoint): MixContext {
  const figure = (key: string) => {
    const value = metadata.get(`${architecture}.${key}`);
    // Some models have a figure a layer.
    const first = typeof value === "object" ? value[0] : value;
    return Number(first ?? 0);
  };
  const heads = figure("attention.head_count");
  return {
    layers: figure("block_count"),
    expertCount: figure("expert_count"),
    gqa: heads / (figure("attention.head_count_kv") || heads || 1),
    tiedEmbeddings: !tensors.has("output.weight"),
  };
}

async function* copied(tensor: CheckpointTensor): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < tensor.byteLength; at += PIECE_BYTES) {
    const bytes = new Uint8Array(Math.min(PIECE_BYTES, tensor.byteLength - at));
    await tensor.readInto(bytes, at);
    yield bytes;
  }
}

/** A tensor in blocks of another type, some rows at a time. */
async function* requantized(tensor: CheckpointTensor, type: GgmlTypeName): AsyncGenerator<Uint8Array> {
  const columns = tensor.shape.at(-1) ?? 1;
  const rows = elements(tensor.shape) / columns;
  const rowBytes = ggmlByteLength(tensor.type, columns);
  const rowsAtOnce = Math.max(1, Math.floor(PIECE_BYTES / 4 / columns));
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const bytes = new Uint8Array(Math.min(rowsAtOnce, rows - row) * rowBytes);
    await tensor.readInto(bytes, row * rowBytes);
    yield quantize(type, dequantize(tensor.type, bytes), columns);
  }
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
