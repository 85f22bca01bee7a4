/**
 * The model's own thread, so that the page stays alive while it computes. Where the page is cross-origin isolated, it
 * starts more threads; elsewhere it works alone, and gives the same text.
 */
import { demoModel } from "@realizar/demo-model";
import { type Llm, load } from "@realizar/llm";
import type { FromWorker, ToWorker } from "./messages.ts";

const say = (message: FromWorker) => postMessage(message);
let llm: Llm | undefined;

async function open(file: Blob | undefined): Promise<void> {
  await llm?.close();
  llm = await load(file ?? (await demoModel()));
  const { architecture, parameters } = llm.description;
  say({ type: "ready", architecture, parameters, threads: llm.threads, isolated: crossOriginIsolated });
}

async function answer(prompt: string): Promise<void> {
  if (llm === undefined) return;
  const options = { temperature: 0.5, maxTokens: 300 };
  const pieces =
    llm.chatTemplate === undefined
      ? llm.generate(prompt, options)
      : llm.chat([{ role: "user", content: prompt }], options);
  for await (const { text } of pieces) say({ type: "text", text });
  say({ type: "end" });
}

globalThis.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  try {
    await (data.type === "open" ? open(data.file) : answer(data.prompt));
  } catch (error) {
    say({ type: "error", message: error instanceof Error ? error.message : String(error) });
  }
};
