import type { ByteSource } from "./checkpoint.ts";
import { FormatsError } from "./errors.ts";
import { blobSource } from "./sources/blob.ts";
import { memorySource } from "./sources/memory.ts";

/** Named files in one place: a folder, an object of Blobs, a repository on a server. */
export interface Folder {
  /** What messages call it. */
  readonly path: string;
  /** Names of its files; files of inner folders may be named `inner/name`. */
  names(): readonly string[] | Promise<readonly string[]>;
  /** Opens one of its files; throws FORMATS_NOT_FOUND. */
  open(name: string): ByteSource | Promise<ByteSource>;
}

/** Longest text file read whole, in bytes: the largest tokenizer.json in use are some 40 MB. */
const MAX_TEXT_BYTES = 256 * 1024 * 1024;

/** Files held in memory, as a folder. */
export function memoryFolder(
  files: Readonly<Record<string, Uint8Array | Blob>>,
  path = "files in memory",
): Folder {
  return {
    path,
    names: () => Object.keys(files),
    open(name) {
      const file = Object.hasOwn(files, name) ? files[name] : undefined;
      if (!file) {
        throw new FormatsError("FORMATS_NOT_FOUND", `${path}: there is no ${name}`, { path: name });
      }
      return file instanceof Uint8Array ? memorySource(file) : blobSource(file);
    },
  };
}

/** All bytes of a file in a folder, or undefined where it is absent. */
export async function readBytes(folder: Folder, name: string): Promise<Uint8Array | undefined> {
  let source: ByteSource;
  try {
    source = await folder.open(name);
  } catch (error) {
    if (error instanceof FormatsError && error.code === "FORMATS_NOT_FOUND") return undefined;
    throw error;
  }
  try {
    if (source.size > MAX_TEXT_BYTES) {
      throw new FormatsError(
        "FORMATS_UNREADABLE",
        `${folder.path}: ${name} is ${source.size} bytes long; at most ${MAX_TEXT_BYTES} are read of such a file`,
        { path: name },
      );
    }
    const bytes = new Uint8Array(source.size);
    await source.readInto(bytes, 0);
    return bytes;
  } finally {
    source.close?.();
  }
}

/** The text of a file in a folder, or undefined where it is absent. */
export async function readText(folder: Folder, name: string): Promise<string | undefined> {
  const bytes = await readBytes(folder, name);
  return bytes && new TextDecoder().decode(bytes);
}

/** The object a JSON file of a folder holds, or undefined where it is absent. */
export async function readJson(folder: Folder, name: string): Promise<JsonObject | undefined> {
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new FormatsError(
      "FORMATS_CONFIG_INVALID",
      `${folder.path}: ${name} is not JSON: ${(cause as Error).message}`,
      { path: name },
      { cause },
    );
  }
  if (isObject(value)) return value;
  throw new FormatsError("FORMATS_CONFIG_INVALID", `${folder.path}: ${name} does not hold an object`, {
    path: name,
  });
}

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
