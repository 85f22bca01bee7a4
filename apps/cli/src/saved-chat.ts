import { readFile, stat } from "node:fs/promises";
import type { ChatMessage } from "@realizar/chat";
import { CommandError } from "./errors.ts";
import { writeOutput } from "./output-file.ts";

/** A turn of a conversation: plain text by one of three. */
export interface Turn extends ChatMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

/** A file of a conversation: `messages` as OpenAI's chat API has them. */
export interface SavedChat {
  readonly model: string;
  readonly messages: readonly Turn[];
}

/** Bytes of a conversation that is read: far more than any context holds. */
const MOST_BYTES = 16 * 1024 * 1024;
const ROLES: readonly unknown[] = ["system", "user", "assistant"];

/** A file that holds no conversation. */
export class SavedChatError extends CommandError {
  readonly path: string;
  constructor(path: string, problem: string, options?: ErrorOptions) {
    super("CLI_SAVED_CHAT", `${path} ${problem}`, options);
    this.path = path;
  }
}

/** Writes a conversation; writes over one, and over nothing else. @throws SavedChatError, OutputError, DiskFullError */
export async function saveChat(path: string, chat: SavedChat): Promise<void> {
  if ((await stat(path).catch(() => undefined)) !== undefined)
    await loadChat(path).catch((cause) => {
      throw new SavedChatError(path, "is there already and is no conversation: give another name", { cause });
    });
  const text = `${JSON.stringify(chat, null, 2)}\n`;
  await writeOutput(
    path,
    (async function* () {
      yield new TextEncoder().encode(text);
    })(),
  );
}

/** @throws SavedChatError */
export async function loadChat(path: string): Promise<SavedChat> {
  const found = await stat(path).catch((cause) => {
    throw new SavedChatError(path, "cannot be read: there is no such file", { cause });
  });
  if (!found.isFile()) throw new SavedChatError(path, "is no file");
  if (found.size > MOST_BYTES)
    throw new SavedChatError(path, `has ${found.size} bytes; a conversation has at most ${MOST_BYTES}`);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new SavedChatError(path, "is not JSON; give a file that /save wrote", { cause });
  }
  const { model, messages } = (value ?? {}) as { model?: unknown; messages?: unknown };
  if (!Array.isArray(messages) || !messages.every(isTurn))
    throw new SavedChatError(path, "has no messages with a role and a text; give a file that /save wrote");
  return {
    model: typeof model === "string" ? model : "",
    messages: messages.map(({ role, content }) => ({ role, content })),
  };
}

const isTurn = (value: unknown): value is Turn =>
  typeof value === "object" &&
  value !== null &&
  ROLES.includes((value as Turn).role) &&
  typeof (value as Turn).content === "string";
