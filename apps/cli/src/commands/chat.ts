import { type ChatFormat, chatFormat, type Llm } from "@realizar/llm";
import { type ChatSession, messagesOf, runChatCommand, takeUp } from "../chat-commands.ts";
import { messageInput } from "../chat-input.ts";
import { CommandError, oneLine } from "../errors.ts";
import { type GenerationFlags, generateOptions } from "../generation-options.ts";
import type { Io } from "../io.ts";
import { loadChat, type Turn } from "../saved-chat.ts";
import { VERSION } from "../version.ts";
import { outputWrap } from "../word-wrap.ts";
import { type LoadFlags, type LocatedModel, loadModel } from "./load-model.ts";

export interface ChatFlags extends LoadFlags, GenerationFlags {
  readonly system?: string;
  /** A conversation to go on with. */
  readonly load?: string;
  /** Tell each answer's tokens and speed. */
  readonly verbose?: boolean;
}

const PROMPT = ">>> ";
const FURTHER = "... ";

/**
 * Holds a conversation: a line of input is a message, or a command where it begins with "/". Standard output is exactly
 * the answers, each ended by a newline; everything else goes to standard error.
 * @param modelName what the model is called where the conversation is shown or saved
 */
export async function chat(io: Io, model: LocatedModel, modelName: string, flags: ChatFlags): Promise<void> {
  const session: ChatSession = {
    modelName,
    turns: [],
    system: flags.system,
    settings: flags,
    path: undefined,
    unseen: 0,
  };
  if (flags.load !== undefined) {
    const { messages } = await loadChat(flags.load);
    takeUp(session, messages, flags.load);
    session.system = flags.system ?? session.system;
  }
  await using llm = await loadModel(io, model, flags);
  if (llm.chatTemplate === undefined)
    throw new CommandError(
      "CLI_NO_CHAT_TEMPLATE",
      `${modelName} has no chat template, so it holds no conversations: let it go on from a text with realizar run`,
    );
  if (io.interactive)
    io.err(
      `${io.style.bold(modelName)} ${io.style.dim(`realizar ${VERSION}, context ${llm.contextSize} tokens`)}\n${io.style.dim("/help tells the commands; Ctrl-C stops an answer; Ctrl-D leaves")}\n`,
    );
  const format = chatFormat(llm.tokenizer, llm.chatTemplate);
  try {
    await converse(io, { llm, format, verbose: flags.verbose ?? false }, session);
  } finally {
    io.closeInput();
  }
  io.signal.throwIfAborted();
}

interface Partner {
  readonly llm: Llm;
  readonly format: ChatFormat;
  readonly verbose: boolean;
}

async function converse(io: Io, partner: Partner, session: ChatSession): Promise<void> {
  const tell = (text: string) => io.err(`${io.style.dim(text)}\n`);
  const input = messageInput();
  let interrupts = 0;
  for (;;) {
    const line = await io.readLine(io.style.accent(input.open ? FURTHER : PROMPT));
    if (line.type === "interrupt") {
      const empty = line.text === "" && input.reset() === undefined;
      interrupts = empty ? interrupts + 1 : 0;
      if (interrupts >= 2) return;
      if (empty) tell("Ctrl-C again leaves, as do Ctrl-D and /quit");
      continue;
    }
    interrupts = 0;
    // What a pipe ends with is a message also where a mark for its end is missing.
    const message = line.type === "end" ? input.reset() : input.push(line.text);
    if (message !== undefined && message.trim() !== "") {
      try {
        if (message.startsWith("/")) {
          const result = await runChatCommand(session, message);
          if (result.next === "leave") return;
          if (result.next === "ask" && result.say !== undefined) tell(result.say);
          if (result.next === "answer") await answer(io, partner, session);
        } else {
          session.turns.push({ role: "user", content: message });
          await answer(io, partner, session);
        }
      } catch (error) {
        if (io.signal.aborted) throw error;
        // Where nobody types, nobody can mend it.
        if (!io.interactive) throw error;
        io.err(`${io.style.alarm(oneLine(error))}\n`);
      }
    } else if (line.type === "end" && io.interactive) io.err("\n");
    if (line.type === "end") return;
  }
}

/** Answers the last message. Ctrl-C ends the answer; what was said until then stays in the conversation. */
async function answer(io: Io, { llm, format, verbose }: Partner, session: ChatSession): Promise<void> {
  const stopped = new AbortController();
  const release = io.interactive ? io.onInterrupt(() => stopped.abort(new Error("stopped"))) : () => {};
  let said = "";
  let thinking = false;
  let cut = "";
  let speed = "";
  const tell = (text: string) => io.err(`${io.style.dim(text)}\n`);
  const wrap = outputWrap(io);
  try {
    const { messages, left } = fitting(format, llm.contextSize, session);
    if (left > session.unseen)
      tell(`the context of ${llm.contextSize} tokens is full: the first ${left} messages are not seen now`);
    session.unseen = left;
    for await (const { channel, text } of llm.chat(messages, {
      ...generateOptions(session.settings),
      signal: AbortSignal.any([io.signal, stopped.signal]),
      onDone: ({ finishReason, usage, timings }) => {
        if (finishReason === "length")
          cut =
            usage.completionTokens >= session.settings.maxTokens
              ? `cut off after ${usage.completionTokens} tokens; /set max-tokens changes that`
              : `cut off: the context of ${llm.contextSize} tokens is full; --ctx-size sets another`;
        const seconds = (timings.done - (timings.firstToken ?? timings.done)) / 1000;
        const rate = seconds > 0 ? `, ${((usage.completionTokens - 1) / seconds).toFixed(1)} tokens/s` : "";
        speed = `${usage.promptTokens} tokens read, ${usage.completionTokens} generated${rate}`;
      },
    })) {
      if (channel === "reasoning") {
        thinking = true;
        io.err(io.style.dim(text));
        continue;
      }
      if (thinking) io.err("\n\n");
      thinking = false;
      said += text;
      io.out(wrap.push(text));
    }
  } catch (error) {
    if (!stopped.signal.aborted) {
      // A message without an answer would stand beside the next one, which templates refuse.
      if (said === "") session.turns.pop();
      else session.turns.push({ role: "assistant", content: said });
      throw error;
    }
  } finally {
    release();
    if (said !== "") io.out(`${wrap.flush()}\n`);
    else if (thinking) io.err("\n");
  }
  if (stopped.signal.aborted) tell("stopped");
  session.turns.push({ role: "assistant", content: said });
  if (cut !== "" && io.interactive) tell(cut);
  if (verbose && speed !== "") tell(speed);
}

/** Least part of the context that is kept for the answer. */
const ANSWER_SHARE = 1 / 4;

/**
 * The messages that the context has room for: all, or else without the oldest. The instructions and the last message stay.
 * @returns `left` is how many were left out
 */
function fitting(
  format: ChatFormat,
  contextSize: number,
  { system, turns, settings }: ChatSession,
): { messages: Turn[]; left: number } {
  const room = contextSize - Math.min(settings.maxTokens, Math.floor(contextSize * ANSWER_SHARE));
  for (let left = 0; ; ) {
    const messages = messagesOf({ system, turns: turns.slice(left) });
    const next = turns.findIndex(({ role }, i) => i > left && role === "user");
    if (next === -1 || format.prompt(messages).ids.length <= room) return { messages, left };
    left = next;
  }
}
