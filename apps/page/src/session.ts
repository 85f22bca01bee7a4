import { type Api, generate, isWithoutTemplate, listModels } from "./api.ts";
import { ApiError, messageOf } from "./errors.ts";
import { textOf } from "./pieces.ts";
import { type Action, INITIAL_STATE, isBusy, messagesOf, reduce, type State } from "./state.ts";
import { load, type SaveArea, save } from "./storage.ts";
import { createStore, type Store } from "./store.ts";

/** What a session needs of its surroundings. */
export interface Surroundings {
  readonly fetch: Api["fetch"];
  readonly base: string;
  /** Outlives the visit. */
  readonly storage: SaveArea;
  /** Ends with the tab: holds the API key. */
  readonly keyStorage: SaveArea;
  /** Milliseconds. */
  readonly now: () => number;
  readonly schedule: (callback: () => void) => void;
}

/** A visit to the page: its state, and everything that a reader can do. */
export interface Session {
  readonly store: Store<State, Action>;
  /** Asks the server for its models. */
  loadModels(): Promise<void>;
  /** Asks, and resolves when the answer has ended in whatever way. Does nothing while an answer is coming. */
  send(prompt: string): Promise<void>;
  /** Asks the last prompt once more, in place of its answer. */
  again(): Promise<void>;
  /** Continues the last completion where it ended. */
  proceed(): Promise<void>;
  stop(): void;
  clear(): void;
  undoClear(): void;
  setApiKey(key: string): Promise<void>;
  /** Keeps the conversation for the next visit. */
  save(): void;
}

const KEY_NAME = "realizar.api-key";

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    // Storage throws where the browser's user has switched it off.
    return otherwise;
  }
}

export function createSession({ fetch, base, storage, keyStorage, now, schedule }: Surroundings): Session {
  const store = createStore(reduce, INITIAL_STATE, schedule);
  const { dispatch } = store;
  let apiKey = attempt(() => keyStorage.getItem(KEY_NAME) ?? "", "");
  let running: AbortController | undefined;
  const api: Api = { fetch, base, apiKey: () => apiKey };

  const saved = load(storage);
  if (saved !== undefined) dispatch({ type: "restored", ...saved });

  /** Streams the last turn's answer into the state, for as long as nothing else has taken its place. */
  async function answerLast(controller: AbortController): Promise<void> {
    const state = store.get();
    const { mode, prompt } = state.turns.at(-1)!;
    const input = mode === "chat" ? { messages: messagesOf(state) } : { prompt };
    const { model, settings } = state;
    for await (const event of generate(api, { model, settings, input }, controller.signal)) {
      if (running === controller) dispatch({ type: "generated", event, at: now() });
    }
  }

  async function ask(prompt: string, again: boolean): Promise<void> {
    if (isBusy(store.get()) || store.get().model === "") return;
    const controller = new AbortController();
    running = controller;
    const end = (action: Omit<Extract<Action, { type: "ended" }>, "type">) => {
      if (running !== controller) return;
      running = undefined;
      dispatch({ type: "ended", ...action });
      session.save();
    };
    dispatch({ type: "asked", prompt, again, at: now() });
    try {
      try {
        await answerLast(controller);
      } catch (thrown) {
        if (running !== controller || !isWithoutTemplate(thrown)) throw thrown;
        dispatch({ type: "becameCompletion", at: now() });
        await answerLast(controller);
      }
      end({ status: "done" });
    } catch (thrown) {
      if (controller.signal.aborted) return end({ status: "stopped" });
      const needsKey = thrown instanceof ApiError && thrown.status === 401 ? true : undefined;
      end({ status: "failed", error: messageOf(thrown), needsKey });
    }
  }

  const session: Session = {
    store,
    async loadModels() {
      try {
        dispatch({ type: "modelsListed", models: await listModels(api) });
      } catch (thrown) {
        const needsKey = thrown instanceof ApiError && thrown.status === 401;
        dispatch({ type: "modelsFailed", error: messageOf(thrown), needsKey });
      }
    },
    send: (prompt) => ask(prompt, false),
    async again() {
      const last = store.get().turns.at(-1);
      if (last !== undefined) await ask(last.prompt, true);
    },
    async proceed() {
      const last = store.get().turns.at(-1);
      if (last?.mode === "completion") await ask(last.prompt + textOf(last.answer.content), false);
    },
    stop() {
      running?.abort();
    },
    clear() {
      running?.abort();
      running = undefined;
      dispatch({ type: "cleared" });
      session.save();
    },
    undoClear() {
      dispatch({ type: "clearUndone" });
      session.save();
    },
    async setApiKey(key) {
      apiKey = key.trim();
      attempt(() => keyStorage.setItem(KEY_NAME, apiKey), undefined);
      await session.loadModels();
    },
    save() {
      save(storage, store.get());
    },
  };
  return session;
}
