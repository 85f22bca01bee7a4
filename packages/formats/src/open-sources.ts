import type { ByteSource } from "./checkpoint.ts";
import type { Folder } from "./folder.ts";

/** Opens files of a folder, in order; closes those it opened where one cannot be. */
export async function openSources(
  folder: Folder,
  files: readonly string[],
): Promise<[ByteSource, ...ByteSource[]]> {
  const sources: ByteSource[] = [];
  try {
    for (const file of files) sources.push(await folder.open(file));
  } catch (error) {
    for (const source of sources) source.close?.();
    throw error;
  }
  return sources as [ByteSource, ...ByteSource[]];
}
