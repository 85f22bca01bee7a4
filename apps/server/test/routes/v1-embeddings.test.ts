import { describe, expect, test } from "bun:test";
import { TOY_WIDTH, toyHidden } from "../toy-model.ts";
import { toyServer } from "../toy-server.ts";
import { FIRST_BYTE } from "../toy-tokenizer.ts";

const { ask } = toyServer();
const embed = async (body: object) => (await ask("/v1/embeddings", body)).json();
const vectorsOf = ({ data }: { data: { embedding: number[] }[] }) => data.map(({ embedding }) => embedding);

const idsOf = (text: string) => [0, ...Array.from(text, (letter) => FIRST_BYTE + letter.charCodeAt(0))];
const unit = (vector: readonly number[]) => {
  const length = Math.hypot(...vector);
  return vector.map((value) => expect.closeTo(value / length, 5));
};
const mean = (ids: readonly number[]) =>
  toyHidden(0).map((_, i) => ids.reduce((sum, id) => sum + toyHidden(id)[i]!, 0) / ids.length);

describe("/v1/embeddings", () => {
  test("answers a text in OpenAI's form: the mean of its hidden states, of length 1", async () => {
    expect(await embed({ model: "toy", input: "abc" })).toEqual({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: unit(mean(idsOf("abc"))) }],
      model: "toy",
      usage: { prompt_tokens: 4, total_tokens: 4 },
    });
  });

  test("takes texts, ids and lists of ids, in order", async () => {
    const texts = await embed({ input: ["abc", "x", "abc"] });
    expect(texts.data.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(texts.usage).toEqual({ prompt_tokens: 10, total_tokens: 10 });
    const [abc, x] = vectorsOf(texts);
    expect(vectorsOf(texts)).toEqual([abc!, x!, abc!]);
    expect(vectorsOf(await embed({ input: idsOf("abc") }))).toEqual([abc!]);
    expect(vectorsOf(await embed({ input: [idsOf("x"), idsOf("abc")] }))).toEqual([x!, abc!]);
  });

  test("more texts than the engine runs at once are all answered", async () => {
    const { ask: narrow } = toyServer({}, { engine: { maxRunning: 2, maxWaiting: 1 } });
    const input = Array.from({ length: 60 }, (_, i) => `text ${i}`);
    const answer = await (await narrow("/v1/embeddings", { input })).json();
    expect(vectorsOf(answer)).toEqual(vectorsOf(await embed({ input })));
  });

  test("base64 is the same numbers as float32", async () => {
    const { data } = await embed({ input: ["abc", "x"], encoding_format: "base64" });
    const decoded = data.map(({ embedding }: { embedding: string }) =>
      Array.from(new Float32Array(Uint8Array.from(atob(embedding), (c) => c.charCodeAt(0)).buffer)),
    );
    expect(decoded).toEqual(vectorsOf(await embed({ input: ["abc", "x"], encoding_format: "float" })));
  });

  test("dimensions cut the vector and scale it again", async () => {
    const input = "abc";
    const [whole] = vectorsOf(await embed({ input }));
    const [cut] = vectorsOf(await embed({ input, dimensions: 2 }));
    expect(cut).toEqual(unit(whole!.slice(0, 2)));
    expect(vectorsOf(await embed({ input, dimensions: TOY_WIDTH }))).toEqual([unit(whole!)]);
    const { error } = await embed({ input, dimensions: 5 });
    expect(error).toMatchObject({
      message: "dimensions must be an integer from 1 to 4, but is 5",
      param: "dimensions",
    });
  });

  test("pools as the model's file says, or as asked", async () => {
    const { ask: encoder } = toyServer({}, { causal: false, pooling: "last" });
    const at = async (more: object) =>
      vectorsOf(await (await encoder("/v1/embeddings", { input: "abc", ...more })).json())[0];
    const ids = idsOf("abc");
    expect(await at({})).toEqual(unit(toyHidden(ids.at(-1)!)));
    expect(await at({ pooling: "cls" })).toEqual(unit(toyHidden(ids[0]!)));
    expect(await at({ pooling: "mean" })).toEqual(unit(mean(ids)));
  });

  test("what other clients send by default is taken", async () => {
    const answer = await embed({ input: "abc", user: "someone", encoding_format: null, dimensions: null });
    expect(answer.data).toHaveLength(1);
  });

  test.each<[object, string, string]>([
    [{}, "input is required", "input"],
    [{ input: "" }, "input must be a non-empty string", "input"],
    [{ input: [] }, "input must be a non-empty string", "input"],
    [{ input: ["a", ""] }, "input must be a non-empty string", "input"],
    [{ input: [1, "a"] }, "input must be a non-empty string", "input"],
    [{ input: 5 }, "input must be a non-empty string", "input"],
    [{ input: [[]] }, "input must be a non-empty string", "input"],
    [{ input: [999] }, "input must consist of token ids from 0 to 258, but has 999", "input"],
    [
      { input: "a", encoding_format: "hex" },
      "encoding_format must be one of float, base64",
      "encoding_format",
    ],
    [{ input: "a", dimensions: 0 }, "dimensions must be an integer from 1", "dimensions"],
    [{ input: "a", pooling: "max" }, "pooling must be one of mean, cls, last", "pooling"],
    [{ input: "a", instruct: "x" }, 'Unknown field "instruct"', "instruct"],
  ])("refuses %o", async (body, message, param) => {
    const response = await ask("/v1/embeddings", body);
    expect(response.status).toBe(400);
    const { error } = await response.json();
    expect(error).toMatchObject({ type: "invalid_request_error", param });
    expect(error.message).toStartWith(message);
  });

  test("refuses a text longer than the context, and more texts than the limit", async () => {
    const { error } = await embed({ input: ["a", "a".repeat(256)] });
    expect(error).toMatchObject({ type: "exceed_context_size_error", n_prompt_tokens: 257, n_ctx: 256 });
    const few = toyServer({ limits: { embeddingInputs: 2 } });
    const many = await (await few.ask("/v1/embeddings", { input: ["a", "b", "c"] })).json();
    expect(many.error.message).toContain("at most 2 entries");
  });

  test("an encoder generates nothing, and says so", async () => {
    const { ask: encoder } = toyServer({}, { causal: false });
    const response = await encoder("/v1/completions", { prompt: "a" });
    expect(response.status).toBe(400);
    expect((await response.json()).error.message).toContain("encoder");
  });

  test("is counted", async () => {
    const counted = toyServer();
    await counted.ask("/v1/embeddings", { input: ["abc", "x"] });
    const metrics = await (await counted.ask("/metrics")).text();
    expect(metrics).toContain("\nrealizar_embeddings_total 2\n");
    expect(metrics).toContain("\nrealizar_prompt_tokens_total 6\n");
  });
});

