import { expect, test } from "bun:test";
import { textOf } from "../src/pieces.ts";
import { type Action, INITIAL_STATE, isBusy, messagesOf, modeOf, reduce, type State } from "../src/state.ts";

const run = (state: State, ...actions: Action[]): State => actions.reduce(reduce, state);
const delta = (content: string, reasoning = ""): Action => ({
  type: "generated",
  at: 20,
  event: { type: "delta", content, reasoning, tokens: [{ text: content + reasoning, logprob: -1, top: [] }] },
});
const asked = (prompt: string, again = false): Action => ({ type: "asked", prompt, again, at: 10 });
const listed: Action = { type: "modelsListed", models: ["a", "b"] };
const done: Action = { type: "ended", status: "done" };

test("the first model is chosen, and a choice that is still served stays", () => {
  expect(run(INITIAL_STATE, listed).model).toBe("a");
  const chosen = run(INITIAL_STATE, listed, { type: "modelChosen", model: "b" });
  expect(run(chosen, listed).model).toBe("b");
  expect(run(chosen, { type: "modelsListed", models: ["c"] }).model).toBe("c");
  expect(run(chosen, { type: "modelsListed", models: [] })).toMatchObject({
    model: "",
    modelsError: "The server has no models.",
  });
  expect(run(chosen, { type: "modelsFailed", error: "No.", needsKey: true })).toMatchObject({
    modelsError: "No.",
    needsKey: true,
  });
});

test("an answer grows in its two channels and earlier turns stay the same objects", () => {
  const first = run(INITIAL_STATE, listed, asked("one"), delta("yes"), done);
  const state = run(
    first,
    asked("two"),
    delta("", "hm"),
    delta("no"),
    { type: "generated", at: 30, event: { type: "delta", content: "", reasoning: "", tokens: [] } },
    { type: "generated", at: 30, event: { type: "finish", reason: "length" } },
  );
  expect(state.turns[0]).toBe(first.turns[0]!);
  expect(isBusy(state)).toBe(true);
  const { answer } = state.turns[1]!;
  expect([textOf(answer.reasoning), textOf(answer.content)]).toEqual(["hm", "no"]);
  expect(answer).toMatchObject({ tokens: 3, firstTokenAt: 20, lastTokenAt: 30, finishReason: "length" });
  expect(isBusy(run(state, done))).toBe(false);
});

test("a conversation has its system prompt, its answered chat turns and the last prompt", () => {
  const state = run(
    INITIAL_STATE,
    listed,
    { type: "settingsChanged", settings: { system: "Be brief." } },
    asked("one"),
    delta("1", "thought"),
    done,
    asked("failed"),
    { type: "ended", status: "failed", error: "No." },
    { type: "modeChosen", mode: "completion" },
    asked("text"),
    delta(" goes on"),
    done,
    { type: "modeChosen", mode: "chat" },
    asked("two"),
  );
  expect(messagesOf(state)).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "one" },
    { role: "assistant", content: "1" },
    { role: "user", content: "two" },
  ]);
});

test("asking again replaces the last turn under a new id", () => {
  const state = run(INITIAL_STATE, listed, asked("one"), delta("x"), done, asked("one", true));
  expect(state.turns.map(({ id, answer }) => [id, answer.status])).toEqual([[2, "waiting"]]);
});

test("a model without a template continues texts, the others go on chatting", () => {
  const state = run(INITIAL_STATE, listed, asked("one"), { type: "becameCompletion", at: 11 });
  expect(state.turns[0]!.mode).toBe("completion");
  expect(modeOf(state)).toBe("completion");
  expect(modeOf(run(state, { type: "modelChosen", model: "b" }))).toBe("chat");
});

test("clearing can be undone until the next turn", () => {
  const state = run(INITIAL_STATE, listed, asked("one"), delta("x"), done);
  const cleared = run(state, { type: "cleared" });
  expect(cleared.turns).toEqual([]);
  expect(run(cleared, { type: "clearUndone" }).turns).toBe(state.turns);
  expect(run(cleared, asked("two"), { type: "clearUndone" }).turns).toEqual([]);
});

test("an answer that was coming when it was cleared comes back stopped", () => {
  const state = run(
    INITIAL_STATE,
    listed,
    asked("one"),
    delta("x"),
    { type: "cleared" },
    { type: "clearUndone" },
  );
  expect(state.turns.map(({ answer }) => answer.status)).toEqual(["stopped"]);
});

test("what comes after a clearing changes nothing", () => {
  const state = run(INITIAL_STATE, listed);
  for (const action of [delta("x"), done, { type: "becameCompletion", at: 1 }] as const) {
    expect(run(state, action).turns).toEqual([]);
  }
});
