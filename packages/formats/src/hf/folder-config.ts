import { FormatsError } from "../errors.ts";
import { type Folder, isObject, readJson, readText } from "../folder.ts";
import { type HfConfig, hfConfig } from "./config.ts";

/** Poolings of sentence-transformers as llama.cpp numbers them. Source: enum llama_pooling_type of include/llama.h. */
const POOLINGS: readonly (readonly [key: string, type: number])[] = [
  ["pooling_mode_mean_tokens", 1],
  ["pooling_mode_cls_token", 2],
  ["pooling_mode_lasttoken", 3],
];

/** Reads what a folder says about its model; throws FORMATS_NO_CONFIG where it has no config.json. */
export async function readHfConfig(folder: Folder): Promise<HfConfig> {
  const json = await readJson(folder, "config.json");
  if (!json) {
    throw new FormatsError(
      "FORMATS_NO_CONFIG",
      `${folder.path} has no config.json, which says what its tensors mean. Put the model's config.json beside its weights.`,
      { path: folder.path },
    );
  }
  return hfConfig(folder.path, json, await readPooling(folder));
}

/** A folder inside: modules.json must not reach out of its own. */
const FOLDER_NAME = /^\w[\w.-]*$/;

async function readModules(folder: Folder): Promise<unknown> {
  const text = await readText(folder, "modules.json");
  try {
    return JSON.parse(text ?? "[]");
  } catch (cause) {
    throw new FormatsError(
      "FORMATS_CONFIG_INVALID",
      `${folder.path}: modules.json is not JSON`,
      { path: "modules.json" },
      { cause },
    );
  }
}

/** The pooling modules.json names, if any. */
async function readPooling(folder: Folder): Promise<number | undefined> {
  const modules = await readModules(folder);
  const pooling = Array.isArray(modules)
    ? modules.find((module) => isObject(module) && String(module.type).endsWith(".Pooling"))
    : undefined;
  if (!isObject(pooling) || typeof pooling.path !== "string" || !FOLDER_NAME.test(pooling.path))
    return undefined;
  const modes = await readJson(folder, `${pooling.path}/config.json`);
  return POOLINGS.find(([key]) => modes?.[key] === true)?.[1];
}
