import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { Window } from "happy-dom";
import { BASE, CHAT, SLOW, THINKING } from "./fake-models.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";

/** What the page finds in a browser, from a window of happy-dom for as long as these tests run. */
const GLOBALS = [
  "window",
  "document",
  "localStorage",
  "sessionStorage",
  "requestAnimationFrame",
  "ResizeObserver",
  "HTMLElement",
  "Element",
  "SVGElement",
] as const;

let server: FakeServer;
let page: Window;
const before = new Map<string, PropertyDescriptor | undefined>();
const resized: (() => void)[] = [];

beforeAll(async () => {
  server = startFakeServer([], [CHAT, THINKING, BASE, SLOW]);
  page = new Window({ url: server.url, width: 800, height: 600 });
  page.document.body.innerHTML = '<div id="page"></div>';
  const given: Record<string, unknown> = {
    window: page,
    requestAnimationFrame: (callback: () => void) => setTimeout(callback, 0),
    ResizeObserver: class {
      constructor(callback: () => void) {
        resized.push(callback);
      }
      observe() {}
      disconnect() {}
    },
  };
  for (const name of GLOBALS) {
    before.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    const value = given[name] ?? page[name as keyof Window];
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  await import("../src/main.tsx");
  await until(() => find("select") !== null);
});

afterAll(async () => {
  await settle();
  for (const [name, descriptor] of before) {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, descriptor);
  }
  server.stop();
});

afterEach(async () => {
  button("Clear")?.click();
  await settle();
});

const settle = () => Bun.sleep(8);
const find = (selector: string) => document.querySelector<HTMLElement>(selector);
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const textsOf = (selector: string) => all(selector).map((element) => element.textContent);
const button = (name: string) => all("button").find((element) => element.textContent?.trim() === name);

async function until(holds: () => unknown): Promise<void> {
  while (!holds()) await Bun.sleep(2);
  await settle();
}

const fire = (target: EventTarget, type: string, fields: object = {}) => {
  const event = Object.assign(new page.Event(type, { bubbles: true, cancelable: true }), fields);
  target.dispatchEvent(event as unknown as Event);
  return event;
};

const key = (target: EventTarget, name: string, fields: object = {}) =>
  fire(target, "keydown", { key: name, ...fields });

function choose(model: string): void {
  const select = find("select") as HTMLSelectElement;
  select.value = model;
  fire(select, "input");
}

async function ask(model: string, prompt: string): Promise<void> {
  choose(model);
  await settle();
  const area = find("#prompt") as HTMLTextAreaElement;
  area.value = prompt;
  fire(area, "input");
  key(area, "Enter");
  await settle();
}

const finished = () => until(() => find(".turn:last-child")?.className.match(/done|stopped|failed/));

test("shows an answer in blocks, its figures and what can be done with it", async () => {
  expect(find(".empty")!.textContent).toContain("nowhere else");
  await ask("chat-model", "Why?");
  await finished();
  expect(textsOf(".prompt")).toEqual(["Why?"]);
  expect(all(".text > *").map(({ className }) => className)).toEqual([
    "prose",
    "heading",
    "prose",
    "code",
    "prose",
  ]);
  expect(textsOf(".text .strong").join("")).toBe("−1.9 °C");
  expect(find(".figures")!.textContent).toMatch(
    /^\d+ tokens · [\d.]+ tokens\/s · first after .* · prompt of 24, 16 cached$/,
  );
  expect(textsOf(".actions button")).toEqual(["Copy", "Again"]);
  button("Again")!.click();
  await settle();
  await finished();
  expect(all(".turn")).toHaveLength(1);
});

test("before the first turn suggests what to ask", async () => {
  button("Clear")!.click();
  await settle();
  button("Who are you?")!.click();
  await settle();
  await finished();
  expect(textsOf(".prompt")).toEqual(["Who are you?"]);
});

test("Shift+Enter, an unfinished character and an empty text send nothing", async () => {
  const area = find("#prompt") as HTMLTextAreaElement;
  area.value = "draft";
  key(area, "Enter", { shiftKey: true });
  key(area, "Enter", { isComposing: true });
  area.value = "  ";
  expect(key(area, "Enter").defaultPrevented).toBe(true);
  await settle();
  expect(all(".turn")).toHaveLength(0);
});

test("the button stops, and so does Escape", async () => {
  for (const stop of [() => fire(find(".composer")!, "submit"), () => key(document, "Escape")]) {
    await ask("slow-model", "Go");
    await until(() => find(".streaming"));
    expect(find("footer .live")!.textContent).toMatch(/tokens?/);
    stop();
    await finished();
    expect(find(".turn:last-child .figures")!.textContent).toEndWith("stopped");
  }
});

