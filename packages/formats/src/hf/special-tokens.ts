import type { SpecialIds, Tokenizer } from "@realizar/tokenizers";
import { type Folder, isObject, type JsonObject, readJson } from "../folder.ts";

/** What a folder's JSON files say about special tokens. */
export interface SpecialTokens {
  /** tokenizer_config.json, completed by special_tokens_map.json. */
  readonly config: JsonObject;
  /** Ids of config.json and generation_config.json. */
  readonly bos?: number;
  readonly eos?: number;
  /** All ids generation ends at. */
  readonly endOfGeneration: readonly number[];
  /** `model_type` of config.json. */
  readonly modelType?: string;
}

/** Reads tokenizer_config.json, special_tokens_map.json, config.json and generation_config.json, as far as they are there. */
export async function readSpecialTokens(folder: Folder): Promise<SpecialTokens> {
  const map = (await readJson(folder, "special_tokens_map.json")) ?? {};
  const own = Object.entries((await readJson(folder, "tokenizer_config.json")) ?? {});
  const model = (await readJson(folder, "config.json")) ?? {};
  const inner = isObject(model.text_config) ? model.text_config : model;
  const generation = (await readJson(folder, "generation_config.json")) ?? {};
  const eos = [generation, inner, model].map((json) => idsIn(json.eos_token_id));
  return {
    config: { ...map, ...Object.fromEntries(own.filter(([, value]) => value !== null)) },
    bos: idsIn(generation.bos_token_id)[0] ?? idsIn(inner.bos_token_id)[0],
    eos: eos.flat()[0],
    endOfGeneration: [...new Set(eos.flat())],
    modelType: typeof model.model_type === "string" ? model.model_type : undefined,
  };
}

/** The tokenizer, knowing also the ids of the model's configuration; those beyond its vocabulary are left out. */
export function withSpecialIds(tokenizer: Tokenizer, tokens: SpecialTokens): Tokenizer {
  const known = (id: number | undefined): id is number => id !== undefined && id < tokenizer.vocabSize;
  const special: SpecialIds = {
    ...(known(tokens.bos) ? { bos: tokens.bos } : {}),
    ...(known(tokens.eos) ? { eos: tokens.eos } : {}),
    ...tokenizer.special,
  };
  const endOfGeneration = new Set([...tokenizer.endOfGeneration, ...tokens.endOfGeneration.filter(known)]);
  return { ...tokenizer, special, endOfGeneration };
}

/** The texts a tokenizer_config.json gives special tokens: `{ bos: "<s>" }`. */
export function specialTexts(config: JsonObject): Partial<Record<keyof SpecialIds, string>> {
  const texts: Partial<Record<keyof SpecialIds, string>> = {};
  for (const name of ["bos", "eos", "unk", "pad", "sep", "cls", "mask"] as const) {
    const value = config[`${name}_token`];
    const text = isObject(value) ? value.content : value;
    if (typeof text === "string") texts[name] = text;
  }
  return texts;
}

function idsIn(value: unknown): number[] {
  return [value].flat().filter((id): id is number => Number.isInteger(id) && (id as number) >= 0);
}
