import type { Answer } from "./state.ts";
import { tokensPerSecond } from "./state.ts";

/** A probability from its logarithm, as a percentage. */
export function percent(logprob: number | null): string {
  if (logprob === null) return "–";
  const value = Math.exp(logprob) * 100;
  if (value < 0.1) return "< 0.1 %";
  return `${value > 99.9 && value < 99.9999 ? "> 99.9" : value.toFixed(1)} %`;
}

const INVISIBLE: Readonly<Record<string, string>> = {
  " ": "␣",
  "\n": "↵",
  "\r": "␍",
  "\t": "⇥",
  "\u00A0": "⍽",
};

/** A token's text with its blanks made visible. */
export const visible = (text: string): string =>
  text === "" ? "(empty)" : text.replace(/[ \n\r\t\u00A0]/g, (blank) => INVISIBLE[blank]!);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;

const count = (n: number): string => n.toLocaleString("en");

export const tokensOf = (n: number): string => `${count(n)} ${n === 1 ? "token" : "tokens"}`;

const ENDINGS: Readonly<Record<string, string>> = {
  length: "cut off at its longest",
  stopped: "stopped",
};

/** What is known of an answer's speed and size, in reading order. */
export function figures(answer: Answer): string[] {
  const { tokens, usage, startedAt, firstTokenAt, finishReason, status } = answer;
  const made = usage?.completionTokens ?? tokens;
  const speed = tokensPerSecond(answer);
  const parts: (string | undefined)[] = [
    made > 0 ? tokensOf(made) : undefined,
    speed === undefined ? undefined : `${speed.toFixed(1)} tokens/s`,
    firstTokenAt === undefined ? undefined : `first after ${seconds(firstTokenAt - startedAt)}`,
    usage === undefined ? undefined : `prompt of ${count(usage.promptTokens)}${cached(usage.cachedTokens)}`,
    ENDINGS[status] ?? ENDINGS[finishReason ?? ""],
  ];
  return parts.filter((part) => part !== undefined);
}

const cached = (n: number): string => (n === 0 ? "" : `, ${count(n)} cached`);
