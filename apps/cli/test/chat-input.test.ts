import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { messageInput } from "../src/chat-input.ts";

/** The messages of lines; a last one that is open still counts. */
function messages(...lines: string[]): string[] {
  const input = messageInput();
  const found = lines.map(input.push).filter((message) => message !== undefined);
  const rest = input.reset();
  return rest === undefined ? found : [...found, rest];
}

describe("messageInput", () => {
  test("a line is a message", () => {
    expect(messages("hi", "", "you")).toEqual(["hi", "", "you"]);
  });

  test("a backslash at the end goes on in the next line", () => {
    expect(messages("a\\", "b\\", "c", "d")).toEqual(["a\nb\nc", "d"]);
  });

  test('""" begins and ends a text of several lines', () => {
    expect(messages('"""', "a", "", "b\\", '"""', "c")).toEqual(["a\n\nb\\", "c"]);
    expect(messages('"""a', 'b"""', "c")).toEqual(["a\nb", "c"]);
    expect(messages('"""a"""')).toEqual(["a"]);
    expect(messages('  """  ', 'b"""  ')).toEqual(["  \nb"]);
  });

  test("what is not ended is there when asked for", () => {
    const input = messageInput();
    input.push('"""');
    expect(input.open).toBe(true);
    input.push("a");
    expect(input.reset()).toBe("a");
    expect(input.open).toBe(false);
    expect(input.reset()).toBeUndefined();
  });

  test("any text without the mark comes through a fence as it is", () => {
    const line = fc.string().filter((text) => !text.includes('"""') && !/[\r\n]/.test(text));
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), (lines) => {
        expect(messages('"""', ...lines, '"""')).toEqual([lines.join("\n")]);
      }),
    );
  });
});
