import type { SpecialIds } from "../tokenizer.ts";
import type { Vocabulary } from "../vocabulary.ts";
import { type JsonObject, objectAt } from "./json.ts";

/** What tokenizer_config.json adds to a vocabulary. */
export interface TokenizerConfig {
  readonly special: SpecialIds;
  readonly addBos?: boolean;
  readonly addEos?: boolean;
  /** Tidy spaces before English punctuation in decoded text. */
  readonly tidySpaces: boolean;
  readonly className: string;
}

const FIELDS: Readonly<Record<keyof SpecialIds, string>> = {
  bos: "bos_token",
  eos: "eos_token",
  eot: "eot_token",
  unk: "unk_token",
  pad: "pad_token",
  sep: "sep_token",
  cls: "cls_token",
  mask: "mask_token",
};

/** A token is its text, or an object with it in `content`. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  const content = (value as JsonObject | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}

const flag = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);

/** @throws TokenizerFileError where the config is no object */
export function configOf(value: unknown, vocabulary: Vocabulary): TokenizerConfig {
  const node = value === undefined || value === null ? {} : objectAt(value, "tokenizer_config.json");
  const special: { -readonly [name in keyof SpecialIds]: SpecialIds[name] } = {};
  for (const [name, field] of Object.entries(FIELDS) as [keyof SpecialIds, string][]) {
    const text = textOf(node[field]);
    const id = text === undefined ? undefined : vocabulary.ids.get(text);
    if (id !== undefined) special[name] = id;
  }
  return {
    special,
    addBos: flag(node.add_bos_token),
    addEos: flag(node.add_eos_token),
    tidySpaces: flag(node.clean_up_tokenization_spaces) ?? false,
    className: typeof node.tokenizer_class === "string" ? node.tokenizer_class : "",
  };
}
