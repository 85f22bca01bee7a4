import { findString, type GgufFile, type GgufTensor, openGguf, openGgufShards } from "@realizar/gguf";
import { ggufVocabulary, type Tokenizer, tokenizerFromGguf } from "@realizar/tokenizers";
import type { ByteSource, Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import { FormatsError } from "./errors.ts";
import { once } from "./once.ts";
import { plainMetadata } from "./plain-metadata.ts";
import { checkRange } from "./sources/range.ts";
import { totalBytes } from "./tensor-bytes.ts";

/** Opens a GGUF model: one source, or all files of a split one in order. Closes the sources where it fails. */
export async function openGgufCheckpoint(
  path: string,
  sources: readonly [ByteSource, ...ByteSource[]],
): Promise<Checkpoint> {
  const close = () => {
    for (const source of sources) source.close?.();
  };
  try {
    const file = await openGgufFiles(sources);
    const tensors = new Map(
      file.tensors.map((tensor) => [tensor.name, checkpointTensor(tensor, sources[tensor.shard]!)]),
    );
    return {
      path,
      format: "gguf",
      architecture: architectureOf(path, file),
      metadata: plainMetadata(file.metadata),
      gguf: file.metadata,
      tensors,
      chatTemplate: findString(file.metadata, "tokenizer.chat_template"),
      byteLength: totalBytes(tensors.values()),
      tokenizer: once(async () => ggufTokenizer(path, file)),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

/** Reads the header of one file, or of all files of a split model. */
export function openGgufFiles(sources: readonly [ByteSource, ...ByteSource[]]): Promise<GgufFile> {
  return sources.length === 1 ? openGguf(sources[0]) : openGgufShards(sources);
}

/** The tokenizer of a GGUF file; throws FORMATS_NO_TOKENIZER where it carries none. */
export function ggufTokenizer(path: string, file: GgufFile): Tokenizer {
  const vocabulary = ggufVocabulary(file.metadata);
  if (vocabulary) return tokenizerFromGguf(vocabulary);
  throw new FormatsError(
    "FORMATS_NO_TOKENIZER",
    `${path} carries no vocabulary (tokenizer.ggml.model and tokenizer.ggml.tokens); convert the model with one, or give its tokenizer beside it`,
    { path, key: "tokenizer.ggml.model" },
  );
}

function architectureOf(path: string, { metadata }: GgufFile): string {
  const architecture = findString(metadata, "general.architecture");
  if (architecture) return architecture;
  throw new FormatsError(
    "FORMATS_NO_ARCHITECTURE",
    `${path} does not say what model it holds: general.architecture is missing. It may be damaged or an adapter; convert the model again.`,
    { path, key: "general.architecture" },
  );
}

function checkpointTensor(tensor: GgufTensor, source: ByteSource): CheckpointTensor {
  const { name, type, shape, byteLength, offset: start } = tensor;
  return {
    name,
    type,
    shape,
    byteLength,
    readInto(dst, offset) {
      checkRange(name, offset, dst.byteLength, byteLength);
      return source.readInto(dst, start + offset);
    },
  };
}
