/** How a conversation becomes text. */

/** Tokens of the vocabulary: special ones, bytes and merges. */
export const VOCABULARY = 1536;

/** Ends every message and every story. */
export const END = "<|end|>";

export const ROLE_TOKENS = { system: "<|system|>", user: "<|user|>", assistant: "<|assistant|>" } as const;

/** By id. */
export const SPECIAL_TOKENS: readonly string[] = [END, ...Object.values(ROLE_TOKENS)];

/** The template in the file. Roles that the model does not know are the user's. */
export const CHAT_TEMPLATE = [
  "{% for message in messages %}",
  "{% if message.role == 'system' or message.role == 'assistant' %}{{ '<|' + message.role + '|>' }}",
  "{% else %}{{ '<|user|>' }}{% endif %}",
  "{{ message.content }}{{ '<|end|>' }}",
  "{% endfor %}",
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}",
].join("");
