import { InvalidArgumentError } from "commander";
import { UsageError } from "./errors.ts";
import { type GenerationFlags, NUMBER_SETTINGS, settingName } from "./generation-options.ts";
import { loadChat, saveChat, type Turn } from "./saved-chat.ts";

/** A conversation under way. */
export interface ChatSession {
  readonly modelName: string;
  /** What has been said, oldest first; the system's text is not among it. */
  turns: Turn[];
  system: string | undefined;
  settings: GenerationFlags;
  /** Where it was saved last. */
  path: string | undefined;
  /** Turns that the model does not see any more, as the person was told. */
  unseen: number;
}

/** What a command asks of the chat. */
export type CommandResult =
  | { readonly next: "ask"; readonly say?: string }
  /** Answer the last message anew. */
  | { readonly next: "answer" }
  | { readonly next: "leave" };

interface ChatCommand {
  readonly name: string;
  readonly also?: readonly string[];
  readonly argument?: string;
  readonly help: string;
  /** @throws UsageError, SavedChatError */
  run(session: ChatSession, argument: string): CommandResult | Promise<CommandResult>;
}

const ask = (say?: string): CommandResult => (say === undefined ? { next: "ask" } : { next: "ask", say });

const COMMANDS: readonly ChatCommand[] = [
  { name: "help", help: "tell the commands", run: () => ask(helpText()) },
  {
    name: "clear",
    help: "forget what was said",
    run(session) {
      session.turns = [];
      session.unseen = 0;
      return ask("forgotten");
    },
  },
  {
    name: "system",
    argument: "[text]",
    help: 'tell or set the instructions; "" takes them away',
    run(session, argument) {
      if (argument === "")
        return ask(session.system === undefined ? "no instructions are set" : session.system);
      session.system = argument === '""' ? undefined : argument;
      return ask(session.system === undefined ? "no instructions" : "set, from the next answer on");
    },
  },
  {
    name: "save",
    argument: "[file]",
    help: "write the conversation as JSON, or write it again",
    async run(session, argument) {
      const path = argument === "" ? session.path : argument;
      if (path === undefined) throw new UsageError("/save needs a file's name, as in: /save chat.json");
      await saveChat(path, { model: session.modelName, messages: messagesOf(session) });
      session.path = path;
      return ask(`${session.turns.length} messages written to ${path}`);
    },
  },
  {
    name: "load",
    argument: "<file>",
    help: "go on with a conversation that was saved",
    async run(session, argument) {
      if (argument === "") throw new UsageError("/load needs a file's name, as in: /load chat.json");
      const { messages } = await loadChat(argument);
      takeUp(session, messages, argument);
      return ask(`${session.turns.length} messages read from ${argument}`);
    },
  },
  {
    name: "regen",
    help: "answer the last message once more",
    run(session) {
      const { turns } = session;
      const last = turns.findLastIndex(({ role }) => role === "user");
      if (last === -1) throw new UsageError("nothing was asked yet");
      session.turns = turns.slice(0, last + 1);
      return { next: "answer" };
    },
  },
  {
    name: "set",
    argument: "[name value]",
    help: "tell the settings, or change one: /set temperature 0.2",
    run(session, argument) {
      if (argument === "") return ask(settingsText(session.settings));
      session.settings = changed(session.settings, argument);
      return ask(settingsText(session.settings));
    },
  },
  {
    name: "quit",
    also: ["exit", "bye"],
    help: "leave; so does Ctrl-D",
    run: () => ({ next: "leave" }),
  },
];

/** Every name a command goes by. */
export const CHAT_COMMANDS: readonly string[] = COMMANDS.flatMap(({ name, also = [] }) => [name, ...also]);

/**
 * Runs a line that begins with "/". A beginning that fits one command only stands for it.
 * @throws UsageError for a command that there is not, and what the command throws
 */
export async function runChatCommand(session: ChatSession, line: string): Promise<CommandResult> {
  const [, word = "", argument = ""] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const exact = COMMANDS.find(({ name, also }) => name === word || also?.includes(word));
  const begun = COMMANDS.filter(({ name }) => word !== "" && name.startsWith(word));
  const command = exact ?? (begun.length === 1 ? begun[0] : undefined);
  if (command === undefined) {
    const meant = begun.length > 1 ? ` (${begun.map(({ name }) => `/${name}`).join(" or ")}?)` : "";
    throw new UsageError(`/${word} is no command${meant}; /help tells them`);
  }
  return command.run(session, argument.trim());
}

/** Makes the messages the session's own; the system's texts become its instructions. */
export function takeUp(session: ChatSession, messages: readonly Turn[], path: string): void {
  const system = messages.filter(({ role }) => role === "system").map(({ content }) => content);
  session.system = system.length === 0 ? undefined : system.join("\n\n");
  session.turns = messages.filter(({ role }) => role !== "system");
  session.path = path;
  session.unseen = 0;
}

/** All that the model is told. */
export function messagesOf({ system, turns }: Pick<ChatSession, "system" | "turns">): Turn[] {
  return system === undefined ? [...turns] : [{ role: "system", content: system }, ...turns];
}

function changed(settings: GenerationFlags, argument: string): GenerationFlags {
  const [name = "", value = ""] = argument.split(/[\s=]+/);
  const setting = NUMBER_SETTINGS.find((known) => settingName(known) === name);
  if (setting === undefined)
    throw new UsageError(
      `there is no setting ${name}: there are ${NUMBER_SETTINGS.map(settingName).join(", ")}`,
    );
  if (setting.key === "seed" && (value === "" || value === "random")) {
    const { seed: _, ...others } = settings;
    return others;
  }
  try {
    return { ...settings, [setting.key]: setting.parse(value) };
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new UsageError(`${name}: ${error.message}`, { cause: error });
  }
}

const settingsText = (settings: GenerationFlags): string =>
  NUMBER_SETTINGS.map((setting) => `${settingName(setting)} ${settings[setting.key] ?? "random"}`).join(", ");

function helpText(): string {
  const rows = COMMANDS.map(({ name, argument, help }) => [`/${name} ${argument ?? ""}`.trimEnd(), help]);
  const width = Math.max(...rows.map(([name]) => name!.length));
  return [
    ...rows.map(([name, help]) => `  ${name!.padEnd(width)}  ${help}`),
    "",
    'A line ending in \\ goes on in the next; """ begins and ends several lines.',
    "Ctrl-C stops an answer; at an empty prompt twice, it leaves.",
  ].join("\n");
}
