import type { GenerateOptions } from "@realizar/llm";
import { type Command, Option } from "commander";
import { decimal, integer, stopText } from "./options.ts";

/** How `run` and `chat` generate. */
export interface GenerationFlags {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
}

export type NumberFlag = Exclude<keyof GenerationFlags, "stop">;

/** A number that can be set: as an option, and in a chat with /set. */
export interface NumberSetting {
  readonly key: NumberFlag;
  readonly flags: string;
  readonly text: string;
  readonly parse: (text: string) => number;
  readonly otherwise?: number;
}

export const NUMBER_SETTINGS: readonly NumberSetting[] = [
  {
    key: "maxTokens",
    flags: "-n, --max-tokens <n>",
    text: "most tokens to generate",
    parse: integer(0),
    otherwise: 256,
  },
  {
    key: "temperature",
    flags: "--temp, --temperature <t>",
    text: "0 is greedy",
    parse: decimal(0, 100),
    otherwise: 0.8,
  },
  {
    key: "topK",
    flags: "--top-k <k>",
    text: "the k likeliest; 0 is off",
    parse: integer(0),
    otherwise: 40,
  },
  {
    key: "topP",
    flags: "--top-p <p>",
    text: "the likeliest that reach p together; 1 is off",
    parse: decimal(0, 1),
    otherwise: 0.95,
  },
  {
    key: "minP",
    flags: "--min-p <p>",
    text: "those p times as likely as the likeliest; 0 is off",
    parse: decimal(0, 1),
    otherwise: 0.05,
  },
  {
    key: "seed",
    flags: "--seed <n>",
    text: "same seed, same text (default: a fresh one)",
    parse: integer(0),
  },
];

/** The name under which people know a setting: its long option without dashes. */
export const settingName = ({ flags }: NumberSetting): string => /--([\w-]+) </.exec(flags)![1]!;

/** Adds the options; `defaults` go before the table's own. */
export function addGenerationOptions(command: Command, defaults: Partial<GenerationFlags> = {}): Command {
  for (const { key, flags, text, parse, otherwise } of NUMBER_SETTINGS) {
    const option = new Option(flags, text).argParser(parse);
    const value = defaults[key] ?? otherwise;
    command.addOption(value === undefined ? option : option.default(value));
  }
  return command.option("--stop <text>", "end before this text; may be given several times", stopText);
}

export const generateOptions = (flags: GenerationFlags): GenerateOptions => ({
  maxTokens: flags.maxTokens,
  temperature: flags.temperature,
  topK: flags.topK,
  topP: flags.topP,
  minP: flags.minP,
  ...(flags.seed === undefined ? {} : { seed: flags.seed }),
  ...(flags.stop === undefined ? {} : { stop: flags.stop }),
});
