import { describe, expect, test } from "bun:test";
import {
  type ChatMessage,
  compileChatTemplate,
  detectDialect,
  normalizeMessages,
  TemplateError,
  type ToolDefinition,
  templateCapabilities,
} from "../src/index.ts";
import { hasSharedData, listShared, readShared, title } from "./shared-data.ts";

interface Case {
  template: string;
  conversation: string;
  messages: ChatMessage[];
  add_generation_prompt: boolean;
  tools: ToolDefinition[] | null;
  text?: string;
  error?: string;
}

const cases: Case[] = hasSharedData ? JSON.parse(readShared("chat-templates/expected.json")) : [];

describe.skipIf(!hasSharedData)(title("published templates"), () => {
  test("there are 136 cases", () => expect(cases.length).toBe(136));

  for (const [i, c] of cases.entries()) {
    test(`${i} ${c.template} ${c.conversation}`, () => {
      const template = compileChatTemplate(readShared(`chat-templates/${c.template}`));
      const render = () =>
        template.render({
          messages: c.messages,
          tools: c.tools,
          addGenerationPrompt: c.add_generation_prompt,
          bosToken: "<s>",
          eosToken: "</s>",
          now: new Date(2024, 6, 26),
        });
      if (c.error === undefined) {
        expect(render()).toBe(c.text!);
        expect(render()).toBe(c.text!);
        return;
      }
      try {
        render();
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
        expect((error as TemplateError).message).toEndWith(c.error);
        expect((error as TemplateError).line).toBeGreaterThan(0);
        return;
      }
      expect.unreachable();
    });
  }
});

describe.skipIf(!hasSharedData)(title("Mistral's templates and requests"), () => {
  const samples = listShared("mistral-chat", "-sample.json");
  for (const name of listShared("chat-templates/more", ".jinja")) {
    test(name, () => {
      const template = compileChatTemplate(readShared(`chat-templates/more/${name}`));
      const capabilities = templateCapabilities(template);
      for (const sample of samples) {
        const { messages, tools } = JSON.parse(readShared(`mistral-chat/${sample}`));
        const render = () =>
          template.render({
            messages: normalizeMessages(messages, capabilities),
            tools,
            bosToken: "<s>",
            eosToken: "</s>",
          });
        // Version 1 of the format has no tools.
        const hasTools = messages.some((m: ChatMessage) => m.role === "tool");
        if (/^v1(_|\.)/.test(name) && hasTools) expect(render).toThrow("Unexpected role 'tool'");
        else {
          const prompt = render();
          expect(prompt).toStartWith("<s>");
          expect(prompt).toContain("[INST]");
          expect(prompt).toContain(messages.findLast((m: ChatMessage) => m.role === "user").content);
          expect(prompt.includes("[TOOL_CALLS]")).toBe(messages.some((m: ChatMessage) => m.tool_calls));
        }
      }
    });
  }
});

describe.skipIf(!hasSharedData)(title("dialects of published templates"), () => {
  const EXPECTED: [string, string | null, string | null][] = [
    ["CohereForAI-c4ai-command-r7b-12-2024-tool_use", "<|START_THINKING|>", "commandR"],
    ["NousResearch-Hermes-3-Llama-3.1-8B-tool_use", null, "hermes"],
    ["Qwen-Qwen2.5-7B-Instruct", null, "hermes"],
    ["deepseek-ai-DeepSeek-R1-Distill-Qwen-32B", "<think>", "deepseek"],
    ["fireworks-ai-llama-3-firefunction-v2", null, "firefunction"],
    ["google-gemma-2-2b-it", null, null],
    ["meetkai-functionary-medium-v3.1", null, "functionary"],
    ["meetkai-functionary-medium-v3.2", null, "functionary32"],
    ["meta-llama-Llama-3.1-8B-Instruct", null, "llama3"],
    ["meta-llama-Llama-3.2-3B-Instruct", null, "llama3"],
    ["microsoft-Phi-3.5-mini-instruct", null, null],
    ["mistralai-Mistral-Nemo-Instruct-2407", null, "mistral"],
    ["more/v13_think", "[THINK]", "mistral"],
  ];
  for (const [name, think, tools] of EXPECTED) {
    test(name, () => {
      const dialect = detectDialect(readShared(`chat-templates/${name}.jinja`));
      expect([dialect.think?.open ?? null, dialect.tools as string | null]).toEqual([think, tools]);
    });
  }
});
