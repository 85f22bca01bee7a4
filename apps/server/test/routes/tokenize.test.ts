import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { toyServer } from "../toy-server.ts";

const { ask } = toyServer();

describe("/tokenize", () => {
  test("gives ids and their number, without BOS", async () => {
    const response = await ask("/tokenize", { text: "hé" });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ token_ids: [107, 198, 172], num_tokens: 3 });
  });

  test("an empty text has no tokens", async () => {
    expect(await (await ask("/tokenize", { text: "" })).json()).toEqual({ token_ids: [], num_tokens: 0 });
  });

  test("texts of control tokens are plain text", async () => {
    const { num_tokens } = await (await ask("/tokenize", { text: "</s>" })).json();
    expect(num_tokens).toBe(4);
  });

  test.each([
    [{}, "text is required: it must be a string"],
    [{ text: 5 }, "text must be a string, but is 5"],
    [{ text: null }, "text must be a string, but is null"],
    [{ text: "a", add_special: true }, 'Unknown field "add_special"; leave it out or correct its name'],
    [{ text: "a", model_id: "x" }, 'The model "x" does not exist; this server has "toy"'],
  ])("%j is refused", async (body, error) => {
    const response = await ask("/tokenize", body);
    expect(response.status).toBe("model_id" in body ? 404 : 400);
    expect(await response.json()).toEqual({ error });
  });
});

describe("/detokenize", () => {
  test("gives the text", async () => {
    const response = await ask("/detokenize", { token_ids: [0, 107, 198, 172, 1] });
    expect(await response.json()).toEqual({ text: "hé" });
  });

  test.each([
    [[-1], "token_ids[0] must be a token id, an integer of 0 or more, but is -1"],
    [[1.5], "token_ids[0] must be a token id, an integer of 0 or more, but is 1.5"],
    [[259], "Token id 259 is not an integer in [0, 259)."],
  ])("ids %j are refused", async (token_ids, error) => {
    const response = await ask("/detokenize", { token_ids });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });

  test("is the inverse of /tokenize", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        const { token_ids } = await (await ask("/tokenize", { text })).json();
        expect(await (await ask("/detokenize", { token_ids })).json()).toEqual({ text });
      }),
      { numRuns: 50 },
    );
  });
});

describe("/batch/tokenize", () => {
  test("answers in order, a bad item in its place", async () => {
    const response = await ask("/batch/tokenize", { texts: ["a", 5, ""] });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      results: [
        { token_ids: [100], num_tokens: 1 },
        { error: "texts[1] must be a string, but is 5" },
        { token_ids: [], num_tokens: 0 },
      ],
    });
  });

  test.each([
    [[], "Texts array cannot be empty"],
    [[null], "texts[0] must be a string, but is null"],
    [[1, {}], "All 2 texts are bad; the first: texts[0] must be a string, but is 1"],
    ["a", 'texts must be an array of strings, but is "a"'],
    [Array(129).fill("a"), "texts must be an array of 1 to 128 strings, but is an array of 129"],
  ])("%j is refused", async (texts, error) => {
    const response = await ask("/batch/tokenize", { texts });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });
});
