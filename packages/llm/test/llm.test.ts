import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  type GeneratedToken,
  type GenerateOptions,
  type Llm,
  load,
  openModel,
  samplingParams,
} from "../src/index.ts";
import { defaultThreads } from "../src/threads.ts";

/** A random llama: context 64, vocabulary 297 (SentencePiece: 3 control tokens, 256 bytes, single letters). */
const MODEL = join(import.meta.dirname, "fixtures/tiny-llama.gguf");
const VOCAB = 297;
const CONTEXT = 64;
const BOS = 1;
const EOS = 2;

/** A prompt may be what a caller without types gives. */
async function tokensOf(llm: Llm, prompt: unknown, options: GenerateOptions = {}): Promise<GeneratedToken[]> {
  return Array.fromAsync(llm.generate(prompt as string, { maxTokens: 12, temperature: 0, ...options }));
}
const textOf = (tokens: readonly GeneratedToken[]) => tokens.map(({ text }) => text).join("");
const idsOf = (tokens: readonly GeneratedToken[]) => tokens.map(({ tokenId }) => tokenId);

let llm: Llm;
beforeAll(async () => {
  llm = await load(MODEL, { threads: 1 });
});
afterAll(() => llm.close());

describe("load", () => {
  test("tells what it loaded", () => {
    expect(llm.contextSize).toBe(CONTEXT);
    expect(llm.threads).toBe(1);
    expect(llm.kvType).toBe("f32");
    expect(llm.chatTemplate).toBeUndefined();
    expect(llm.description.vocabSize).toBe(VOCAB);
    expect(llm.tokenizer.vocabSize).toBe(VOCAB);
  });

  test("takes bytes and a Blob as well as a path", async () => {
    const bytes = new Uint8Array(readFileSync(MODEL));
    const expected = idsOf(await tokensOf(llm, "hi"));
    for (const input of [bytes, new Blob([bytes])]) {
      await using other = await load(input, { threads: 1 });
      expect(idsOf(await tokensOf(other, "hi"))).toEqual(expected);
    }
  });

  test("takes a path of any characters", async () => {
    const folder = mkdtempSync(join(tmpdir(), "realizar llm ü 模型 "));
    try {
      const path = join(folder, "a b'é.gguf");
      cpSync(MODEL, path);
      await using other = await load(path, { threads: 1 });
      expect(idsOf(await tokensOf(other, "hi"))).toEqual(idsOf(await tokensOf(llm, "hi")));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("tells of its progress", async () => {
    const heard: number[] = [];
    await using _ = await load(MODEL, {
      threads: 1,
      onProgress: ({ loadedBytes, totalBytes }) => heard.push(loadedBytes / totalBytes),
    });
    expect(heard.at(-1)).toBe(1);
    expect(heard).toEqual([...heard].sort((a, b) => a - b));
  });

  test.each([
    ["threads", { threads: 0 }],
    ["threads", { threads: 1.5 }],
    ["threads", { threads: 1000 }],
    ["contextSize", { contextSize: 0 }],
    ["contextSize", { contextSize: -1 }],
    ["contextSize", { contextSize: Number.NaN }],
    ["contextSize", { contextSize: 1e12 }],
    ["parallel", { parallel: 0 }],
    ["kvType", { kvType: "q4_0" as "f32" }],
    ["backend", { backend: "gpu" as "wasm" }],
  ])("refuses a bad %s: %o", async (argument, options) => {
    const opening = load(MODEL, options);
    await expect(opening).rejects.toMatchObject({ code: "LLM_INVALID_ARGUMENT", argument });
    await expect(opening).rejects.toThrow(`${argument} is `);
  });

  test.each([5, null, undefined])("refuses %p as a model", async (input) => {
    await expect(load(input as unknown as string)).rejects.toMatchObject({ code: "LLM_INVALID_ARGUMENT" });
  });

  test("refuses a file that is no model by name", async () => {
    await expect(load(new Uint8Array(0))).rejects.toMatchObject({ code: "GGUF_TRUNCATED" });
    await expect(load(new Uint8Array(100))).rejects.toMatchObject({ code: "GGUF_BAD_MAGIC" });
    await expect(load("/nowhere/at all.gguf")).rejects.toMatchObject({ code: "FORMATS_NOT_FOUND" });
  });

  test("loads nothing where it is called off beforehand", async () => {
    const reason = new Error("not wanted");
    await expect(load(MODEL, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test("takes a smaller context, and says so", async () => {
    await using small = await load(MODEL, { threads: 1, contextSize: 16 });
    expect(small.contextSize).toBe(16);
    const ids = idsOf(await tokensOf(small, [BOS, 260], { maxTokens: 100 }));
    expect(ids).toHaveLength(14);
    expect(ids).toEqual(idsOf(await tokensOf(llm, [BOS, 260], { maxTokens: 14 })));
  });

  test("any number of threads makes the same tokens", async () => {
    await using two = await load(MODEL, { threads: 2 });
    expect(await two.evaluate([BOS, 260, 270], { topLogprobs: VOCAB })).toEqual(
      await llm.evaluate([BOS, 260, 270], { topLogprobs: VOCAB }),
    );
  });

  test("models do not disturb each other", async () => {
    const models = await Promise.all([load(MODEL, { threads: 1 }), load(MODEL, { threads: 1 })]);
    const texts = await Promise.all(models.map(async (model) => textOf(await tokensOf(model, "hello"))));
    expect(texts[0]!).toBe(texts[1]!);
    await Promise.all(models.map((model) => model.close()));
  });

  test("a file whose bits were flipped loads or is refused by name", async () => {
    const original = new Uint8Array(readFileSync(MODEL));
    // The metadata and the tensor table take the file's first 12 KB.
    const flip = fc.record({ at: fc.nat(12_000), bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 4 }), async (flips) => {
        const bytes = original.slice();
        for (const { at, bit } of flips) bytes[at]! ^= 1 << bit;
        try {
          await using damaged = await load(bytes, { threads: 1 });
          expect((await tokensOf(damaged, "hi", { maxTokens: 2 })).length).toBeLessThanOrEqual(2);
        } catch (error) {
          expect(error).toHaveProperty("code", expect.stringMatching(/^[A-Z]+_[A-Z_]+$/));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("generate", () => {
  test("makes these very tokens", async () => {
    const tokens = await tokensOf(llm, "hi");
    expect(idsOf(tokens)).toEqual([289, 280, 282, 289, 282, 289, 280, 282, 289, 282, 289, 287]);
    expect(textOf(tokens)).toBe("SvxSxSvxSxSH");
  });

  test("gives a text BOS and takes ids as they are", async () => {
    const ids = llm.tokenizer.encode("hi");
    expect(ids[0]).toBe(BOS);
    expect(await tokensOf(llm, ids)).toEqual(await tokensOf(llm, "hi"));
    expect(await tokensOf(llm, Int32Array.from(ids))).toEqual(await tokensOf(llm, "hi"));
    expect((await tokensOf(llm, ids.slice(1)))[0]!.logprob).not.toBe((await tokensOf(llm, "hi"))[0]!.logprob);
  });

  test("text goes on from the prompt's; after BOS alone it is a text of its own", async () => {
    const space = llm.tokenizer.tokenId("▁")!;
    const options = { maxTokens: 1, logitBias: { [space]: 1000 } };
    expect(textOf(await tokensOf(llm, "hi", options))).toBe(" ");
    expect(textOf(await tokensOf(llm, [BOS], options))).toBe("");
    expect(textOf(await tokensOf(llm, "", options))).toBe("");
  });

  test("logprob is natural and before temperature", async () => {
    const prompt = llm.tokenizer.encode("hi");
    const tokens = await tokensOf(llm, prompt, { temperature: 2, topK: 3, seed: 1 });
    const rows = await llm.evaluate([...prompt, ...idsOf(tokens)], { topLogprobs: VOCAB });
    for (const [i, { tokenId, logprob }] of tokens.entries()) {
      const row = new Map(rows[prompt.length - 1 + i]);
      expect(logprob).toBeCloseTo(row.get(tokenId)!, 6);
    }
  });

  test("same seed, same tokens; a seed is told where none is given", async () => {
    const wild: GenerateOptions = { maxTokens: 40, temperature: 2, topK: 0, topP: 1, minP: 0 };
    const seeds: number[] = [];
    const onSeed = (seed: number) => seeds.push(seed);
    const first = idsOf(await tokensOf(llm, "hi", { ...wild, onSeed }));
    const second = idsOf(await tokensOf(llm, "hi", { ...wild, onSeed }));
    expect(seeds[0]).not.toBe(seeds[1]);
    expect(first).not.toEqual(second);
    expect(idsOf(await tokensOf(llm, "hi", { ...wild, seed: seeds[0] }))).toEqual(first);
    expect(idsOf(await tokensOf(llm, "hi", { ...wild, seed: seeds[1] }))).toEqual(second);
  });

  test("alone or among others, the same tokens", async () => {
    const ask = (seed: number) => tokensOf(llm, "hello", { maxTokens: 30, temperature: 1.5, seed });
    const together = await Promise.all([1, 2, 3, 4].map(ask));
    for (const [i, tokens] of together.entries()) expect(tokens).toEqual(await ask(i + 1));
  });

  test("ends before a stop string, also across tokens", async () => {
    const whole = textOf(await tokensOf(llm, "hi"));
    const stop = whole.slice(3, 6);
    for (const given of [stop, [stop], ["never", stop]]) {
      const reasons: string[] = [];
      const tokens = await tokensOf(llm, "hi", {
        stop: given,
        onDone: ({ finishReason }) => reasons.push(finishReason),
      });
      expect(textOf(tokens)).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(reasons).toEqual(["stop"]);
    }
  });

  test("ends at an end-of-generation token unless told to go on", async () => {
    const options = { logitBias: { [EOS]: 1000 }, maxTokens: 3 };
    const reasons: string[] = [];
    const onDone = ({ finishReason }: { finishReason: string }) => reasons.push(finishReason);
    expect(textOf(await tokensOf(llm, "hi", { ...options, onDone }))).toBe("");
    expect(idsOf(await tokensOf(llm, "hi", { ...options, ignoreEos: true, onDone }))).toEqual([
      EOS,
      EOS,
      EOS,
    ]);
    expect(reasons).toEqual(["stop", "length"]);
  });

  test("incomplete characters are told as U+FFFD, and nothing is lost", async () => {
    const half = 3 + 0xc3;
    const tokens = await tokensOf(llm, "hi", { logitBias: { [half]: 1000 }, maxTokens: 2 });
    expect(textOf(tokens)).toBe("\ufffd\ufffd");
    expect(idsOf(tokens).filter((id) => id >= 0)).toEqual([half, half]);
  });

  test("tells how it ended", async () => {
    let usage = {};
    await tokensOf(llm, "hi", {
      maxTokens: 5,
      onDone: (done) => {
        usage = done.usage;
      },
    });
    expect(usage).toMatchObject({ promptTokens: 4, completionTokens: 5 });
  });

  test("makes nothing with maxTokens 0, and no more than the context holds", async () => {
    expect(await tokensOf(llm, "hi", { maxTokens: 0 })).toEqual([]);
    expect(await tokensOf(llm, [BOS, 260], { maxTokens: 1e9 })).toHaveLength(CONTEXT - 2);
    expect(await tokensOf(llm, Array(CONTEXT).fill(260))).toEqual([]);
  });

  test("biases, penalties and the empty defaults reach the sampler", async () => {
    expect(idsOf(await tokensOf(llm, "hi", { logitBias: new Map([[270, 1000]]), maxTokens: 2 }))).toEqual([
      270, 270,
    ]);
    const ids = idsOf(await tokensOf(llm, "hi", { frequencyPenalty: 100, repeatLastN: CONTEXT }));
    expect(new Set(ids).size).toBe(ids.length);
    const defaults = samplingParams({}, 3);
    expect(defaults).toMatchObject({ temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: 3 });
    expect(samplingParams({ topK: undefined, temperature: undefined }, 3)).toEqual(defaults);
  });

  test.each([
    ["promptIds", [], {}],
    ["promptIds[1]", [BOS, VOCAB], {}],
    ["promptIds[0]", [0.5], {}],
    ["maxTokens", "hi", { maxTokens: -1 }],
    ["maxTokens", "hi", { maxTokens: Number.NaN }],
    ["stop", "hi", { stop: "" }],
    ["stop", "hi", { stop: 5 as unknown as string }],
    ["temperature", "hi", { temperature: Number.NaN }],
    ["topK", "hi", { topK: -1 }],
    ["topP", "hi", { topP: 1.5 }],
    ["minP", "hi", { minP: -0.1 }],
    ["seed", "hi", { seed: 1.5 }],
    ["logitBias", "hi", { logitBias: { [VOCAB]: 1 } }],
    ["logitBias", "hi", { logitBias: { [VOCAB - 1]: Number.NaN } }],
    ["prompt", 5, {}],
    ["prompt", undefined, {}],
  ])("refuses a bad %s: %o %o", async (field, prompt, options) => {
    const asking = tokensOf(llm, prompt, options);
    await expect(asking).rejects.toThrow(`${field} is `);
    await expect(asking).rejects.toHaveProperty("code", expect.stringMatching(/^(ENGINE|SAMPLING|LLM)_/));
  });

  test("refuses a prompt longer than the context with both numbers", async () => {
    const asking = tokensOf(llm, Array(CONTEXT + 1).fill(260));
    await expect(asking).rejects.toThrow(/65 tokens, the context 64/);
    await expect(asking).rejects.toMatchObject({ code: "ENGINE_PROMPT_TOO_LONG" });
  });

  test("a signal calls off before and during", async () => {
    const reason = new Error("enough");
    await expect(tokensOf(llm, "hi", { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const abort = new AbortController();
    const heard: number[] = [];
    const reading = async () => {
      for await (const { tokenId } of llm.generate("hi", { maxTokens: 50, signal: abort.signal })) {
        heard.push(tokenId);
        if (heard.length === 3) abort.abort(reason);
      }
    };
    await expect(reading()).rejects.toBe(reason);
    expect(heard).toHaveLength(3);
    expect(await llm.engine.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0 });
  });

  test("whoever stops reading stops the generation", async () => {
    let heard = 0;
    for await (const _ of llm.generate("hi", { maxTokens: 50 })) if (++heard === 2) break;
    expect(await llm.engine.stats()).toMatchObject({ running: 0, waiting: 0, pagesUsed: 0 });
  });

  test("joined text is the decoded ids in the prompt's context", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.string({ maxLength: 5, unit: "grapheme" }), async (seed, prompt) => {
        const promptIds = llm.tokenizer.encode(prompt);
        const tokens = await tokensOf(llm, promptIds, { seed, temperature: 3, topK: 0, topP: 1, minP: 0 });
        const before = llm.tokenizer.decode(promptIds);
        const ids = idsOf(tokens).filter((id) => id >= 0);
        expect(before + textOf(tokens)).toBe(llm.tokenizer.decode([...promptIds, ...ids]));
      }),
      { numRuns: 30 },
    );
  });
});

describe("evaluate", () => {
  const ids = [BOS, 260, 262, 7, 296];

  test("gives each position the likeliest next tokens, descending", async () => {
    const rows = await llm.evaluate(ids, { topLogprobs: VOCAB });
    expect(rows).toHaveLength(ids.length);
    for (const row of rows) {
      expect(new Set(row.map(([id]) => id)).size).toBe(VOCAB);
      expect(row.reduce((sum, [, logprob]) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 9);
      for (let i = 1; i < row.length; i++) expect(row[i]![1]).toBeLessThanOrEqual(row[i - 1]![1]);
    }
    expect((await llm.evaluate(ids)).map((row) => row.length)).toEqual(ids.map(() => 8));
    expect(await llm.evaluate(ids, { topLogprobs: 3 })).toEqual(rows.map((row) => row.slice(0, 3)));
    expect(await llm.evaluate([])).toEqual([]);
  });

  test("agrees with the float64 backend", async () => {
    await using exact = await load(MODEL, { backend: "reference" });
    const expected = await exact.evaluate(ids, { topLogprobs: VOCAB });
    for (const [i, row] of (await llm.evaluate(ids, { topLogprobs: VOCAB })).entries()) {
      const found = new Map(row);
      for (const [id, logprob] of expected[i]!) expect(found.get(id)!).toBeCloseTo(logprob, 4);
    }
  });

  test("takes another KV type than the loaded one's, near but not equal", async () => {
    await using model = await load(MODEL, { threads: 1, signal: AbortSignal.timeout(1e6) });
    const exact = await model.evaluate(ids, { topLogprobs: 4 });
    expect(await model.evaluate(ids, { topLogprobs: 4, kvType: "f32" })).toEqual(exact);
    for (const kvType of ["f16", "q8_0", "q16"] as const) {
      const [once, again] = await Promise.all([
        model.evaluate(ids, { topLogprobs: 4, kvType }),
        model.evaluate(ids, { topLogprobs: 4, kvType }),
      ]);
      expect(once).toEqual(again);
      expect(once).not.toEqual(exact);
      expect(once[0]![0]![1]).toBeCloseTo(exact[0]![0]![1], 1);
    }
  });

  test("another KV type loads also after the first load's signal has fired", async () => {
    const loading = new AbortController();
    await using model = await load(MODEL, { threads: 1, signal: loading.signal });
    loading.abort();
    expect(await model.evaluate(ids, { topLogprobs: 1, kvType: "f16" })).toHaveLength(ids.length);
  });

  test("a KV type that could not be loaded can be asked for again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "realizar-llm-"));
    const path = join(folder, "model.gguf");
    try {
      cpSync(MODEL, path);
      await using model = await load(path, { threads: 1 });
      rmSync(path);
      const missing = { code: "FORMATS_NOT_FOUND" };
      await expect(model.evaluate(ids, { kvType: "f16" })).rejects.toMatchObject(missing);
      cpSync(MODEL, path);
      expect(await model.evaluate(ids, { kvType: "f16" })).toHaveLength(ids.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["topLogprobs", [BOS], { topLogprobs: VOCAB + 1 }],
    ["topLogprobs", [BOS], { topLogprobs: -1 }],
    ["ids[0]", [VOCAB], {}],
    ["ids[0]", [Number.NaN], {}],
    ["kvType", [BOS], { kvType: "q4_0" as "f32" }],
  ])("refuses a bad %s: %o %o", async (field, given, options) => {
    await expect(llm.evaluate(given, options)).rejects.toThrow(`${field} is `);
  });

  test("takes a whole context and no more", async () => {
    expect(await llm.evaluate(Array(CONTEXT).fill(270), { topLogprobs: 1 })).toHaveLength(CONTEXT);
    await expect(llm.evaluate(Array(CONTEXT + 1).fill(270))).rejects.toMatchObject({
      code: "ENGINE_PROMPT_TOO_LONG",
    });
  });
});

describe("close", () => {
  test("ends what runs and refuses what comes later, as often as it is called", async () => {
    const model = await load(MODEL, { threads: 1 });
    await model.evaluate([BOS], { kvType: "f16" });
    const running = Array.from({ length: 100 }, () => tokensOf(model, "hi", { maxTokens: 60 }));
    const ends = Promise.allSettled(running);
    await Promise.all([model.close(), model.close()]);
    await model.close();
    const refusals = (await ends).filter((end) => end.status === "rejected");
    for (const { reason } of refusals)
      expect(reason).toHaveProperty("code", expect.stringMatching(/^(ENGINE|LLM)_/));
    const closed = { code: "LLM_CLOSED" };
    await expect(tokensOf(model, "hi")).rejects.toMatchObject(closed);
    for (const kvType of ["f32", "f16", "q8_0", "q16"] as const)
      await expect(model.evaluate([BOS], { kvType })).rejects.toMatchObject(closed);
  });

  test("await using closes", async () => {
    let kept: Llm;
    {
      await using model = await load(MODEL, { threads: 1 });
      kept = model;
    }
    await expect(tokensOf(kept, "hi")).rejects.toMatchObject({ code: "LLM_CLOSED" });
  });
});

test("openModel gives the pieces: a runner, figures, memory", async () => {
  const model = await openModel(MODEL, { threads: 1, parallel: 3, contextSize: 32 });
  expect(model.runner).toMatchObject({ vocabSize: VOCAB, contextSize: 32, pageCount: 6, pageSize: 16 });
  expect(model.bytes).toBeGreaterThan(60_000);
  model.close();
});

test("threads are those of the machine's cores", () => {
  expect(defaultThreads()).toBeGreaterThanOrEqual(1);
  expect(defaultThreads()).toBeLessThanOrEqual(navigator.hardwareConcurrency);
});
