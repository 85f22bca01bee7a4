import {
  openSafetensors,
  openSafetensorsIndex,
  type Safetensors,
  SafetensorsError,
  type SafetensorsTensor,
} from "@realizar/safetensors";
import type { ByteSource } from "../checkpoint.ts";
import { FormatsError } from "../errors.ts";
import { type Folder, readText } from "../folder.ts";
import type { RawTensor } from "./raw-tensor.ts";

/** The tensors of a folder's safetensors files. */
export interface HfWeights {
  readonly raws: readonly RawTensor[];
  close(): void;
}

const INDEX = "model.safetensors.index.json";
const SINGLE = "model.safetensors";

/**
 * Opens a folder's weights: `file` where given, or else the index's shards, or model.safetensors, or the one
 * .safetensors file there is.
 * @throws FormatsError FORMATS_NO_WEIGHTS, FORMATS_SHARD_MISSING; SafetensorsError for damaged files
 */
export async function openHfWeights(folder: Folder, file?: string): Promise<HfWeights> {
  const sources: ByteSource[] = [];
  const open = async (name: string): Promise<ByteSource> => {
    const source = await folder.open(name);
    sources.push(source);
    return source;
  };
  const close = () => {
    for (const source of sources) source.close?.();
  };
  try {
    const index = file === undefined ? await readText(folder, INDEX) : undefined;
    const raws =
      index === undefined
        ? await singleFile(open, file ?? (await weightsName(folder)))
        : await shards(folder, open, index);
    return { raws, close };
  } catch (error) {
    close();
    throw error;
  }
}

type Open = (name: string) => Promise<ByteSource>;

async function singleFile(open: Open, name: string): Promise<RawTensor[]> {
  const file = await openSafetensors(await open(name));
  return [...file.tensors.values()].map((tensor) => rawTensor(file, tensor));
}

async function shards(folder: Folder, open: Open, index: string): Promise<RawTensor[]> {
  try {
    const { tensors } = await openSafetensorsIndex(index, open);
    return [...tensors.values()].map(({ shard, tensor }) => rawTensor(shard, tensor));
  } catch (cause) {
    if (cause instanceof SafetensorsError && cause.cause instanceof FormatsError) {
      throw new FormatsError(
        "FORMATS_SHARD_MISSING",
        `${folder.path}: ${cause.fields.file}, which ${INDEX} names, cannot be opened. Download the missing shard.`,
        { path: cause.fields.file },
        { cause },
      );
    }
    throw cause;
  }
}

function rawTensor(file: Safetensors, tensor: SafetensorsTensor): RawTensor {
  return { ...tensor, readInto: (dst, offset) => file.readInto(tensor, dst, offset) };
}

async function weightsName(folder: Folder): Promise<string> {
  const names = await folder.names();
  const candidates = names.filter((name) => name.endsWith(".safetensors"));
  const only = candidates.includes(SINGLE) ? SINGLE : candidates.length === 1 ? candidates[0] : undefined;
  if (only !== undefined) return only;
  const pickled = names.some((name) => /\.(bin|pth|pt)$/.test(name));
  const why =
    candidates.length > 1
      ? `has ${candidates.length} safetensors files but no ${INDEX} that says how they belong together`
      : `has no ${SINGLE}${pickled ? "; its PyTorch files (.bin, .pth) are programs and are not read" : ""}`;
  throw new FormatsError("FORMATS_NO_WEIGHTS", `${folder.path} ${why}`, { path: folder.path });
}
