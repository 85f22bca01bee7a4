import type { GgufMetadata, GgufValue } from "@realizar/gguf";
import type { Checkpoint, CheckpointTensor } from "./checkpoint.ts";
import type { Folder } from "./folder.ts";
import { readChatTemplate } from "./hf/chat-template.ts";
import { readHfConfig } from "./hf/folder-config.ts";
import { hfModel } from "./hf/registry.ts";
import { fileType, hfMetadata, hfTensors } from "./hf/view.ts";
import { vocabularyMetadata } from "./hf/vocabulary-metadata.ts";
import { openHfWeights } from "./hf/weights.ts";
import { once } from "./once.ts";
import { plainMetadata } from "./plain-metadata.ts";
import { totalBytes } from "./tensor-bytes.ts";
import { folderTokenizer, type TokenizerOptions } from "./tokenizer-files.ts";

/** Which of a folder's weights to open. */
export interface HfCheckpointOptions extends TokenizerOptions {
  /** What the checkpoint calls itself; the folder's path where absent. */
  readonly path?: string;
  /** One .safetensors file, in place of those the index names. */
  readonly file?: string;
}

/** A Hugging Face folder, shown as GGUF. */
export async function openHfCheckpoint(
  folder: Folder,
  options: HfCheckpointOptions = {},
): Promise<Checkpoint> {
  const config = await readHfConfig(folder);
  const model = hfModel(config);
  const parameters = hfMetadata(model, config);
  const weights = await openHfWeights(folder, options.file);
  try {
    const tensors = hfTensors(model, config, weights.raws);
    const chatTemplate = await readChatTemplate(folder);
    const gguf: GgufMetadata = new Map<string, GgufValue>([
      ...parameters,
      ["general.name", { type: "string", value: lastName(folder.path) }],
      ...fileType(tensors.values()),
      ...textEntry("tokenizer.chat_template", chatTemplate),
      ...tokenTypes(tensors),
    ]);
    const tokenizer = once(() => folderTokenizer(folder, options));
    return {
      path: options.path ?? folder.path,
      format: "safetensors",
      architecture: model.architecture,
      metadata: plainMetadata(gguf),
      gguf,
      tensors,
      chatTemplate,
      byteLength: totalBytes(tensors.values()),
      tokenizer,
      vocabulary: async () =>
        vocabularyMetadata(folder, await tokenizer(), rows(tensors), options.preTokenizer),
      close: weights.close,
    };
  } catch (error) {
    weights.close();
    throw error;
  }
}

/** Rows of the embeddings: the ids a model has. */
function rows(tensors: ReadonlyMap<string, CheckpointTensor>): number {
  return tensors.get("token_embd.weight")?.shape[0] ?? 0;
}

/** Encoders tell apart as many kinds of tokens as this embedding has rows. */
function tokenTypes(tensors: ReadonlyMap<string, CheckpointTensor>): [string, GgufValue][] {
  const value = tensors.get("token_types.weight")?.shape[0];
  return value === undefined ? [] : [["tokenizer.ggml.token_type_count", { type: "uint32", value }]];
}

function textEntry(key: string, value: string | undefined): [string, GgufValue][] {
  return value === undefined ? [] : [[key, { type: "string", value }]];
}

function lastName(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== "") ?? path;
}
