import type { FakeModel } from "./fake-server.ts";

/** Cuts before blanks, as most vocabularies do. */
export const toTokens = (text: string): string[] => text.match(/\s?\S+|\s+/g) ?? [];

const ANSWER = `Salt lowers the freezing point of water.

## In practice
- Sea water freezes at **−1.9 °C**.

\`\`\`python
print(-1.86 * 2)
\`\`\`
That is why.`;

export const CHAT: FakeModel = { id: "chat-model", hasTemplate: true, tokens: toTokens(ANSWER), pace: 1 };

export const THINKING: FakeModel = {
  id: "thinking-model",
  hasTemplate: true,
  reasoning: toTokens("The reader wants it short."),
  tokens: toTokens("Because of the ions."),
  pace: 1,
};

export const BASE: FakeModel = {
  id: "base-model",
  hasTemplate: false,
  tokens: toTokens(" there was a keeper."),
  pace: 1,
};

/** Long and slow enough to be stopped. */
export const SLOW: FakeModel = {
  id: "slow-model",
  hasTemplate: true,
  tokens: toTokens("on and on ".repeat(400)),
  pace: 5,
};

export const ANSWER_TEXT = ANSWER;