test("reasoning is folded", async () => {
  await ask("thinking-model", "Why?");
  await finished();
  expect(find("details summary")!.textContent).toBe("Reasoning");
  expect((find("details") as HTMLDetailsElement).open).toBe(false);
  expect(find("details .text")!.textContent).toBe("The reader wants it short.");
});

test("a model without a chat template says so and continues the text", async () => {
  await ask("base-model", "Once");
  await finished();
  expect(find(".notices")!.textContent).toContain("base-model has no chat template");
  expect(find(".turn")!.className).toBe("turn completion done");
  expect(find(".who")!.textContent).toBe("Continued by base-model");
  all(".actions button")
    .find((element) => element.textContent === "Continue")!
    .click();
  await settle();
  await finished();
  expect(textsOf(".prompt")).toEqual(["Once", "Once there was a keeper."]);
});

test("an error is told, and another try answers", async () => {
  server.failNext(503, { message: "the server is shutting down" });
  await ask("chat-model", "Why?");
  await finished();
  expect(find(".error")!.textContent).toBe("The server is shutting down.");
  button("Try again")!.click();
  await settle();
  await finished();
  expect(find(".error")).toBeNull();
});

test("clearing can be undone", async () => {
  await ask("chat-model", "Why?");
  await finished();
  button("Clear")!.click();
  await settle();
  expect(all(".turn")).toHaveLength(0);
  button("Undo")!.click();
  await settle();
  expect(all(".turn")).toHaveLength(1);
});

const point = async (type: string, piece: number, fields: object = {}) => {
  const span = find(`.text [data-piece="${piece}"]`)!;
  fire(span, type, { pointerType: "mouse", clientX: piece, clientY: 7, ...fields });
  await settle();
};

test("a pointer over a token shows its alternatives, a click keeps them", async () => {
  await ask("chat-model", "Why?");
  await finished();
  await point("pointermove", 0);
  expect(textsOf(".popover code")).toEqual(["Salt", "␣perhaps", "↵", "␣a", "␣the"]);
  expect(find(".popover .chosen")!.getAttribute("aria-label")).toBe("Salt, 82.0 %, chosen");
  await point("pointermove", 1, { clientX: 0 });
  expect(find(".popover .chosen")!.textContent).toContain("Salt");
  await point("pointermove", 1);
  expect(find(".popover .chosen")!.textContent).toContain("␣lowers");
  expect(textsOf("[data-current]")).toEqual([" lowers"]);
  fire(window, "scroll");
  await settle();
  expect(find(".popover")).toBeNull();
  await point("pointermove", 2);
  fire(find("main")!, "pointerleave");
  await settle();
  expect(find(".popover")).toBeNull();

  await point("click", 3);
  await point("pointermove", 4);
  fire(window, "scroll");
  await settle();
  expect(find(".popover")!.className).toBe("popover pinned");
  expect(textsOf("[data-current]")).toEqual([" freezing"]);
  await point("click", 3);
  expect(find(".popover")).toBeNull();
  await point("pointermove", 5, { pointerType: "touch" });
  expect(find(".popover")).toBeNull();
  await point("click", 5);
  fire(find("main")!, "click");
  await settle();
  expect(find(".popover")).toBeNull();
});

test("arrow keys walk through the tokens, Escape leaves", async () => {
  await ask("chat-model", "Why?");
  await finished();
  const text = find(".text")!;
  const count = Number(text.dataset.count);
  for (const [name, at] of [
    ["ArrowRight", 0],
    ["ArrowRight", 1],
    ["ArrowLeft", 0],
    ["ArrowLeft", 0],
    ["End", count - 1],
    ["ArrowRight", count - 1],
    ["Home", 0],
  ] as const) {
    expect(key(text, name).defaultPrevented).toBe(true);
    await settle();
    expect(find("[data-current]")!.dataset.piece).toBe(String(at));
    expect(find(".popover")!.getAttribute("aria-live")).toBe("polite");
  }
  expect(key(text, "x").defaultPrevented).toBe(false);
  key(document, "Escape");
  await settle();
  expect(find(".popover")).toBeNull();
});

