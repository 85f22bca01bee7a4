import type { ChatMessage, GenerationEvent, Usage } from "./api.ts";
import { type Piece, textOf, toPieces } from "./pieces.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

/** Answering a conversation, or continuing a text. */
export type Mode = "chat" | "completion";

export type AnswerStatus = "waiting" | "streaming" | "done" | "stopped" | "failed";

export interface Answer {
  readonly model: string;
  readonly status: AnswerStatus;
  readonly reasoning: readonly Piece[];
  readonly content: readonly Piece[];
  /** Tokens seen so far; the usage has the server's own count. */
  readonly tokens: number;
  /** Milliseconds of the page's clock. */
  readonly startedAt: number;
  readonly firstTokenAt?: number;
  readonly lastTokenAt?: number;
  readonly finishReason?: string;
  readonly usage?: Usage;
  /** A sentence. */
  readonly error?: string;
}

/** What was asked and what came back. */
export interface Turn {
  readonly id: number;
  readonly mode: Mode;
  readonly prompt: string;
  readonly answer: Answer;
}

export interface State {
  readonly models: readonly string[];
  /** Chosen model; empty until the server has told of one. */
  readonly model: string;
  /** Why the models are not known: a sentence. */
  readonly modelsError?: string;
  /** The server wants an API key. */
  readonly needsKey: boolean;
  readonly chosenMode: Mode;
  /** Models that the server refused to chat with. */
  readonly withoutTemplate: readonly string[];
  readonly settings: Settings;
  readonly turns: readonly Turn[];
  /** What "Clear" took away, until the next turn. */
  readonly cleared: readonly Turn[];
}

export const INITIAL_STATE: State = {
  models: [],
  model: "",
  needsKey: false,
  chosenMode: "chat",
  withoutTemplate: [],
  settings: DEFAULT_SETTINGS,
  turns: [],
  cleared: [],
};

interface Actions {
  restored: {
    readonly turns: readonly Turn[];
    readonly settings: Settings;
    readonly model: string;
    readonly mode: Mode;
  };
  modelsListed: { readonly models: readonly string[] };
  modelsFailed: { readonly error: string; readonly needsKey: boolean };
  modelChosen: { readonly model: string };
  modeChosen: { readonly mode: Mode };
  settingsChanged: { readonly settings: Partial<Settings> };
  /** Replaces the last turn where `again`. */
  asked: { readonly prompt: string; readonly again: boolean; readonly at: number };
  /** The model turned out to have no chat template: the turn becomes a completion. */
  becameCompletion: { readonly at: number };
  generated: { readonly event: GenerationEvent; readonly at: number };
  ended: {
    readonly status: "done" | "stopped" | "failed";
    readonly error?: string;
    readonly needsKey?: boolean;
  };
  cleared: Record<never, never>;
  clearUndone: Record<never, never>;
}

export type Action = { [Type in keyof Actions]: { readonly type: Type } & Actions[Type] }[keyof Actions];

/** How the next prompt will be used. */
export const modeOf = ({ model, chosenMode, withoutTemplate }: State): Mode =>
  withoutTemplate.includes(model) ? "completion" : chosenMode;

export const isBusy = ({ turns }: State): boolean => {
  const status = turns.at(-1)?.answer.status;
  return status === "waiting" || status === "streaming";
};

const newAnswer = (model: string, at: number): Answer => ({
  model,
  status: "waiting",
  reasoning: [],
  content: [],
  tokens: 0,
  startedAt: at,
});

function withLastAnswer(state: State, change: (answer: Answer) => Answer): State {
  const last = state.turns.at(-1);
  if (last === undefined) return state;
  return { ...state, turns: [...state.turns.slice(0, -1), { ...last, answer: change(last.answer) }] };
}

