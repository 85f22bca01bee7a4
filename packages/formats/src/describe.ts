import type { GgufMetadata } from "@realizar/gguf";
import { openSafetensors, openSafetensorsIndex, type SafetensorsTensor } from "@realizar/safetensors";
import type { ByteSource, MetadataValue } from "./checkpoint.ts";
import { FormatsError } from "./errors.ts";
import { type Folder, readText } from "./folder.ts";
import { openGgufFiles } from "./gguf-checkpoint.ts";
import { ggufFiles, onlyGguf } from "./gguf-files.ts";
import { nameFile } from "./name-file.ts";
import { openSources } from "./open-sources.ts";
import { plainMetadata } from "./plain-metadata.ts";
import { fileFolder, kindOfPath, splitPath } from "./sources/file.ts";

/** A tensor as its file names it. */
export interface DescribedTensor {
  readonly name: string;
  /** GGML type or safetensors dtype. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** The file it lies in. */
  readonly file: string;
}

/** How much of a file one type makes up. */
export interface TypeShare {
  readonly type: string;
  readonly tensors: number;
  readonly elements: number;
  readonly byteLength: number;
}

/** What is in a file, whether or not there is a model for it. */
export interface FileDescription {
  readonly path: string;
  readonly format: "gguf" | "safetensors";
  /** Version of the GGUF format. */
  readonly version?: number;
  /** Byte alignment of tensors in GGUF. */
  readonly alignment?: number;
  readonly architecture?: string;
  readonly files: readonly string[];
  /** Bytes of all files together. */
  readonly size: number;
  /** Metadata of the file as plain values. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  /** The same with GGUF's types. */
  readonly gguf?: GgufMetadata;
  readonly tensors: readonly DescribedTensor[];
  /** By type, most bytes first. */
  readonly types: readonly TypeShare[];
  /** Elements of all tensors together. */
  readonly elements: number;
}

/**
 * Describes a .gguf file (with all files of a split model), a .safetensors file, an index of such, or a folder of one.
 * Needs no architecture to be known; reads headers only.
 */
export async function describeFile(path: string): Promise<FileDescription> {
  const kind = kindOfPath(path);
  if (kind === "folder") {
    const folder = fileFolder(path);
    return nameFile(path, async () => describeIn(folder, await mainFile(folder), path));
  }
  const { folder, name } = splitPath(path);
  return nameFile(path, () => describeIn(fileFolder(folder), name, path));
}

/** As {@link describeFile}, of the file `name` in any folder. */
export async function describeIn(folder: Folder, name: string, path = name): Promise<FileDescription> {
  if (name.endsWith(".safetensors")) return describeSafetensors(folder, name, path);
  if (name.endsWith(".safetensors.index.json")) return describeIndex(folder, name, path);
  return describeGguf(folder, name, path);
}

async function mainFile(folder: Folder): Promise<string> {
  const names = await folder.names();
  const index = names.find((name) => name.endsWith(".safetensors.index.json"));
  const weights = names.filter((name) => name.endsWith(".safetensors"));
  const main = index ?? weights.find((name) => name === "model.safetensors") ?? weights[0];
  const found = main ?? (await onlyGguf(folder));
  if (found !== undefined) return found;
  throw new FormatsError("FORMATS_NO_WEIGHTS", `${folder.path} holds neither .gguf nor .safetensors files`, {
    path: folder.path,
  });
}

async function describeGguf(folder: Folder, name: string, path: string): Promise<FileDescription> {
  const files = await ggufFiles(folder, name);
  return withSources(folder, files, async (sources) => {
    const file = await openGgufFiles(sources);
    const architecture = file.metadata.get("general.architecture");
    return summary({
      path,
      format: "gguf",
      version: file.version,
      alignment: file.alignment,
      architecture: architecture?.type === "string" ? architecture.value : undefined,
      files,
      size: file.size,
      metadata: plainMetadata(file.metadata),
      gguf: file.metadata,
      tensors: file.tensors.map((tensor) => ({
        name: tensor.name,
        type: tensor.type,
        shape: tensor.shape,
        byteLength: tensor.byteLength,
        file: files[tensor.shard]!,
      })),
    });
  });
}

async function describeSafetensors(folder: Folder, name: string, path: string): Promise<FileDescription> {
  return withSources(folder, [name], async ([source]) => {
    const file = await openSafetensors(source);
    return summary({
      path,
      format: "safetensors",
      files: [name],
      size: source.size,
      metadata: file.metadata,
      tensors: [...file.tensors.values()].map((tensor) => describedTensor(tensor, name)),
    });
  });
}

async function describeIndex(folder: Folder, name: string, path: string): Promise<FileDescription> {
  const sources: ByteSource[] = [];
  try {
    const index = await openSafetensorsIndex((await readText(folder, name)) ?? "", async (file) => {
      const source = await folder.open(file);
      sources.push(source);
      return source;
    });
    const metadata = new Map<string, string>();
    for (const shard of index.shards.values()) {
      for (const [key, value] of shard.metadata) metadata.set(key, value);
    }
    return summary({
      path,
      format: "safetensors",
      files: [...index.shards.keys()].sort(),
      size: sources.reduce((sum, { size }) => sum + size, 0),
      metadata,
      tensors: [...index.tensors.values()].map(({ tensor, file }) => describedTensor(tensor, file)),
    });
  } finally {
    for (const source of sources) source.close?.();
  }
}

function describedTensor(
  { name, dtype, shape, byteLength }: SafetensorsTensor,
  file: string,
): DescribedTensor {
  return { name, type: dtype, shape, byteLength, file };
}

function summary(described: Omit<FileDescription, "types" | "elements">): FileDescription {
  const types = new Map<string, TypeShare>();
  let total = 0;
  for (const { type, shape, byteLength } of described.tensors) {
    const elements = shape.reduce((product, dimension) => product * dimension, 1);
    const share = types.get(type) ?? { type, tensors: 0, elements: 0, byteLength: 0 };
    types.set(type, {
      type,
      tensors: share.tensors + 1,
      elements: share.elements + elements,
      byteLength: share.byteLength + byteLength,
    });
    total += elements;
  }
  const shares = [...types.values()].sort((a, b) => b.byteLength - a.byteLength);
  return { ...described, types: shares, elements: total };
}

async function withSources<T>(
  folder: Folder,
  files: readonly string[],
  use: (sources: readonly [ByteSource, ...ByteSource[]]) => Promise<T>,
): Promise<T> {
  const sources = await openSources(folder, files);
  try {
    return await use(sources);
  } finally {
    for (const source of sources) source.close?.();
  }
}
