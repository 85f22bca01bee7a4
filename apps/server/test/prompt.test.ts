import { describe, expect, test } from "bun:test";
import { type Encoding, encodePrompt, encodeText, totalLength } from "../src/prompt.ts";
import { toyModel } from "./toy-model.ts";

/** A model that notes what its engine is asked to tokenize. */
function watched(): { model: Encoding; asked: string[] } {
  const { engine, tokenizer } = toyModel();
  const asked: string[] = [];
  const encode: typeof engine.encode = (text, options) => {
    asked.push(text);
    return engine.encode(text, options);
  };
  return { model: { tokenizer, engine: { ...engine, encode } }, asked };
}

describe("encodeText", () => {
  test("gives long texts, and short ones among many, to the engine's thread, and the same ids either way", async () => {
    const { model, asked } = watched();
    const long = "abc ".repeat(5000);
    expect(await encodeText(model, long)).toEqual(model.tokenizer.encode(long));
    expect(await encodeText(model, "abc", { addSpecial: false })).toEqual(
      model.tokenizer.encode("abc", { addSpecial: false }),
    );
    expect(asked).toEqual([long]);
    await encodeText(model, "abc", {}, 1e6);
    expect(asked).toEqual([long, "abc"]);
  });

  test("prompts get BOS once, however they come to their ids", async () => {
    const { model } = watched();
    const short = await encodePrompt(model, "<s>ab", { parseSpecial: true });
    expect(short).toEqual(await encodePrompt(model, "ab", { parseSpecial: true, together: 1e6 }));
    expect(short[0]).toBe(0);
  });
});

test("totalLength counts texts only", () => {
  expect(totalLength(["ab", 5, [1], "c"])).toBe(3);
});
