import { parseShardName, shardNames } from "@realizar/gguf";
import { FormatsError } from "./errors.ts";
import type { Folder } from "./folder.ts";

/**
 * The files a model of which `name` is one consists of, first to last; `name` alone where it is not split.
 * @throws FormatsError FORMATS_SHARD_MISSING
 */
export async function ggufFiles(folder: Folder, name: string): Promise<readonly string[]> {
  const files = shardNames(name);
  if (files.length === 1) return files;
  const present = new Set(await folder.names());
  const missing = files.filter((file) => !present.has(file));
  if (missing.length === 0) return files;
  throw new FormatsError(
    "FORMATS_SHARD_MISSING",
    `${folder.path}: the model is split into ${files.length} files and lacks ${missing.join(", ")}. Download the missing files.`,
    { path: missing[0] },
  );
}

/**
 * The model's first file in a folder of GGUF files, or undefined where there is none.
 * @throws FormatsError FORMATS_UNKNOWN_FORMAT where there are several models
 */
export async function onlyGguf(folder: Folder): Promise<string | undefined> {
  const names = (await folder.names()).filter((name) => name.toLowerCase().endsWith(".gguf")).sort();
  const models = names.filter((name) => (parseShardName(name)?.index ?? 0) === 0);
  if (models.length <= 1) return models[0] ?? names[0];
  throw new FormatsError(
    "FORMATS_UNKNOWN_FORMAT",
    `${folder.path} holds ${models.length} GGUF models (${models.slice(0, 8).join(", ")}); name one of them`,
    { path: folder.path, known: models },
  );
}