test("settings shape the next request; wrong numbers are named and not sent", async () => {
  choose("chat-model");
  await settle();
  button("Settings")!.click();
  await until(() => find("dialog[open]"));
  const type = (selector: string, value: string) => {
    const input = find(selector) as HTMLInputElement;
    input.value = value;
    fire(input, "input");
  };
  type("#set-system", "Be brief.");
  type("#set-seed", "7");
  type("#set-topK", "");
  type("#set-stop", "END");
  type("#set-temperature", "9");
  const mark = find(".check input") as HTMLInputElement;
  mark.checked = true;
  fire(mark, "input");
  await settle();
  expect(find("#hint-temperature")!.textContent).toBe("Temperature must be a number from 0 to 2.");
  expect(find("#set-temperature")!.getAttribute("aria-invalid")).toBe("true");
  key(document, "Escape");
  (find("dialog") as HTMLDialogElement).close();
  await until(() => find("dialog") === null);
  await ask("chat-model", "Why?");
  await finished();
  expect(server.bodies.at(-1)).toMatchObject({ seed: 7, stop: ["END"], temperature: 0.8 });
  expect(server.bodies.at(-1)!.messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "Why?" },
  ]);
  expect(server.bodies.at(-1)).not.toHaveProperty("top_k");
  expect(find("main")!.className).toBe("mark-uncertain");
  expect(find(".uncertain")!.textContent).toBe(" lowers");

  button("Settings")!.click();
  await until(() => find("dialog[open]"));
  fire(all('[name="mode"]')[1]!, "input");
  button("Reset")!.click();
  await settle();
  expect((find("#set-topK") as HTMLInputElement).value).toBe("40");
  fire(find("dialog")!, "click");
  await until(() => find("dialog") === null);
  expect((find("#prompt") as HTMLTextAreaElement).placeholder).toBe("Write a beginning");
  await ask("chat-model", "Once");
  await finished();
  expect(server.bodies.at(-1)).toMatchObject({ prompt: "Once", top_k: 40 });
  expect(server.bodies.at(-1)).not.toHaveProperty("seed");
  button("Settings")!.click();
  await until(() => find("dialog[open]"));
  fire(all('[name="mode"]')[0]!, "input");
  (find("dialog") as HTMLDialogElement).close();
  await until(() => find("dialog") === null);
});

test("screen readers hear the answer when it has ended", async () => {
  await ask("thinking-model", "Why?");
  await finished();
  await until(() => find("[aria-live=polite].offscreen")!.textContent === "Because of the ions.");
});

test("copies, and says where that is not allowed", async () => {
  await ask("thinking-model", "Why?");
  await finished();
  const copied: string[] = [];
  const clipboard = { writeText: async (text: string) => void copied.push(text) };
  Object.defineProperty(page.navigator, "clipboard", { value: clipboard, configurable: true });
  find(".actions button")!.click();
  await until(() => button("Copied"));
  expect(copied).toEqual(["Because of the ions."]);
  const refusing = { writeText: () => Promise.reject(new Error("denied")) };
  Object.defineProperty(page.navigator, "clipboard", { value: refusing, configurable: true });
  Object.assign(document, { execCommand: () => true });
  button("Copied")!.click();
  await settle();
  expect(button("Copied")).toBeDefined();
  Object.defineProperty(page.navigator, "clipboard", { value: undefined, configurable: true });
  Object.assign(document, {
    execCommand: () => {
      throw new Error("no");
    },
  });
  button("Copied")!.click();
  await until(() => button("Not allowed"));
  expect(all("body > textarea")).toHaveLength(0);
});

test("follows the growing page until the reader scrolls away", async () => {
  await ask("thinking-model", "Why?");
  await finished();
  const jumps: number[] = [];
  Object.assign(page, { scrollTo: (_: number, y: number) => jumps.push(y) });
  const root = document.documentElement;
  Object.defineProperty(root, "scrollHeight", { value: 3000, configurable: true });
  fire(window, "scroll");
  await settle();
  for (const callback of resized) callback();
  expect(jumps).toEqual([]);
  button("To the end")!.click();
  await settle();
  for (const callback of resized) callback();
  expect(jumps).toEqual([3000, 3000]);
  expect(button("To the end")).toBeUndefined();
});

test("a server with a key asks for it", async () => {
  server.setKey("secret");
  await ask("chat-model", "Why?");
  await until(() => find("#api-key"));
  (find("#api-key") as HTMLInputElement).value = "secret";
  fire(find(".key")!, "submit");
  await until(() => find("#api-key") === null);
  server.setKey("");
  expect(sessionStorage.getItem("realizar.api-key")).toBe("secret");
});

test("keeps the conversation when the page is left", async () => {
  await ask("slow-model", "Go");
  await until(() => find(".streaming"));
  fire(window, "pagehide");
  expect(localStorage.getItem("realizar.conversation.1")).toContain('"prompt":"Go"');
  fire(window, "resize");
});
