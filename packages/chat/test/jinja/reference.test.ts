import { describe, expect, test } from "bun:test";
import { ChatError, compileChatTemplate } from "../../src/index.ts";
import fixture from "../fixtures/jinja.json";

interface Case {
  template: string;
  text?: string;
  error?: string;
}

function render(template: string): string {
  return compileChatTemplate(template).render({ messages: [], extra: fixture.variables });
}

/** Expected results by Python's Jinja2 3.1.6, set up as transformers does. */
describe("as Python's Jinja2 renders", () => {
  for (const { template, text, error } of fixture.cases as Case[]) {
    if (error === undefined) test(template, () => expect(render(template)).toBe(text!));
    else test(`${template} fails (${error})`, () => expect(() => render(template)).toThrow(ChatError));
  }
});
