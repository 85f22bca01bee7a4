import { afterEach, expect, test } from "bun:test";
import { yieldToEventLoop } from "../src/yield.ts";

const original = globalThis.setImmediate;
afterEach(() => {
  globalThis.setImmediate = original;
});

test.each(["setImmediate", "MessageChannel"])("other tasks run before it resolves, by %s", async (way) => {
  if (way === "MessageChannel") globalThis.setImmediate = undefined as never;
  let ran = false;
  const { port1, port2 } = new MessageChannel();
  const heard = new Promise<void>((resolve) => {
    port2.onmessage = () => {
      ran = true;
      resolve();
    };
  });
  port1.postMessage(null);
  for (let turn = 0; turn < 1000 && !ran; turn++) await yieldToEventLoop();
  expect(ran).toBe(true);
  await heard;
  port1.close();
});
