import {
  type ChannelParser,
  type ChatMessage,
  compileChatTemplate,
  createChannelParser,
  detectDialect,
  normalizeMessages,
  templateCapabilities,
} from "@realizar/chat";
import type { Tokenizer } from "@realizar/tokenizers";

/** A conversation as the model reads it. */
export interface ChatPrompt {
  readonly text: string;
  /** With BOS in front where the model wants one, and once only. */
  readonly ids: number[];
}

/** How a model holds conversations: by its own chat template. */
export interface ChatFormat {
  /**
   * The prompt after which the model answers the last message.
   * @throws ChatError where the template cannot render the conversation
   */
  prompt(messages: readonly ChatMessage[]): ChatPrompt;
  /** Splits the answer to a prompt into reasoning and content while it streams. */
  answerParser(prompt: ChatPrompt): ChannelParser;
}

/**
 * @param source the template in Jinja
 * @throws TemplateSyntaxError
 */
export function chatFormat(tokenizer: Tokenizer, source: string): ChatFormat {
  const template = compileChatTemplate(source);
  const { special, addBos, tokenText } = tokenizer;
  const bos = special.bos ?? special.cls;
  const texts = {
    ...(special.bos === undefined ? {} : { bosToken: tokenText(special.bos) }),
    ...(special.eos === undefined ? {} : { eosToken: tokenText(special.eos) }),
  };
  const capabilities = templateCapabilities(template, texts);
  return {
    prompt(messages) {
      const text = template.render({
        messages: normalizeMessages(messages, capabilities),
        addGenerationPrompt: true,
        ...texts,
      });
      const ids = tokenizer.encode(text, { addSpecial: false, parseSpecial: true });
      if (addBos && bos !== undefined && ids[0] !== bos) ids.unshift(bos);
      return { text, ids };
    },
    answerParser: ({ text }) => createChannelParser(detectDialect(source, text), { tools: false }),
  };
}