describe("Ollama's embeddings", () => {
  const post = async (path: string, body: object) => (await ask(path, body)).json();

  test("/api/embed gives vectors of length 1", async () => {
    const answer = await post("/api/embed", { model: "toy:latest", input: ["abc", "x"], keep_alive: "5m" });
    expect(answer).toEqual({
      model: "toy:latest",
      embeddings: [unit(mean(idsOf("abc"))), unit(mean(idsOf("x")))],
      total_duration: expect.any(Number),
      load_duration: expect.any(Number),
      prompt_eval_count: 6,
    });
    expect((await post("/api/embed", { model: "toy", input: "abc" })).embeddings).toHaveLength(1);
    expect(
      (await post("/api/embed", { model: "toy", input: "abc", dimensions: 3 })).embeddings[0],
    ).toHaveLength(3);
    expect((await post("/api/embed", { model: "toy" })).embeddings).toEqual([]);
  });

  test("texts longer than the context are cut, unless they are not to be", async () => {
    const long = "a".repeat(300);
    const { embeddings, prompt_eval_count } = await post("/api/embed", { model: "toy", input: long });
    expect(prompt_eval_count).toBe(256);
    expect(embeddings).toEqual([unit(mean(idsOf(long).slice(0, 256)))]);
    const refused = await post("/api/embed", { model: "toy", input: long, truncate: false });
    expect(refused.error).toContain("301 tokens");
  });

  test("/api/embeddings gives one vector as it is, or loads the model", async () => {
    const { embedding } = await post("/api/embeddings", { model: "toy", prompt: "abc" });
    expect(embedding).toEqual(mean(idsOf("abc")).map((value) => expect.closeTo(value, 3)));
    expect(await post("/api/embeddings", { model: "toy", prompt: "" })).toEqual({ embedding: [] });
  });
});
