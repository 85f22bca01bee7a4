import { describe, expect, test } from "bun:test";
import {
  type ChatMessage,
  compileChatTemplate,
  normalizeMessages,
  type TemplateCapabilities,
  templateCapabilities,
} from "../src/index.ts";

const probe = (source: string, input = {}) => templateCapabilities(compileChatTemplate(source), input);

const ALL: TemplateCapabilities = {
  stringContent: true,
  partsContent: true,
  systemRole: true,
  stringArguments: true,
  objectArguments: true,
};

const STRINGS = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}";
const PARTS =
  "{% for m in messages %}{% for part in m.content %}{% if part.type == 'text' %}{{ part.text }}{% endif %}{% endfor %}{% endfor %}";
const CALLS =
  "{% for m in messages %}{{ m.content }}{% for c in m.tool_calls or [] %}{{ c.function.arguments FILTER }}{% endfor %}{% endfor %}";

describe("capabilities", () => {
  test("of a template for strings", () => {
    expect(probe(STRINGS)).toEqual({
      ...ALL,
      partsContent: false,
      stringArguments: false,
      objectArguments: false,
    });
  });

  test("of a template that takes nothing but parts", () => {
    expect(probe(PARTS)).toMatchObject({ stringContent: false, partsContent: true, systemRole: true });
  });

  test("of a template that refuses system messages", () => {
    const source = `{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}${STRINGS}`;
    expect(probe(source).systemRole).toBe(false);
  });

  test("of tool calls", () => {
    expect(probe(CALLS.replace("FILTER", ""))).toMatchObject({
      stringArguments: true,
      objectArguments: false,
    });
    expect(probe(CALLS.replace("FILTER", "|tojson"))).toMatchObject({
      stringArguments: false,
      objectArguments: true,
    });
  });

  test("of a template that needs more variables", () => {
    const source = `{{ functions.x }}${STRINGS}`;
    expect(probe(source)).toMatchObject({ stringContent: false, partsContent: false, systemRole: true });
    expect(probe(source, { extra: { functions: {} } }).stringContent).toBe(true);
  });

  test("do not hide a fault of the probe itself", () => {
    const template = {
      source: "",
      render: () => {
        throw new TypeError("broken");
      },
    };
    expect(() => templateCapabilities(template)).toThrow(TypeError);
  });
});

describe("normalizeMessages", () => {
  const parts = [
    { type: "text", text: "a" },
    { type: "text", text: "b" },
  ];

  test("joins text parts only where lists are not taken, and changes no input", () => {
    const messages: ChatMessage[] = [{ role: "user", content: parts }];
    const before = JSON.stringify(messages);
    expect(normalizeMessages(messages, { ...ALL, partsContent: false })[0]?.content).toBe("ab");
    expect(normalizeMessages(messages, ALL)[0]?.content).toEqual(parts);
    expect(JSON.stringify(messages)).toBe(before);
  });

  test("leaves lists with other parts", () => {
    const content = [...parts, { type: "image_url", image_url: { url: "x" } }];
    expect(
      normalizeMessages([{ role: "user", content }], { ...ALL, partsContent: false })[0]?.content,
    ).toEqual(content);
  });

  test("makes parts of strings where nothing else is taken", () => {
    const [message] = normalizeMessages([{ role: "user", content: "a" }], { ...ALL, stringContent: false });
    expect(message?.content).toEqual([{ type: "text", text: "a" }]);
  });

  test("keeps what a message has, less empty tool_calls", () => {
    const message: ChatMessage = { role: "tool", tool_call_id: "x", name: "f", tool_calls: null };
    expect(normalizeMessages([message], ALL)).toEqual([{ role: "tool", tool_call_id: "x", name: "f" }]);
  });

  const call = (args: string | Record<string, unknown>): ChatMessage => ({
    role: "assistant",
    content: null,
    tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: args } }],
  });
  const argumentsOf = (message: ChatMessage, capabilities: Partial<TemplateCapabilities>) =>
    normalizeMessages([message], { ...ALL, ...capabilities })[0]?.tool_calls?.[0]?.function.arguments;

  test("parses and prints arguments as the template needs", () => {
    expect(argumentsOf(call('{"a":1}'), { stringArguments: false })).toEqual({ a: 1 });
    expect(argumentsOf(call('{"a":1}'), {})).toBe('{"a":1}');
    expect(argumentsOf(call({ a: 1 }), { objectArguments: false })).toBe('{"a":1}');
    expect(argumentsOf(call({ a: 1 }), {})).toEqual({ a: 1 });
    expect(argumentsOf(call("not json"), { stringArguments: false })).toBe("not json");
    expect(argumentsOf(call("[1]"), { stringArguments: false })).toBe("[1]");
  });

  test("puts system messages in front of the next user message where the role is refused", () => {
    const fold = (messages: ChatMessage[]) => normalizeMessages(messages, { ...ALL, systemRole: false });
    const system: ChatMessage = { role: "system", content: "s" };
    const user: ChatMessage = { role: "user", content: "u" };
    expect(fold([system, user, user])).toEqual([{ role: "user", content: "s\n\nu" }, user]);
    expect(fold([user])).toEqual([user]);
    expect(fold([user, system, system])).toEqual([user, { role: "user", content: "s\n\ns" }]);
    expect(fold([system, { role: "user", content: parts }])[0]?.content).toEqual([
      { type: "text", text: "s" },
      { type: "text", text: "\n\n" },
      ...parts,
    ]);
    expect(fold([system, { role: "user", content: null }])[0]?.content).toHaveLength(2);
  });
});
