import {
  type ChannelParser,
  type ChatMessage,
  type ChatTemplate,
  compileChatTemplate,
  createChannelParser,
  detectDialect,
  normalizeMessages,
  type TemplateCapabilities,
  templateCapabilities,
} from "@realizar/chat";
import type { Tokenizer } from "@realizar/tokenizers";
import { NoChatTemplateError } from "./errors.ts";
import type { ServedModel } from "./served-model.ts";

interface PreparedTemplate {
  readonly template: ChatTemplate;
  readonly capabilities: TemplateCapabilities;
}

/** Renders conversations with the models' own templates, each compiled once. */
export interface ChatPrompts {
  /**
   * The prompt of a conversation.
   * @throws NoChatTemplateError, and the errors of the template
   */
  render(model: ServedModel, modelId: string, conversation: Conversation): string;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
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
    render(model, modelId, { messages, addGenerationPrompt = true, variables }) {
      const { template, capabilities } = prepare(model, modelId);
      return template.render({
        messages: normalizeMessages(messages, capabilities),
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

/** Splits an answer to this prompt into reasoning and content, as the model's template marks them. */
export function answerParser(model: ServedModel, prompt: string): ChannelParser {
  return createChannelParser(detectDialect(model.chatTemplate ?? "", prompt), { tools: false });
}
