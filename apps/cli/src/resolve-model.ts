import { existsSync } from "node:fs";
import { createHub, type Hub, HubError, parseModelName, readHubSettings } from "@realizar/hub";
import { ModelNotFoundError } from "./errors.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The hub that the environment names, over its cache. */
export async function hubOf(environment: Environment): Promise<Hub> {
  return createHub(await readHubSettings(environment));
}

/**
 * Where a model lies: a path as it is, else the hub's copy of that name. Downloads nothing.
 * @throws ModelNotFoundError which says how to get it
 */
export async function resolveModel(model: string, environment: Environment): Promise<string> {
  if (existsSync(model)) return model;
  if (PATH.test(model)) throw new ModelNotFoundError(model, "; check the path");
  try {
    parseModelName(model);
    const local = await (await hubOf(environment)).resolveLocal(model);
    if (local !== undefined) return local.path;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    throw new ModelNotFoundError(model, `; as a name: ${error.message}`);
  }
  throw new ModelNotFoundError(model, `, nor was it pulled from the hub; to get it: realizar pull ${model}`);
}

/** Can only mean a path: it begins like one, or names a model file that is in no repository. */
const PATH = /^[./~\\]|^[^/]*(\/[^/]*)?\.(gguf|safetensors)$/i;

/** As resolveModel for `[id=]model`, keeping the id. */
export async function resolveServed(text: string, environment: Environment): Promise<string> {
  const [, id, model] = /^([\w.:@-]+)=(.+)$/.exec(text) ?? [];
  if (model !== undefined) return `${id}=${await resolveModel(model, environment)}`;
  if (existsSync(text)) return text;
  const path = await resolveModel(text, environment);
  return `${shortName(text)}=${path}`;
}

/** "name:Q4_K_M" of "org/name:Q4_K_M": what a client calls the model. */
function shortName(model: string): string {
  const last = model
    .replace(/[?#].*$/, "")
    .split("/")
    .findLast((part) => part !== "");
  return (last ?? model).replace(/\.gguf$/, "").replace(/[^\w.:@-]/g, "-");
}
