import { describe, expect, test } from "bun:test";
import { toyServer } from "../toy-server.ts";

const { ask } = toyServer({
  models: [
    { id: "toy", path: "t" },
    { id: "other", path: "o" },
  ],
});

describe("/generate", () => {
  test("continues the prompt greedily by default", async () => {
    const response = await ask("/generate", { prompt: "ab", max_tokens: 3, seed: 7 });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      token_ids: [0, 100, 101, 102, 103, 104],
      text: "abcde",
      num_generated: 3,
      finish_reason: "length",
      seed: 7,
    });
  });

  test("makes 50 tokens by default and reports a fresh seed", async () => {
    const answers = await Promise.all(
      [1, 2].map(async () => (await ask("/generate", { prompt: "a" })).json()),
    );
    for (const { num_generated, seed } of answers) {
      expect(num_generated).toBe(50);
      expect(Number.isSafeInteger(seed)).toBe(true);
    }
    expect(answers[0].seed).not.toBe(answers[1].seed);
  });

  test("ends at EOS, which is not part of the answer", async () => {
    const answer = await (await ask("/generate", { prompt: "a!" })).json();
    expect(answer).toMatchObject({ text: "a!", num_generated: 0, finish_reason: "stop" });
  });

  test.each([["ef"], [["zz", "ef"]]])("stops before the stop string %j", async (stop) => {
    const answer = await (await ask("/generate", { prompt: "ab", stop })).json();
    expect(answer).toMatchObject({ text: "abcd", finish_reason: "stop", num_generated: 4 });
    expect(answer.token_ids).toHaveLength(1 + 2 + 4);
  });

  test("max_tokens 0 makes nothing", async () => {
    const answer = await (await ask("/generate", { prompt: "ab", max_tokens: 0 })).json();
    expect(answer).toMatchObject({ text: "ab", num_generated: 0, finish_reason: "length" });
  });

  test("max_tokens may be the context's size, and the context's end ends it", async () => {
    const answer = await (await ask("/generate", { prompt: "ab", max_tokens: 256 })).json();
    expect(answer.finish_reason).toBe("length");
    expect(answer.token_ids).toHaveLength(256);
  });

  test("the same seed gives the same tokens; another seed others", async () => {
    const body = { prompt: "a", strategy: "top_k", top_k: 200, temperature: 50, seed: 1 };
    const [first, again, other] = await Promise.all(
      [body, body, { ...body, seed: 2 }].map(async (each) => (await ask("/generate", each)).json()),
    );
    expect(again).toEqual(first);
    expect(other.token_ids).not.toEqual(first.token_ids);
  });

  test("strategies look only at their own parameters", async () => {
    const hot = { prompt: "ab", max_tokens: 8, temperature: 50 };
    const sure = [
      { ...hot, strategy: "greedy", top_k: 200, top_p: 1 },
      { ...hot, strategy: "top_k", top_k: 1, top_p: 1 },
      { ...hot, strategy: "top_p", top_k: 200, top_p: 0.001 },
      { ...hot, strategy: "top_k", top_k: 200, temperature: 0 },
      { ...hot, strategy: "top_k", top_k: 200, min_p: 1 },
    ];
    for (const body of sure) {
      const answer = await (await ask("/generate", body)).json();
      expect(answer.text).toBe("abcdefghij");
    }
  });

  test("penalties and biases reach the sampler", async () => {
    const biased = await (
      await ask("/generate", { prompt: "ab", max_tokens: 1, logit_bias: { 110: 50 } })
    ).json();
    expect(biased.text).toBe("abk");
    // After "abc...z" comes "a" again unless it is penalised.
    const alphabet = "abcdefghijklmnopqrstuvwxyz";
    for (const penalty of [
      { repetition_penalty: 100 },
      { presence_penalty: 50 },
      { frequency_penalty: 50 },
    ]) {
      const answer = await (await ask("/generate", { prompt: alphabet, max_tokens: 1, ...penalty })).json();
      expect(answer.text).not.toBe(`${alphabet}a`);
    }
  });

  test("text of characters that span tokens is whole", async () => {
    const answer = await (await ask("/generate", { prompt: "€", max_tokens: 6 })).json();
    expect(answer.text).toBe("€€€");
  });

  test("takes a model's name", async () => {
    expect((await ask("/generate", { prompt: "a", model_id: "other" })).status).toBe(200);
    expect((await ask("/generate", { prompt: "a", model_id: null })).status).toBe(200);
    const missing = await ask("/generate", { prompt: "a", model_id: "none" });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({
      error: 'The model "none" does not exist; this server has "toy", "other"',
    });
  });

  test("a model without BOS gets none, and a prompt then may be empty of tokens", async () => {
    const bare = toyServer({}, { addBos: false });
    const answer = await (await bare.ask("/generate", { prompt: "ab", max_tokens: 1 })).json();
    expect(answer.token_ids).toEqual([100, 101, 102]);
  });

  test.each([
    [{ prompt: "" }, "Prompt cannot be empty"],
    [{}, "prompt is required: it must be a string"],
    [{ prompt: "a", strategy: "beam" }, 'strategy must be one of greedy, top_k, top_p, but is "beam"'],
    [{ prompt: "a", temperature: -1 }, "temperature must be a number from 0 to 100, but is -1"],
    [{ prompt: "a", temperature: "hot" }, 'temperature must be a number from 0 to 100, but is "hot"'],
    [{ prompt: "a", top_k: 0 }, "top_k must be an integer from 1 to 2147483647, but is 0"],
    [{ prompt: "a", top_k: 1.5 }, "top_k must be an integer from 1 to 2147483647, but is 1.5"],
    [{ prompt: "a", top_p: 0 }, "top_p must be a number above 0 and at most 1, but is 0"],
    [{ prompt: "a", top_p: 1.1 }, "top_p must be a number above 0 and at most 1, but is 1.1"],
    [{ prompt: "a", min_p: -0.1 }, "min_p must be a number from 0 to 1, but is -0.1"],
    [
      { prompt: "a", repetition_penalty: 0 },
      "repetition_penalty must be a number from 0.01 to 100, but is 0",
    ],
    [
      { prompt: "a", presence_penalty: 101 },
      "presence_penalty must be a number from -100 to 100, but is 101",
    ],
    [
      { prompt: "a", frequency_penalty: 101 },
      "frequency_penalty must be a number from -100 to 100, but is 101",
    ],
    [{ prompt: "a", max_tokens: -1 }, "max_tokens must be an integer from 0 to 256, but is -1"],
    [{ prompt: "a", max_tokens: 257 }, "max_tokens must be an integer from 0 to 256, but is 257"],
    [
      { prompt: "a", max_tokens: null },
      "max_tokens must be an integer from 0 to the model's context size, but is null",
    ],
    [{ prompt: "a", seed: -1 }, "seed must be an integer from 0 to 9007199254740991, but is -1"],
    [{ prompt: "a", seed: 2 ** 60 }, `seed must be an integer from 0 to 9007199254740991, but is ${2 ** 60}`],
    [
      { prompt: "a", logit_bias: { 300: 1 } },
      "logit_bias must be keyed by token ids from 0 to 258, but has 300",
    ],
    [{ prompt: "a", logit_bias: { x: 1 } }, 'logit_bias must be keyed by token ids, but has "x"'],
    [{ prompt: "a", logit_bias: { "-1": 1 } }, 'logit_bias must be keyed by token ids, but has "-1"'],
    [
      { prompt: "a", logit_bias: [] },
      "logit_bias must be an object of token ids to numbers from -100 to 100, but is []",
    ],
    [{ prompt: "a", logit_bias: { 5: 101 } }, "logit_bias.5 must be a number from -100 to 100, but is 101"],
    [{ prompt: "a", stop: "" }, /^stop must be a non-empty string, or up to 16 of them/],
    [{ prompt: "a", stop: [1] }, /^stop must be a non-empty string, or up to 16 of them/],
    [{ prompt: "a", max_token: 5 }, 'Unknown field "max_token"; leave it out or correct its name'],
    [{ prompt: "a", __proto__x: 5 }, 'Unknown field "__proto__x"; leave it out or correct its name'],
    [
      { prompt: "a".repeat(256) },
      "request (257 tokens) exceeds the available context size (256 tokens), shorten the prompt or serve the model with a larger context",
    ],
  ] as [object, string | RegExp][])("%j is refused", async (body, error) => {
    for (const path of ["/generate", "/stream/generate"]) {
      const response = await ask(path, body);
      expect(response.status).toBe(400);
      expect(response.headers.get("content-type")).toBe("application/json;charset=utf-8");
      const { error: message, ...rest } = await response.json();
      if (typeof error === "string") expect(message).toBe(error);
      else expect(message).toMatch(error);
      expect(rest).toEqual({});
    }
  });

  test("the greatest seed is 2^53 - 1", async () => {
    const seed = Number.MAX_SAFE_INTEGER;
    const body = { prompt: "a", max_tokens: 4, strategy: "top_k", temperature: 50, seed };
    const answers = await Promise.all(
      [body, body].map(async (each) => (await ask("/generate", each)).json()),
    );
    expect(answers[0].seed).toBe(seed);
    expect(answers[0]).toEqual(answers[1]);
  });

  test("half a character of UTF-16 is echoed as U+FFFD", async () => {
    const { text } = await (await ask("/generate", { prompt: "\ud83dx", max_tokens: 1 })).json();
    expect(text).toBe("\ufffdxy");
  });

  test("a failing step is a 500 that names the operation; the model goes on", async () => {
    const response = await ask("/generate", { prompt: "T" });
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      error: "the forward pass failed: matmul_q4_0 trapped: unreachable",
    });
    expect((await ask("/generate", { prompt: "a" })).status).toBe(200);
  });

  test("logits that are not finite are a 500", async () => {
    const response = await ask("/generate", { prompt: "aN" });
    expect(response.status).toBe(500);
    expect((await response.json()).error).toContain("NaN");
  });

  test("a bias that forbids every token is not expressible: -100 leaves an order", async () => {
    const logit_bias = Object.fromEntries(Array.from({ length: 259 }, (_, id) => [id, -100]));
    const answer = await (await ask("/generate", { prompt: "ab", max_tokens: 1, logit_bias })).json();
    expect(answer.text).toBe("abc");
  });
});

