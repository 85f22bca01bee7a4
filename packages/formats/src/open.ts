import type { ByteSource, Checkpoint } from "./checkpoint.ts";
import { FormatsError } from "./errors.ts";
import { type Folder, memoryFolder } from "./folder.ts";
import { openGgufCheckpoint } from "./gguf-checkpoint.ts";
import { ggufFiles, onlyGguf } from "./gguf-files.ts";
import { openHfCheckpoint } from "./hf-checkpoint.ts";
import { nameFile } from "./name-file.ts";
import { openSources } from "./open-sources.ts";
import { blobSource } from "./sources/blob.ts";
import { fileFolder, kindOfPath, splitPath } from "./sources/file.ts";
import { memorySource } from "./sources/memory.ts";
import type { TokenizerOptions } from "./tokenizer-files.ts";

/** Settings of {@link openCheckpoint}. */
export type CheckpointOptions = TokenizerOptions;

/** What a checkpoint can be opened from where there is no file system: a GGUF file, a folder, or files by name. */
export type CheckpointInput =
  | Blob
  | Uint8Array
  | ByteSource
  | Folder
  | Readonly<Record<string, Uint8Array | Blob>>;

/**
 * Opens a model of the file system: a .gguf file (one of a split model's opens all), a .safetensors file with its
 * config.json beside it, or a folder of either.
 * Reads headers only; needs node:fs.
 * @throws FormatsError naming what is missing or unknown, and what to do; GgufError and SafetensorsError for damaged files
 */
export async function openCheckpoint(path: string, options: CheckpointOptions = {}): Promise<Checkpoint> {
  const kind = kindOfPath(path);
  if (kind === "absent") {
    throw new FormatsError(
      "FORMATS_NOT_FOUND",
      `${path} does not exist; give a .gguf file, a .safetensors file or a model folder`,
      { path },
    );
  }
  if (kind === "folder") return nameFile(path, () => openFolder(fileFolder(path), options));
  const { folder, name } = splitPath(path);
  return nameFile(path, () => openNamed(fileFolder(folder), name, path, options));
}

/**
 * Opens a model from anywhere: the bytes of a GGUF file, a {@link Folder}, or files by name as of a folder.
 * @param path what the checkpoint calls itself
 * @throws as {@link openCheckpoint}
 */
export async function openCheckpointFrom(
  input: CheckpointInput,
  path = "model",
  options: CheckpointOptions = {},
): Promise<Checkpoint> {
  if (input instanceof Uint8Array) return openGgufCheckpoint(path, [memorySource(input)]);
  if (input instanceof Blob) return openGgufCheckpoint(path, [blobSource(input)]);
  if (isFolder(input)) return openFolder(input, options);
  if (isSource(input)) return openGgufCheckpoint(path, [input]);
  return openFolder(memoryFolder(input, path), options);
}

function isFolder(input: CheckpointInput): input is Folder {
  return "names" in input && typeof input.names === "function";
}

function isSource(input: CheckpointInput): input is ByteSource {
  return "readInto" in input && typeof input.readInto === "function";
}

async function openFolder(folder: Folder, options: CheckpointOptions): Promise<Checkpoint> {
  const gguf = await onlyGguf(folder);
  const names = await folder.names();
  const weights = names.some(
    (name) => name.endsWith(".safetensors") || name.endsWith(".safetensors.index.json"),
  );
  if (gguf !== undefined && !weights) return openNamed(folder, gguf, folder.path, options);
  if (!weights && !names.includes("config.json")) {
    throw new FormatsError(
      "FORMATS_NO_WEIGHTS",
      `${folder.path} holds no model: no .gguf file, no .safetensors file and no config.json`,
      { path: folder.path },
    );
  }
  return openHfCheckpoint(folder, options);
}

async function openNamed(
  folder: Folder,
  name: string,
  path: string,
  options: CheckpointOptions,
): Promise<Checkpoint> {
  if (name.endsWith(".safetensors")) return openHfCheckpoint(folder, { ...options, path, file: name });
  if (name.endsWith(".safetensors.index.json")) return openHfCheckpoint(folder, { ...options, path });
  return openGgufCheckpoint(path, await openSources(folder, await ggufFiles(folder, name)));
}