/** What an event of the API does to an answer. */
const EVENTS: {
  [Type in GenerationEvent["type"]]: (
    answer: Answer,
    event: Extract<GenerationEvent, { type: Type }>,
    at: number,
  ) => Answer;
} = {
  delta(answer, { content, reasoning, tokens }, at) {
    // A delta is of one channel; where it is of none, its tokens made no text.
    const isReasoning = reasoning !== "";
    const tokensOf = (mine: boolean) => (mine ? tokens : []);
    return {
      ...answer,
      status: "streaming",
      reasoning: [...answer.reasoning, ...toPieces(reasoning, tokensOf(isReasoning))],
      content: [...answer.content, ...toPieces(content, tokensOf(!isReasoning))],
      tokens: answer.tokens + Math.max(1, tokens.length),
      firstTokenAt: answer.firstTokenAt ?? at,
      lastTokenAt: at,
    };
  },
  finish: (answer, { reason }) => ({ ...answer, finishReason: reason }),
  usage: (answer, { usage }) => ({ ...answer, usage }),
};

type Handlers = { readonly [Type in keyof Actions]: (state: State, action: Actions[Type]) => State };

const HANDLERS: Handlers = {
  restored: (state, { turns, settings, model, mode }) => ({
    ...state,
    turns,
    settings,
    model,
    chosenMode: mode,
  }),
  modelsListed: (state, { models }) => ({
    ...state,
    models,
    model: models.includes(state.model) ? state.model : (models[0] ?? ""),
    modelsError: models.length === 0 ? "The server has no models." : undefined,
    needsKey: false,
  }),
  modelsFailed: (state, { error, needsKey }) => ({ ...state, modelsError: error, needsKey }),
  modelChosen: (state, { model }) => ({ ...state, model }),
  modeChosen: (state, { mode }) => ({ ...state, chosenMode: mode }),
  settingsChanged: (state, { settings }) => ({ ...state, settings: { ...state.settings, ...settings } }),
  asked(state, { prompt, again, at }) {
    const kept = again ? state.turns.slice(0, -1) : state.turns;
    const id = (state.turns.at(-1)?.id ?? 0) + 1;
    const turn = { id, mode: modeOf(state), prompt, answer: newAnswer(state.model, at) };
    return { ...state, turns: [...kept, turn], cleared: [] };
  },
  becameCompletion(state, { at }) {
    const last = state.turns.at(-1);
    if (last === undefined) return state;
    const { model } = last.answer;
    const turn: Turn = { ...last, mode: "completion", answer: newAnswer(model, at) };
    return {
      ...state,
      withoutTemplate: [...state.withoutTemplate, model],
      turns: [...state.turns.slice(0, -1), turn],
    };
  },
  generated: (state, { event, at }) =>
    withLastAnswer(state, (answer) => EVENTS[event.type](answer, event as never, at)),
  ended: (state, { status, error, needsKey }) => ({
    ...withLastAnswer(state, (answer) => ({ ...answer, status, error })),
    needsKey: needsKey ?? state.needsKey,
  }),
  cleared(state) {
    const { turns } = isBusy(state) ? withLastAnswer(state, (a) => ({ ...a, status: "stopped" })) : state;
    return { ...state, turns: [], cleared: turns };
  },
  clearUndone: (state) => ({ ...state, turns: state.cleared, cleared: [] }),
};

/** The state after an action. Only the last turn is ever made anew; the others stay the same objects. */
export const reduce = (state: State, action: Action): State => HANDLERS[action.type](state, action as never);

/** The conversation as the API wants it, up to and with the last turn's prompt. */
export function messagesOf({ turns, settings }: State): ChatMessage[] {
  const messages: ChatMessage[] = [];
  if (settings.system.trim() !== "") messages.push({ role: "system", content: settings.system });
  for (const [at, { mode, prompt, answer }] of turns.entries()) {
    if (mode !== "chat") continue;
    const content = textOf(answer.content);
    if (at === turns.length - 1) messages.push({ role: "user", content: prompt });
    else if (content !== "") messages.push({ role: "user", content: prompt }, { role: "assistant", content });
  }
  return messages;
}

/** Tokens a second between the first and the last; undefined for fewer than two. */
export function tokensPerSecond({ tokens, usage, firstTokenAt, lastTokenAt }: Answer): number | undefined {
  const count = usage?.completionTokens ?? tokens;
  if (firstTokenAt === undefined || lastTokenAt === undefined) return undefined;
  if (count < 2 || lastTokenAt <= firstTokenAt) return undefined;
  return ((count - 1) * 1000) / (lastTokenAt - firstTokenAt);
}
