import { expect, test } from "bun:test";
import fc from "fast-check";
import { DEFAULT_SETTINGS } from "../src/settings.ts";
import { type AnswerStatus, INITIAL_STATE, type State, type Turn } from "../src/state.ts";
import { load, save } from "../src/storage.ts";
import { memoryStorage } from "./memory-storage.ts";

const KEY = "realizar.conversation.1";

const turn = (id: number, status: AnswerStatus = "done"): Turn => ({
  id,
  mode: id % 2 === 0 ? "completion" : "chat",
  prompt: `prompt ${id}`,
  answer: {
    model: "m",
    status,
    reasoning: [{ text: "hm", tokens: [] }],
    content: [
      { text: "yes", tokens: [{ text: "yes", logprob: -0.5, top: [{ text: "no", logprob: null }] }] },
      { text: " indeed", tokens: [] },
    ],
    tokens: 3,
    startedAt: 1,
    firstTokenAt: 2,
    lastTokenAt: 5,
    finishReason: "stop",
    error: undefined,
    usage: { promptTokens: 1, completionTokens: 3, cachedTokens: 0 },
  },
});

const state = (count: number): State => ({
  ...INITIAL_STATE,
  model: "m",
  chosenMode: "completion",
  settings: { ...DEFAULT_SETTINGS, system: "s", seed: 4, topK: undefined, markUncertain: true },
  turns: Array.from({ length: count }, (_, at) => turn(at + 1)),
});

test("what is saved is loaded", () => {
  const area = memoryStorage();
  const saved = state(3);
  expect(save(area, saved)).toBe(0);
  expect(load(area)).toEqual({
    turns: saved.turns,
    settings: saved.settings,
    model: "m",
    mode: "completion",
  });
});

test("an answer that was coming was stopped", () => {
  const area = memoryStorage();
  save(area, { ...state(0), turns: [turn(1, "streaming"), turn(2, "failed")] });
  expect(load(area)!.turns.map(({ answer }) => answer.status)).toEqual(["stopped", "failed"]);
});

test("a small quota costs alternatives first, then the oldest turns", () => {
  const whole = memoryStorage();
  save(whole, state(8));
  const size = whole.items.get(KEY)!.length;
  const recent = memoryStorage(size - 1);
  expect(save(recent, state(8))).toBe(0);
  const tokens = load(recent)!.turns.map(({ answer }) => answer.content[0]!.tokens.length);
  expect(tokens).toEqual([0, 0, 0, 0, 0, 0, 1, 1]);
  expect(load(recent)!.turns[0]!.answer.content).toEqual([{ text: "yes indeed", tokens: [] }]);
  const few = memoryStorage(1500);
  expect(save(few, state(8))).toBe(4);
  expect(load(few)!.turns.map(({ prompt }) => prompt)).toEqual([
    "prompt 5",
    "prompt 6",
    "prompt 7",
    "prompt 8",
  ]);
  expect(save(memoryStorage(0), state(8))).toBe(8);
});

test("nothing, or nonsense, loads as nothing", () => {
  const area = memoryStorage();
  expect(load(area)).toBeUndefined();
  area.setItem(KEY, "{");
  expect(load(area)).toBeUndefined();
  const closed = {
    ...area,
    getItem: () => {
      throw new DOMException("denied", "SecurityError");
    },
  };
  expect(load(closed)).toBeUndefined();
});

test("whatever is stored, what is loaded has the right shape", () => {
  const area = memoryStorage();
  area.setItem(KEY, JSON.stringify({ turns: [{}], settings: { temperature: 99, seed: "x" }, mode: 3 }));
  expect(load(area)).toMatchObject({
    mode: "chat",
    model: "",
    settings: { system: "", stop: "", markUncertain: false },
    turns: [{ id: 1, prompt: "", answer: { status: "stopped", content: [] } }],
  });
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("", "turns", "settings"), (value, field) => {
      area.setItem(KEY, JSON.stringify(field === "" ? value : { [field]: value }));
      const loaded = load(area)!;
      expect(Array.isArray(loaded.turns)).toBe(true);
      expect(typeof loaded.settings.system).toBe("string");
    }),
  );
});
