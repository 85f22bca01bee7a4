/** What the reader has chosen for the next answers. A number that is not there is left to the server. */
export interface Settings {
  readonly system: string;
  /** Texts that end an answer, as typed: one a line. */
  readonly stop: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  readonly minP?: number;
  readonly maxTokens?: number;
  readonly seed?: number;
  /** Underlines tokens with a probability below one half. */
  readonly markUncertain: boolean;
}

export type NumberKey = "temperature" | "topP" | "topK" | "minP" | "maxTokens" | "seed";

/** A number of the settings: how it is shown, checked and sent. */
export interface NumberField {
  readonly key: NumberKey;
  readonly label: string;
  readonly hint: string;
  /** Its name in the API. */
  readonly wire: string;
  readonly min: number;
  readonly max: number;
  /** Step of the arrow keys. */
  readonly step: number;
  readonly integer: boolean;
  /** Shown where the field is empty. */
  readonly empty: string;
}

/** Bounds are the server's. */
export const NUMBER_FIELDS: readonly NumberField[] = [
  {
    key: "temperature",
    label: "Temperature",
    hint: "0 always takes the likeliest token; higher is more varied",
    wire: "temperature",
    min: 0,
    max: 2,
    step: 0.1,
    integer: false,
    empty: "1",
  },
  {
    key: "topP",
    label: "Top p",
    hint: "Likeliest tokens that together reach this probability",
    wire: "top_p",
    min: 0,
    max: 1,
    step: 0.05,
    integer: false,
    empty: "1",
  },
  {
    key: "topK",
    label: "Top k",
    hint: "This many of the likeliest tokens; 0 for all",
    wire: "top_k",
    min: 0,
    max: 2 ** 31 - 1,
    step: 1,
    integer: true,
    empty: "all",
  },
  {
    key: "minP",
    label: "Min p",
    hint: "Tokens at least this likely, relative to the likeliest",
    wire: "min_p",
    min: 0,
    max: 1,
    step: 0.01,
    integer: false,
    empty: "0",
  },
  {
    key: "maxTokens",
    label: "Longest answer",
    hint: "In tokens",
    wire: "max_tokens",
    min: 1,
    max: 2 ** 31 - 1,
    step: 1,
    integer: true,
    empty: "server’s",
  },
  {
    key: "seed",
    label: "Seed",
    hint: "The same seed gives the same answer",
    wire: "seed",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    step: 1,
    integer: true,
    empty: "random",
  },
];

/** The samplers' values are llama.cpp's (common/common.h), which small models answer well with. */
export const DEFAULT_SETTINGS: Settings = {
  system: "",
  stop: "",
  temperature: 0.8,
  topP: 0.95,
  topK: 40,
  minP: 0.05,
  maxTokens: 1024,
  markUncertain: false,
};

export type ParsedNumber = { readonly value: number | undefined } | { readonly error: string };

/** Reads what was typed into a number's field; an empty field is no value. */
export function parseNumber({ label, min, max, integer }: NumberField, typed: string): ParsedNumber {
  const text = typed.trim().replace(",", ".");
  if (text === "") return { value: undefined };
  const value = Number(text);
  const kind = integer ? "a whole number" : "a number";
  const isInRange = value >= min && value <= max && (!integer || Number.isInteger(value));
  if (isInRange) return { value };
  const range = max >= 2 ** 31 - 1 ? `of ${min} or more` : `from ${min} to ${max}`;
  return { error: `${label} must be ${kind} ${range}.` };
}

/** The server's bounds on stop texts. */
const MAX_STOPS = 16;
const MAX_STOP_LENGTH = 1024;

/** The stop texts, one a line; `\n` and `\t` stand for a line break and a tab. */
export function parseStops(typed: string): string[] {
  const lines = typed.split("\n").filter((line) => line !== "");
  return lines
    .slice(0, MAX_STOPS)
    .map((line) => line.replaceAll("\\n", "\n").replaceAll("\\t", "\t").slice(0, MAX_STOP_LENGTH));
}

/** The settings as fields of a request. */
export function toWire(settings: Settings): Record<string, number | string[]> {
  const fields: Record<string, number | string[]> = {};
  for (const { key, wire } of NUMBER_FIELDS) {
    const value = settings[key];
    if (value !== undefined) fields[wire] = value;
  }
  const stops = parseStops(settings.stop);
  if (stops.length > 0) fields.stop = stops;
  return fields;
}
