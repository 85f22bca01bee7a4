import { afterAll, beforeAll, expect, test } from "bun:test";
import { textOf } from "../src/pieces.ts";
import { createSession, type Session, type Surroundings } from "../src/session.ts";
import { ANSWER_TEXT, BASE, CHAT, SLOW } from "./fake-models.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";
import { memoryStorage } from "./memory-storage.ts";

let server: FakeServer;
beforeAll(() => {
  server = startFakeServer([], [CHAT, BASE, SLOW]);
});
afterAll(() => server.stop());

async function open(changes: Partial<Surroundings> = {}): Promise<Session> {
  let clock = 0;
  const session = createSession({
    fetch: (url, init) => fetch(url, init),
    base: server.url,
    storage: memoryStorage(),
    keyStorage: memoryStorage(),
    now: () => ++clock,
    schedule: (callback) => queueMicrotask(callback),
    ...changes,
  });
  await session.loadModels();
  return session;
}

const answers = (session: Session) =>
  session.store.get().turns.map(({ mode, answer }) => [mode, answer.status, textOf(answer.content)]);

/** Resolves when the condition holds. */
const until = (session: Session, holds: () => boolean): Promise<void> =>
  new Promise((resolve) => {
    const unsubscribe = session.store.subscribe(() => {
      if (!holds()) return;
      unsubscribe();
      resolve();
    });
  });

const started = (session: Session) =>
  until(session, () => (session.store.get().turns.at(-1)?.answer.tokens ?? 0) > 2);

test("answers, remembers the conversation, and is restored", async () => {
  const storage = memoryStorage();
  const session = await open({ storage });
  await session.send("one");
  await session.send("two");
  expect(answers(session)).toEqual([
    ["chat", "done", ANSWER_TEXT],
    ["chat", "done", ANSWER_TEXT],
  ]);
  expect(server.bodies.at(-1)!.messages).toEqual([
    { role: "user", content: "one" },
    { role: "assistant", content: ANSWER_TEXT },
    { role: "user", content: "two" },
  ]);
  expect(answers(await open({ storage }))).toEqual(answers(session));
});

test("a model without a chat template has its text continued, and continued again", async () => {
  const session = await open();
  session.store.dispatch({ type: "modelChosen", model: "base-model" });
  await session.send("Once");
  expect(answers(session)).toEqual([["completion", "done", " there was a keeper."]]);
  expect(server.bodies.at(-1)!.prompt).toBe("Once");
  await session.proceed();
  expect(server.bodies.at(-1)!.prompt).toBe("Once there was a keeper.");
  expect(answers(session)).toHaveLength(2);
});

test("stops, keeps what came, and answers again", async () => {
  const session = await open();
  session.store.dispatch({ type: "modelChosen", model: "slow-model" });
  const running = session.send("go");
  await started(session);
  await session.send("ignored while busy");
  session.stop();
  await running;
  const [[, status, text]] = answers(session) as [[string, string, string]];
  expect(status).toBe("stopped");
  expect(text).toStartWith("on and");
  session.store.dispatch({ type: "modelChosen", model: "chat-model" });
  await session.again();
  expect(answers(session)).toEqual([["chat", "done", ANSWER_TEXT]]);
});

test("clearing stops, and what was cut off does not reach the next turn", async () => {
  const storage = memoryStorage();
  const session = await open({ storage });
  session.store.dispatch({ type: "modelChosen", model: "slow-model" });
  const running = session.send("go");
  await started(session);
  session.clear();
  session.store.dispatch({ type: "modelChosen", model: "chat-model" });
  await session.send("next");
  await running;
  expect(answers(session)).toEqual([["chat", "done", ANSWER_TEXT]]);
  session.clear();
  expect(answers(await open({ storage }))).toEqual([]);
  session.undoClear();
  expect(answers(await open({ storage }))).toEqual([["chat", "done", ANSWER_TEXT]]);
});

test("a failure is a sentence, and another try may succeed", async () => {
  const session = await open();
  server.failNext(429, { message: "4 requests wait already; try again later" });
  await session.send("one");
  expect(session.store.get().turns[0]!.answer).toMatchObject({
    status: "failed",
    error: "4 requests wait already; try again later.",
  });
  await session.again();
  expect(answers(session)).toEqual([["chat", "done", ANSWER_TEXT]]);
});

test("asks for a key where the server wants one, and keeps it for the tab", async () => {
  server.setKey("secret");
  const keyStorage = memoryStorage();
  const session = await open({ keyStorage });
  expect(session.store.get()).toMatchObject({ needsKey: true, modelsError: "Missing or wrong API key." });
  await session.setApiKey(" secret ");
  expect(session.store.get()).toMatchObject({ needsKey: false, model: "chat-model" });
  expect((await open({ keyStorage })).store.get().model).toBe("chat-model");
  server.setKey("changed");
  await session.send("one");
  server.setKey("");
  expect(session.store.get().needsKey).toBe(true);
});

test("works where storage is switched off", async () => {
  const denied = () => {
    throw new DOMException("denied", "SecurityError");
  };
  const closed = { getItem: denied, setItem: denied, removeItem: denied };
  const session = await open({ storage: closed, keyStorage: closed });
  await session.setApiKey("x");
  await session.send("one");
  expect(answers(session)).toEqual([["chat", "done", ANSWER_TEXT]]);
});

test("nothing is sent before a model is known", async () => {
  const session = await open({ fetch: () => Promise.reject(new TypeError("refused")) });
  await session.send("one");
  await session.again();
  await session.proceed();
  expect(session.store.get().modelsError).toStartWith("The server cannot be reached.");
  expect(answers(session)).toEqual([]);
});
