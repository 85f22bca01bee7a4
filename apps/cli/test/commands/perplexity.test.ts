import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "@realizar/llm";
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
const text = "The sun was out and the cat sat on a mat. ".repeat(4);
let model = "";
let file = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
  file = join(folder.path, "text.txt");
  await writeFile(file, text);
});
afterAll(folder.remove);

describe("perplexity", () => {
  test("is that of the second half of each chunk, BOS first", async () => {
    const context = 32;
    const { out } = await cli(["perplexity", model, "--file", file, "--context", "32", "--format", "json"]);
    await using llm = await load(model);
    const ids = llm.tokenizer.encode(text);
    const chunks = Math.floor(ids.length / context);
    let [sum, tokens] = [0, 0];
    for (let chunk = 0; chunk < chunks; chunk++) {
      const part = [1, ...ids.slice(chunk * context + 1, (chunk + 1) * context)];
      const rows = await llm.evaluate(part, { topLogprobs: llm.description.vocabSize });
      for (let i = context / 2; i < context - 1; i++) {
        sum -= rows[i]!.find(([id]) => id === part[i + 1])![1];
        tokens++;
      }
    }
    const found = JSON.parse(out);
    expect(found.tokens).toBe(tokens);
    expect(found.perplexity).toBeCloseTo(Math.exp(sum / tokens), 4);
  });

  test("text names the figure, and progress goes to standard error", async () => {
    const { out, err } = await cli(["perplexity", model, "--file", file, "--context", "32", "--chunks", "2"]);
    expect(out).toMatch(/^perplexity [\d.]+ over 30 tokens\n$/);
    expect(err).toMatch(/^\[1\/2\] [\d.]+\n\[2\/2\] [\d.]+\n$/);
  });

  test("a text shorter than a chunk is refused with both numbers", async () => {
    await writeFile(join(folder.path, "short.txt"), "hi");
    const { status, err } = await cli([
      "perplexity",
      model,
      "--file",
      join(folder.path, "short.txt"),
      "--context",
      "64",
    ]);
    expect(status).toBe(2);
    expect(err).toMatch(/the text has \d tokens, fewer than one chunk of 64/);
  });

  test("a chunk longer than the model's context is refused", async () => {
    const { status, err } = await cli(["perplexity", model, "--file", file]);
    expect(status).toBe(2);
    expect(err).toContain("the model's context is 256 tokens: give --context at most that");
  });

  test("stops at an interruption", async () => {
    const signal = AbortSignal.abort(new Error("stop"));
    expect((await cli(["perplexity", model, "--file", file, "--context", "32"], { signal })).status).toBe(
      130,
    );
  });
});
