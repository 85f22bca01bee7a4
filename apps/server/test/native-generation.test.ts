import { describe, expect, test } from "bun:test";
import { collect } from "../src/job.ts";
import { nativePrompt } from "../src/native-generation.ts";
import { toyModel } from "./toy-model.ts";

describe("native prompts", () => {
  test("a text that a vocabulary has no token for is told with the text", () => {
    const model = toyModel({ addBos: false });
    const silent = { ...model, tokenizer: { ...model.tokenizer, encode: () => [] } };
    expect(() => nativePrompt("   ", silent)).toThrow("Prompt '   ' tokenizes to empty sequence");
    expect(() => nativePrompt("x".repeat(100), silent)).toThrow(
      `Prompt '${"x".repeat(60)}…' tokenizes to empty sequence`,
    );
    expect(() => nativePrompt("", silent)).toThrow("Prompt cannot be empty");
  });
});

describe("collect", () => {
  test("insists on the last event", async () => {
    async function* nothing() {}
    expect(collect(nothing())).rejects.toThrow("without its last event");
  });
});
