import type { Candidate, Piece, Token } from "./pieces.ts";
import { DEFAULT_SETTINGS, NUMBER_FIELDS, parseNumber, type Settings } from "./settings.ts";
import type { Answer, Mode, State, Turn } from "./state.ts";

/** What the page keeps between visits. */
export interface Saved {
  readonly turns: readonly Turn[];
  readonly settings: Settings;
  readonly model: string;
  readonly mode: Mode;
}

export type SaveArea = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const KEY = "realizar.conversation.1";

const withoutTokens = (pieces: readonly Piece[]): Piece[] => [
  { text: pieces.map((piece) => piece.text).join(""), tokens: [] },
];

/** The same turn with its texts alone. */
const plain = (turn: Turn): Turn => ({
  ...turn,
  answer: {
    ...turn.answer,
    content: withoutTokens(turn.answer.content),
    reasoning: withoutTokens(turn.answer.reasoning),
  },
});

/**
 * Keeps the conversation. Where the browser's quota does not hold it all, older turns lose their alternatives first and
 * are then left out, half of them at a time. Returns the turns that were left out.
 */
export function save(area: SaveArea, { turns, settings, model, chosenMode }: State): number {
  const forms = [
    turns,
    turns.map((turn, at) => (at >= turns.length - 2 ? turn : plain(turn))),
    turns.map(plain),
  ];
  for (let count = turns.length >> 1; count > 0; count >>= 1) forms.push(turns.slice(-count).map(plain));
  for (const form of forms) {
    try {
      area.setItem(KEY, JSON.stringify({ turns: form, settings, model, mode: chosenMode }));
      return turns.length - form.length;
    } catch {
      // Over the quota, or storage is switched off: the next, smaller form.
    }
  }
  return turns.length;
}

type Json = Readonly<Record<string, unknown>>;

const asObject = (value: unknown): Json =>
  typeof value === "object" && value !== null ? (value as Json) : {};
const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const asText = (value: unknown): string => (typeof value === "string" ? value : "");
const asNumber = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const asMode = (value: unknown): Mode => (value === "completion" ? "completion" : "chat");

function toCandidate(value: unknown): Candidate {
  const { text, logprob } = asObject(value);
  return { text: asText(text), logprob: asNumber(logprob) ?? null };
}

const toToken = (value: unknown): Token => ({
  ...toCandidate(value),
  top: asArray(asObject(value).top).map(toCandidate),
});

const toPieces = (value: unknown): Piece[] =>
  asArray(value)
    .map((piece) => ({
      text: asText(asObject(piece).text),
      tokens: asArray(asObject(piece).tokens).map(toToken),
    }))
    .filter(({ text }) => text !== "");

function toAnswer(value: unknown): Answer {
  const saved = asObject(value);
  const { status } = saved;
  const usage = asObject(saved.usage);
  const isWhole = status === "done" || status === "failed";
  return {
    model: asText(saved.model),
    // A page that was closed while an answer came has stopped it.
    status: isWhole ? status : "stopped",
    reasoning: toPieces(saved.reasoning),
    content: toPieces(saved.content),
    tokens: asNumber(saved.tokens) ?? 0,
    startedAt: asNumber(saved.startedAt) ?? 0,
    firstTokenAt: asNumber(saved.firstTokenAt),
    lastTokenAt: asNumber(saved.lastTokenAt),
    finishReason: asText(saved.finishReason) || undefined,
    error: asText(saved.error) || undefined,
    usage:
      saved.usage === undefined
        ? undefined
        : {
            promptTokens: asNumber(usage.promptTokens) ?? 0,
            completionTokens: asNumber(usage.completionTokens) ?? 0,
            cachedTokens: asNumber(usage.cachedTokens) ?? 0,
          },
  };
}

function toSettings(value: unknown): Settings {
  const saved = asObject(value);
  if (value === undefined) return DEFAULT_SETTINGS;
  const numbers: Partial<Record<string, number>> = {};
  for (const field of NUMBER_FIELDS) {
    const parsed = parseNumber(field, String(saved[field.key] ?? ""));
    if ("value" in parsed && parsed.value !== undefined) numbers[field.key] = parsed.value;
  }
  return {
    ...numbers,
    system: asText(saved.system),
    stop: asText(saved.stop),
    markUncertain: saved.markUncertain === true,
  };
}

/** What was kept, or undefined where there is nothing readable. Whatever does not look right is left out. */
export function load(area: SaveArea): Saved | undefined {
  let saved: Json;
  try {
    const text = area.getItem(KEY);
    if (text === null) return undefined;
    saved = asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
  const turns = asArray(saved.turns).map((value, at) => {
    const turn = asObject(value);
    return {
      id: at + 1,
      mode: asMode(turn.mode),
      prompt: asText(turn.prompt),
      answer: toAnswer(turn.answer),
    };
  });
  return {
    turns,
    settings: toSettings(saved.settings),
    model: asText(saved.model),
    mode: asMode(saved.mode),
  };
}
