import type { Llm } from "@realizar/llm";
import { GREEDY } from "@realizar/sampling";
import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { type LoadFlags, loadModel } from "./load-model.ts";

export interface PerplexityFlags extends LoadFlags {
  readonly file: string;
  readonly context: number;
  readonly chunks?: number;
  readonly format: "text" | "json";
}

/**
 * Perplexity by llama.cpp's rule (tools/perplexity): the text is encoded once with BOS and cut into chunks of `context`
 * tokens; each chunk's first token is replaced by BOS; positions context / 2 .. context - 2 predict the next.
 */
export async function perplexity(io: Io, model: string, flags: PerplexityFlags): Promise<void> {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await io.readFile(flags.file));
  await using llm = await loadModel(io, model, { ...flags, ctxSize: flags.context }, "--context");
  const ids = llm.tokenizer.encode(text);
  const whole = Math.floor(ids.length / flags.context);
  if (whole === 0)
    throw new UsageError(
      `the text has ${ids.length} tokens, fewer than one chunk of ${flags.context}: give a longer text or a smaller --context`,
    );
  const chunks = Math.min(whole, flags.chunks ?? whole);
  let sum = 0;
  let tokens = 0;
  for (let chunk = 0; chunk < chunks; chunk++) {
    io.signal.throwIfAborted();
    const part = ids.slice(chunk * flags.context, (chunk + 1) * flags.context);
    if (llm.tokenizer.addBos && llm.tokenizer.special.bos !== undefined) part[0] = llm.tokenizer.special.bos;
    for (const logprob of await logprobs(llm, part, flags.context >> 1)) {
      sum -= logprob;
      tokens++;
    }
    if (flags.format === "text") io.err(`[${chunk + 1}/${chunks}] ${Math.exp(sum / tokens).toFixed(4)}\n`);
  }
  const value = Math.exp(sum / tokens);
  io.out(
    flags.format === "json"
      ? `${JSON.stringify({ perplexity: value, tokens })}\n`
      : `perplexity ${value.toFixed(4)} over ${tokens} tokens\n`,
  );
}

/** Log-probabilities of the tokens after positions from .. length - 2. */
async function logprobs(llm: Llm, ids: readonly number[], from: number): Promise<number[]> {
  const found: number[] = [];
  const request = llm.engine.submit({ promptIds: ids, maxTokens: 0, sampling: GREEDY, echoLogprobs: true });
  for await (const event of request) {
    if (event.type === "prompt" && event.position > from && event.logprob !== null) found.push(event.logprob);
    if (event.type === "done" && event.error !== undefined) throw event.error;
  }
  return found;
}