describe("/batch/generate", () => {
  test("answers in order, each prompt from the same seed", async () => {
    const response = await ask("/batch/generate", { prompts: ["a", "x"], max_tokens: 2, seed: 3 });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      results: [
        { token_ids: [0, 100, 101, 102], text: "abc", num_generated: 2, finish_reason: "length", seed: 3 },
        { token_ids: [0, 123, 124, 125], text: "xyz", num_generated: 2, finish_reason: "length", seed: 3 },
      ],
    });
  });

  test("is what each prompt gets alone", async () => {
    const settings = { strategy: "top_p", temperature: 30, top_p: 1, seed: 11, max_tokens: 20 };
    const prompts = ["a", "hello", "€", "zz"];
    const { results } = await (await ask("/batch/generate", { prompts, ...settings })).json();
    const alone = await Promise.all(
      prompts.map(async (prompt) => (await ask("/generate", { prompt, ...settings })).json()),
    );
    expect(results).toEqual(alone);
  });

  test("a bad item is an error in its place", async () => {
    const prompts = ["a", "", 5, "b".repeat(300)];
    const { results } = await (await ask("/batch/generate", { prompts, max_tokens: 1 })).json();
    expect(results.map((result: object) => Object.keys(result))).toEqual([
      ["token_ids", "text", "num_generated", "finish_reason", "seed"],
      ["error"],
      ["error"],
      ["error"],
    ]);
    expect(results[1].error).toBe("Prompt cannot be empty");
    expect(results[3].error).toContain("301 tokens");
  });

  test.each([
    [{ prompts: [] }, "Prompts array cannot be empty"],
    [{ prompts: [""] }, "Prompt cannot be empty"],
    [{ prompts: ["", ""] }, "All 2 prompts are bad; the first: Prompt cannot be empty"],
    [{ prompts: ["a"], temperature: -1 }, "temperature must be a number from 0 to 100, but is -1"],
    [{ prompts: ["a"], max_tokens: 1000 }, "max_tokens must be an integer from 0 to 256, but is 1000"],
    [{ prompts: ["a"], stream: true }, 'Unknown field "stream"; leave it out or correct its name'],
    [{}, "prompts is required: it must be an array of strings"],
  ])("%j is refused", async (body, error) => {
    const response = await ask("/batch/generate", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error });
  });

  test("a fault of the server fails the batch", async () => {
    const response = await ask("/batch/generate", { prompts: ["a", "T"] });
    expect(response.status).toBe(500);
  });
});
