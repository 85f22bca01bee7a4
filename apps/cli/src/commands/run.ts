import { type ChatFormat, type ChatPrompt, chatFormat, type Llm } from "@realizar/llm";
import { UsageError } from "../errors.ts";
import { type GenerationFlags, generateOptions } from "../generation-options.ts";
import type { Io } from "../io.ts";
import { folded, outputWrap } from "../word-wrap.ts";
import { type LoadFlags, type LocatedModel, loadModel } from "./load-model.ts";

export interface RunFlags extends LoadFlags, GenerationFlags {
  readonly file?: string;
  /** Leave the chat template out: the model goes on from the prompt. */
  readonly raw?: boolean;
  readonly system?: string;
  readonly echo?: boolean;
  readonly format: "text" | "json" | "stream";
}

/**
 * Answers a prompt by the model's chat template, or goes on from it where the model has none. Standard output is exactly
 * the generated text and one newline, or JSON; what a model thinks beforehand goes to standard error.
 */
export async function run(
  io: Io,
  model: LocatedModel,
  prompt: string | undefined,
  flags: RunFlags,
): Promise<void> {
  if (flags.raw && flags.system !== undefined)
    throw new UsageError("--system goes into the chat template, which --raw leaves out: give one of them");
  const text = await promptOf(io, prompt, flags.file);
  await using llm = await loadModel(io, model, flags);
  const { format, asked } = ask(llm, text, flags);
  if (asked.ids.length === 0)
    throw new UsageError(
      "the prompt is empty: give some text as the second argument, with --file or on standard input",
    );
  const ids: number[] = flags.echo ? [...asked.ids] : [];
  const parser = format?.answerParser(asked);
  const wrap = outputWrap(io);
  let said = "";
  let thought = "";
  let seed = flags.seed ?? 0;
  let finish:
    | { finish_reason: string; prompt_tokens: number; generated_tokens: number; timings: Timings }
    | undefined;
  const say = (piece: string) => {
    said += piece;
    if (flags.format === "text") io.out(wrap.push(piece));
  };
  const take = (deltas: readonly { content?: string; reasoning_content?: string }[]) => {
    for (const { content, reasoning_content } of deltas) {
      if (reasoning_content !== undefined && flags.format === "text") io.err(io.style.dim(reasoning_content));
      thought += reasoning_content ?? "";
      if (content === undefined) continue;
      if (said === "" && thought !== "" && flags.format === "text") io.err("\n\n");
      say(content);
    }
  };
  if (flags.echo) say(asked.text);
  if (flags.echo && flags.format === "stream")
    io.out(`${JSON.stringify({ token_ids: asked.ids, text: asked.text })}\n`);
  const stream = llm.generate(asked.ids, {
    ...generateOptions(flags),
    signal: io.signal,
    onSeed: (used) => {
      seed = used;
    },
    onDone: ({ finishReason, usage, timings }) => {
      finish = {
        finish_reason: finishReason,
        prompt_tokens: usage.promptTokens,
        generated_tokens: usage.completionTokens,
        timings: timingsOf(usage, timings),
      };
    },
  });
  try {
    for await (const token of stream) {
      if (token.tokenId >= 0) ids.push(token.tokenId);
      if (flags.format === "stream")
        io.out(`${JSON.stringify({ token_id: token.tokenId, text: token.text })}\n`);
      if (parser === undefined) say(token.text);
      else take(parser.push(token.text));
    }
    take(parser?.flush() ?? []);
  } finally {
    // The line is ended also where Ctrl-C cut it short; a refusal leaves standard output empty.
    if (flags.format === "text" && (finish?.finish_reason !== "error" || said !== ""))
      io.out(`${wrap.flush()}\n`);
  }
  if (finish === undefined) return;
  const { finish_reason, timings } = finish;
  const reasoning = thought === "" ? {} : { reasoning: thought };
  if (flags.format === "json")
    io.out(`${JSON.stringify({ text: said, ...reasoning, token_ids: ids, finish_reason, seed, timings })}\n`);
  if (flags.format === "stream") io.out(`${JSON.stringify({ done: true, finish_reason, seed, timings })}\n`);
  const speed = `prompt ${finish.prompt_tokens} tokens, ${timings.prompt_tokens_per_second.toFixed(1)} tokens/s; generated ${finish.generated_tokens} tokens, ${timings.tokens_per_second.toFixed(1)} tokens/s; seed ${seed}`;
  io.err(`${io.style.dim(folded(speed, io))}\n`);
}

/** The prompt as the model reads it: through its chat template where it has one and `--raw` does not say otherwise. */
function ask(
  llm: Llm,
  text: string,
  { raw, system }: Pick<RunFlags, "raw" | "system">,
): { readonly format?: ChatFormat; readonly asked: ChatPrompt } {
  if (llm.chatTemplate === undefined && system !== undefined)
    throw new UsageError("the model has no chat template for --system: put what it says into the prompt");
  if (raw || llm.chatTemplate === undefined) return { asked: { text, ids: llm.tokenizer.encode(text) } };
  const format = chatFormat(llm.tokenizer, llm.chatTemplate);
  const messages = system === undefined ? [] : [{ role: "system", content: system }];
  return { format, asked: format.prompt([...messages, { role: "user", content: text }]) };
}

interface Timings {
  readonly prompt_ms: number;
  readonly generation_ms: number;
  readonly prompt_tokens_per_second: number;
  readonly tokens_per_second: number;
}

/** The first token comes out of the prompt's own pass: the others' time is the generation's. */
function timingsOf(
  usage: { promptTokens: number; completionTokens: number },
  t: { started: number | null; firstToken: number | null; done: number },
): Timings {
  const started = t.started ?? 0;
  const first = t.firstToken ?? t.done;
  const rate = (tokens: number, ms: number) => (tokens > 0 && ms > 0 ? (tokens * 1000) / ms : 0);
  return {
    prompt_ms: first - started,
    generation_ms: t.done - first,
    prompt_tokens_per_second: rate(usage.promptTokens, first - started),
    tokens_per_second: rate(usage.completionTokens - 1, t.done - first),
  };
}

async function promptOf(io: Io, prompt: string | undefined, file: string | undefined): Promise<string> {
  if (prompt !== undefined && file !== undefined)
    throw new UsageError("give the prompt as an argument or with --file, not both");
  if (prompt !== undefined) return prompt;
  if (file !== undefined) return withoutLastBreak(new TextDecoder().decode(await io.readFile(file)));
  const input = await io.readInput();
  if (input === undefined || input === "")
    throw new UsageError(
      'no prompt: give it as the second argument, with --file or on standard input, as in: realizar run MODEL "Once upon a time"; to talk with it: realizar chat MODEL',
    );
  return withoutLastBreak(input);
}

/** Editors and `echo` end a text with a line break that is not meant. */
const withoutLastBreak = (text: string) => text.replace(/\r?\n$/, "");
