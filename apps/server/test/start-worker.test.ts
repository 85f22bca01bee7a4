import { expect, test } from "bun:test";
import { Worker } from "node:worker_threads";
import { enginePort } from "@realizar/engine";
import { outsideWorker, startWorker, threadTarget } from "../src/start-worker-node.ts";

/** A thread that sends back what it gets, throws when told to, and ends when told to. */
const ECHO = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", (message) => {
    if (message === "throw") throw new RangeError("told to");
    if (message === "end") process.exit(0);
    parentPort.postMessage(message, message.buffer ? [message.buffer] : []);
  });
`;

function startEcho() {
  const thread = new Worker(ECHO, { eval: true });
  const port = enginePort<unknown, unknown>(threadTarget(thread));
  const answers: unknown[] = [];
  const first = Promise.withResolvers<unknown>();
  const deaths: string[] = [];
  const death = Promise.withResolvers<string>();
  port.onMessage((message) => {
    answers.push(message);
    first.resolve(message);
  });
  port.onDeath((reason) => {
    deaths.push(reason);
    death.resolve(reason);
  });
  return { thread, port, answer: first.promise, death: death.promise, deaths };
}

test("a Node thread passes messages as a web Worker does, and hands over what is transferred", async () => {
  const { port, answer, death } = startEcho();
  const numbers = Int32Array.of(1, 2, 3);
  port.post(numbers, [numbers.buffer]);
  expect(numbers).toHaveLength(0);
  expect(await answer).toEqual(Int32Array.of(1, 2, 3));
  port.terminate();
  expect(await death).toBe("its thread ended");
});

test("its errors and its end are told", async () => {
  const thrower = startEcho();
  thrower.port.post("throw");
  expect(await thrower.death).toContain("told to");
  const ender = startEcho();
  ender.port.post("end");
  expect(await ender.death).toBe("its thread ended");
  const spoiled = startEcho();
  spoiled.thread.emit("messageerror", new Error("not readable"));
  spoiled.thread.emit("error", "no error object");
  expect(spoiled.deaths).toEqual(["a message could not be read", "no error object"]);
  spoiled.port.terminate();
});

test("where there are web Workers they are used", () => {
  expect(outsideWorker() as unknown).toBe(globalThis);
  const worker = startWorker(new URL(`data:text/javascript,${encodeURIComponent("0")}`));
  expect(worker).toBeInstanceOf(globalThis.Worker);
  worker.terminate?.();
});
