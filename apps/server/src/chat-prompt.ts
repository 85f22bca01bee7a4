import {
  type ChannelDelta,
  type ChannelParser,
  type ChatMessage,
  type ChatTemplate,
  compileChatTemplate,
  createChannelParser,
  type Dialect,
  detectDialect,
  dialectMarkers,
  normalizeMessages,
  type TemplateCapabilities,
  type ToolDefinition,
  templateCapabilities,
} from "@realizar/chat";
import type { Tokenizer } from "@realizar/tokenizers";
import { BadRequestError, NoChatTemplateError, NoToolsError } from "./errors.ts";
import type { ReasoningEffort, ToolBody } from "./schemas/openai.ts";
import type { ServedModel } from "./served-model.ts";

interface PreparedTemplate {
  readonly template: ChatTemplate;
  readonly capabilities: TemplateCapabilities;
}

/** Renders conversations with the models' own templates, each compiled once. */
export interface ChatPrompts {
  /**
   * The prompt of a conversation.
   * @throws NoChatTemplateError, NoToolsError, and the errors of the template
   */
  render(model: ServedModel, modelId: string, conversation: Conversation): string;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** Default true. */
  readonly addGenerationPrompt?: boolean;
  /** Further variables of the template. */
  readonly variables?: Readonly<Record<string, unknown>>;
}

export function createChatPrompts(): ChatPrompts {
  const prepared = new WeakMap<ServedModel, PreparedTemplate>();

  function prepare(model: ServedModel, modelId: string): PreparedTemplate {
    const known = prepared.get(model);
    if (known !== undefined) return known;
    if (model.chatTemplate === undefined) throw new NoChatTemplateError(modelId);
    const template = compileChatTemplate(model.chatTemplate);
    const made = { template, capabilities: templateCapabilities(template, specialTexts(model.tokenizer)) };
    prepared.set(model, made);
    return made;
  }

  return {
    render(model, modelId, { messages, tools = [], addGenerationPrompt = true, variables }) {
      const { template, capabilities } = prepare(model, modelId);
      if (tools.length > 0 && !callsTools(model)) throw new NoToolsError(modelId);
      return template.render({
        messages: normalizeMessages(messages, capabilities),
        ...(tools.length === 0 ? {} : { tools }),
        addGenerationPrompt,
        ...specialTexts(model.tokenizer),
        ...(variables === undefined ? {} : { extra: { ...variables } }),
      });
    },
  };
}

function specialTexts({ special, tokenText }: Tokenizer): { bosToken?: string; eosToken?: string } {
  return {
    ...(special.bos === undefined ? {} : { bosToken: tokenText(special.bos) }),
    ...(special.eos === undefined ? {} : { eosToken: tokenText(special.eos) }),
  };
}

/**
 * The template's variables for how much the model is to reason.
 * @param field what the request calls it
 * @throws BadRequestError where the template has no such variable
 */
export function effortVariables(
  { chatTemplate = "" }: ServedModel,
  effort: ReasoningEffort | null | undefined,
  field: string,
): Readonly<Record<string, unknown>> {
  if (effort === undefined || effort === null) return {};
  if (effort === "none" && chatTemplate.includes("enable_thinking")) return { enable_thinking: false };
  if (chatTemplate.includes("reasoning_effort")) return { reasoning_effort: effort };
  throw new BadRequestError(`${field} is not supported by the model's chat template; leave it out`, field);
}

/** A tool of a request as templates take it. */
export function toToolDefinition({ type, function: described }: ToolBody): ToolDefinition {
  const { name, description, parameters } = described;
  return {
    type,
    function: { name, ...(description ? { description } : {}), ...(parameters ? { parameters } : {}) },
  };
}

const dialectOf = (model: ServedModel, prompt = ""): Dialect =>
  detectDialect(model.chatTemplate ?? "", prompt);

/** Whether the model's template says how it calls tools. */
export function callsTools(model: ServedModel): boolean {
  const { harmony, tools } = dialectOf(model);
  return harmony || tools !== null;
}

/** Whether the model's template tells reasoning from content. */
export function reasons(model: ServedModel): boolean {
  const { harmony, think } = dialectOf(model);
  return harmony || think !== null;
}

/** How many tool calls an answer may hold. */
export type ToolCalls = "none" | "one" | "any";

/** How answers to one prompt are split into reasoning, content and tool calls. */
export interface AnswerChannels {
  /** Control tokens that mark them, which the text must show. */
  readonly showSpecial: readonly number[];
  /** A parser of one answer. */
  createParser(): ChannelParser;
}

/** The channels of answers to this prompt, as the model's template marks them. */
export function answerChannels(
  model: ServedModel,
  prompt: string,
  calls: ToolCalls,
  tools: readonly ToolDefinition[],
): AnswerChannels {
  const { tokenizer } = model;
  const dialect = dialectOf(model, prompt);
  const markers = dialectMarkers(calls === "none" ? { ...dialect, tools: null } : dialect);
  const ids = markers.map((marker) => tokenizer.tokenId(marker)).filter((id) => id !== undefined);
  return {
    showSpecial: ids.filter((id) => tokenizer.isSpecial(id)),
    createParser() {
      const parser = createChannelParser(dialect, { tools: calls !== "none" && tools });
      return calls === "one" ? firstCallOnly(parser) : parser;
    },
  };
}

function firstCallOnly({ push, flush }: ChannelParser): ChannelParser {
  const isWanted = ({ tool_calls }: ChannelDelta) => tool_calls?.every(({ index }) => index === 0) ?? true;
  return { push: (text) => push(text).filter(isWanted), flush: () => flush().filter(isWanted) };
}
