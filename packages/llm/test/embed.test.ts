import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeTinyEncoder } from "@realizar/testing/tiny-files";
import { type Llm, load } from "../src/index.ts";

const LLAMA = join(import.meta.dirname, "fixtures/tiny-llama.gguf");
const TEXTS = ["a cat sat", "rain, then sun", "the quick brown fox jumps over the lazy dog 42 times", "a"];

const folder = mkdtempSync(join(tmpdir(), "realizar-embed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const near = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
const length = (vector: Float32Array) => Math.hypot(...vector);

describe.each([
  ["bert", 2, "cls"],
  ["nomic-bert", 1, "mean"],
  ["nomic-bert", 3, "last"],
] as const)("an encoder (%s, pooling %i)", (architecture, number, pooling) => {
  let llm: Llm;
  let path: string;
  beforeAll(async () => {
    path = await writeTinyEncoder(join(folder, `${architecture}-${number}.gguf`), {
      architecture,
      pooling: number,
    });
    llm = await load(path, { threads: 1 });
  });
  afterAll(() => llm.close());

  test("gives vectors of length 1 that the reference backend agrees with, pooled as its file says", async () => {
    await using reference = await load(path, { backend: "reference" });
    expect(llm.engine.info).toMatchObject({ causal: false, pooling, embeddingLength: 32 });
    for (const text of TEXTS) {
      const vector = await llm.embed(text);
      expect(vector).toHaveLength(32);
      expect(length(vector)).toBeCloseTo(1, 5);
      expect(near(vector, await reference.embed(text))).toBeLessThan(1e-5);
      expect(await llm.embed(text, { pooling })).toEqual(vector);
    }
  });

  test("gives the same bits alone and in company, by text and by ids, with any number of threads", async () => {
    const alone: Float32Array[] = [];
    for (const text of TEXTS) alone.push(await llm.embed(text));
    expect(await Promise.all(TEXTS.map((text) => llm.embed(text)))).toEqual(alone);
    const ids = TEXTS.map((text) => llm.tokenizer.encode(text));
    expect(ids[0]!.length).toBe("a cat sat".replaceAll(" ", "").length + 2);
    expect(await Promise.all(ids.map((each) => llm.embed(each)))).toEqual(alone);
    await using two = await load(path, { threads: 2 });
    expect(await Promise.all(TEXTS.map((text) => two.embed(text)))).toEqual(alone);
  });

  test("generates nothing, and says why", async () => {
    const code = "ENGINE_NO_SUCH_OUTPUT";
    await expect(Array.fromAsync(llm.generate("a"))).rejects.toMatchObject({ code });
    await expect(llm.evaluate([1, 2])).rejects.toMatchObject({ code });
  });

  test("refuses a text longer than its context with both figures", async () => {
    await expect(llm.embed(Array(257).fill(7))).rejects.toMatchObject({
      code: "ENGINE_PROMPT_TOO_LONG",
      promptTokens: 257,
      contextSize: 256,
    });
    expect(await llm.embed(Array(256).fill(7))).toHaveLength(32);
  });
});

describe("a model that generates", () => {
  let llm: Llm;
  beforeAll(async () => {
    llm = await load(LLAMA, { threads: 1 });
  });
  afterAll(() => llm.close());

  test("gives embeddings too, the mean by default, the same bits while it generates", async () => {
    await using reference = await load(LLAMA, { backend: "reference" });
    const texts = ["hello", "once upon a time", "hello world"];
    const alone: Float32Array[] = [];
    for (const text of texts) alone.push(await llm.embed(text));
    for (const [i, text] of texts.entries()) {
      expect(near(alone[i]!, await reference.embed(text))).toBeLessThan(1e-5);
      expect(await llm.embed(text, { pooling: "mean" })).toEqual(alone[i]!);
    }
    const generating = Array.fromAsync(llm.generate("hello", { maxTokens: 40, temperature: 0 }));
    expect(await Promise.all(texts.map((text) => llm.embed(text)))).toEqual(alone);
    const tokens = await generating;
    expect(await Array.fromAsync(llm.generate("hello", { maxTokens: 40, temperature: 0 }))).toEqual(tokens);
  });

  test("pools as it is asked, and leaves the length as it is where asked", async () => {
    const ids = llm.tokenizer.encode("hello");
    const first = await llm.embed(ids, { pooling: "cls", normalize: false });
    expect(await llm.embed(ids.slice(0, 1), { pooling: "last", normalize: false })).toEqual(first);
    expect(length(first)).not.toBeCloseTo(1, 3);
    expect(length(await llm.embed(ids, { pooling: "cls" }))).toBeCloseTo(1, 5);
    await expect(llm.embed(ids, { pooling: "max" as "mean" })).rejects.toMatchObject({ field: "pooling" });
  });

  test("embed can be aborted, and is refused after close", async () => {
    const reason = new Error("not wanted");
    const abort = new AbortController();
    const going = llm.embed("hello world", { signal: abort.signal });
    abort.abort(reason);
    await expect(going).rejects.toBe(reason);
    await expect(llm.embed("a", { signal: abort.signal })).rejects.toBe(reason);
    await expect(llm.embed(5 as unknown as string)).rejects.toMatchObject({
      code: "LLM_INVALID_ARGUMENT",
      argument: "text",
    });
    const other = await load(LLAMA, { threads: 1 });
    const running = other.embed("hello").catch((error) => error);
    await other.close();
    expect(await running).toMatchObject({ code: "LLM_CLOSED" });
    await expect(other.embed("a")).rejects.toMatchObject({ code: "LLM_CLOSED" });
  });
});
