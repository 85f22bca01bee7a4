import { UsageError } from "../errors.ts";
import type { Io } from "../io.ts";
import { type LoadFlags, loadModel } from "./load-model.ts";

export interface RunFlags extends LoadFlags {
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  readonly file?: string;
  readonly echo?: boolean;
  readonly format: "text" | "json" | "stream";
}

/** Generates after a prompt. Standard output is exactly the generated text and one newline, or JSON. */
export async function run(io: Io, model: string, prompt: string | undefined, flags: RunFlags): Promise<void> {
  const text = await promptOf(io, prompt, flags.file);
  await using llm = await loadModel(io, model, flags);
  const promptIds = llm.tokenizer.encode(text);
  if (promptIds.length === 0)
    throw new UsageError(
      "the prompt is empty: give some text as the second argument, with --file or on standard input",
    );
  const ids: number[] = flags.echo ? [...promptIds] : [];
  let said = "";
  let seed = flags.seed ?? 0;
  let finish:
    | { finish_reason: string; prompt_tokens: number; generated_tokens: number; timings: Timings }
    | undefined;
  const say = (piece: string) => {
    said += piece;
    if (flags.format === "text") io.out(piece);
  };
  if (flags.echo) say(text);
  if (flags.echo && flags.format === "stream") io.out(`${JSON.stringify({ token_ids: promptIds, text })}\n`);
  const stream = llm.generate(promptIds, {
    maxTokens: flags.maxTokens,
    temperature: flags.temperature,
    topK: flags.topK,
    topP: flags.topP,
    minP: flags.minP,
    seed: flags.seed,
    stop: flags.stop,
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
      say(token.text);
      if (flags.format === "stream")
        io.out(`${JSON.stringify({ token_id: token.tokenId, text: token.text })}\n`);
    }
  } finally {
    // The line is ended also where Ctrl-C cut it short; a refusal leaves standard output empty.
    if (flags.format === "text" && (finish?.finish_reason !== "error" || said !== "")) io.out("\n");
  }
  if (finish === undefined) return;
  const { finish_reason, timings } = finish;
  if (flags.format === "json")
    io.out(`${JSON.stringify({ text: said, token_ids: ids, finish_reason, seed, timings })}\n`);
  if (flags.format === "stream") io.out(`${JSON.stringify({ done: true, finish_reason, seed, timings })}\n`);
  io.err(
    `prompt ${finish.prompt_tokens} tokens, ${timings.prompt_tokens_per_second.toFixed(1)} tokens/s; generated ${finish.generated_tokens} tokens, ${timings.tokens_per_second.toFixed(1)} tokens/s; seed ${seed}\n`,
  );
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
      'no prompt: give it as the second argument, with --file or on standard input, as in: realizar run MODEL "Once upon a time"',
    );
  return withoutLastBreak(input);
}

/** Editors and `echo` end a text with a line break that is not meant. */
const withoutLastBreak = (text: string) => text.replace(/\r?\n$/, "");
