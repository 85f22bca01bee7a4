import { describe, expect, test } from "bun:test";
import { allEvents, toyServer, turnstile } from "../toy-server.ts";

const TEMPLATE =
  "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[x]a{% endif %}";
const THINKING = `${TEMPLATE}{# <think> </think> #}`;

const { ask } = toyServer({}, { chatTemplate: TEMPLATE });
const messages = [{ role: "user", content: "hi" }];
const json = async (response: Response) => response.json();
const chat = async (body: object) => json(await ask("/v1/chat/completions", { messages, ...body }));
const complete = async (body: object) => json(await ask("/v1/completions", body));

describe("/v1/models", () => {
  test("lists the models", async () => {
    const { object, data } = await json(await ask("/v1/models"));
    expect(object).toBe("list");
    expect(data).toEqual([{ id: "toy", object: "model", created: expect.any(Number), owned_by: "realizar" }]);
    expect(await json(await ask("/v1/models/toy"))).toEqual(data[0]);
  });

  test("tells of an unknown one in OpenAI's form", async () => {
    const response = await ask("/v1/models/a%2Fb");
    expect(response.status).toBe(404);
    expect(await json(response)).toEqual({
      error: {
        message: 'The model "a/b" does not exist; this server has "toy"',
        type: "invalid_request_error",
        param: "model",
        code: "model_not_found",
      },
    });
  });
});

describe("/v1/chat/completions", () => {
  test("answers a conversation", async () => {
    const answer = await chat({ model: "toy", max_tokens: 4, temperature: 0 });
    expect(answer).toEqual({
      id: expect.stringMatching(/^chatcmpl-[0-9a-f]{32}$/),
      object: "chat.completion",
      created: expect.any(Number),
      model: "toy",
      system_fingerprint: "realizar-1.2.3",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: "bcde", refusal: null },
          logprobs: null,
          finish_reason: "length",
        },
      ],
      usage: {
        prompt_tokens: 13,
        completion_tokens: 4,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 0 },
      },
    });
  });

  test("generates to the context's end where no limit is given; max_completion_tokens goes before max_tokens", async () => {
    const full = await chat({ temperature: 0 });
    expect(full.usage.total_tokens).toBe(256);
    const short = await chat({ temperature: 0, max_tokens: 9, max_completion_tokens: 2 });
    expect(short.usage.completion_tokens).toBe(2);
    const long = await chat({ temperature: 0, max_tokens: 100_000 });
    expect(long.choices[0].finish_reason).toBe("length");
  });

  test("counts the prompt tokens a repeated prefix saves", async () => {
    const long = [{ role: "user", content: "once upon a time there was a page" }];
    await chat({ messages: long, max_tokens: 1 });
    const { usage } = await chat({ messages: long, max_tokens: 1 });
    expect(usage.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(32);
  });

  test("choices of one prompt are no cache hits of each other", async () => {
    const fresh = [{ role: "user", content: "a conversation that nobody has had before now" }];
    const first = await chat({ messages: fresh, n: 3, max_tokens: 2 });
    expect(first.usage.prompt_tokens_details.cached_tokens).toBe(0);
    const events = await allEvents(
      await ask("/v1/chat/completions", {
        ...{ messages: fresh, n: 3, max_tokens: 2 },
        ...{ stream: true, stream_options: { include_usage: true } },
      }),
    );
    const { usage } = JSON.parse(events.at(-2)!.data);
    expect(usage.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(32);
    expect(usage).toMatchObject({ prompt_tokens: first.usage.prompt_tokens, completion_tokens: 6 });
    const prompts = ["first prompt of the two, long enough", "second prompt of the two, long enough"];
    const body = { prompt: prompts, n: 2, max_tokens: 1 };
    expect((await complete(body)).usage.prompt_tokens_details.cached_tokens).toBe(0);
    const again = await complete(body);
    expect(again.usage.prompt_tokens_details.cached_tokens).toBeGreaterThanOrEqual(64);
    expect(again.usage.prompt_tokens_details.cached_tokens).toBeLessThan(again.usage.prompt_tokens);
  });

  test("n choices differ by consecutive seeds and are what each seed gives alone", async () => {
    const body = { temperature: 2, max_tokens: 20, seed: 40, logit_bias: { 1: -100 } };
    const { choices, usage } = await chat({ ...body, n: 3 });
    expect(choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(usage.completion_tokens).toBe(60);
    for (const [i, choice] of choices.entries()) {
      const alone = await chat({ ...body, seed: 40 + i });
      expect(choice.message).toEqual(alone.choices[0].message);
    }
  });

  test("logprobs come with each token", async () => {
    const { choices } = await chat({ temperature: 0, max_tokens: 2, logprobs: true, top_logprobs: 3 });
    const { content, refusal } = choices[0].logprobs;
    expect(refusal).toBeNull();
    expect(content).toHaveLength(2);
    for (const [i, letter] of ["b", "c"].entries()) {
      const entry = content[i];
      expect(entry).toMatchObject({ token: letter, bytes: [letter.charCodeAt(0)] });
      expect(entry.top_logprobs).toHaveLength(3);
      expect(entry.top_logprobs[0]).toEqual({ token: letter, logprob: entry.logprob, bytes: entry.bytes });
      expect(entry.logprob).toBeLessThan(0);
    }
    const without = await chat({ temperature: 0, max_tokens: 1, logprobs: true });
    expect(without.choices[0].logprobs.content[0].top_logprobs).toEqual([]);
  });

  test("roles, parts and names reach the template", async () => {
    const prompt = await json(
      await ask("/apply-template", {
        messages: [
          { role: "developer", content: "be" },
          {
            role: "user",
            content: [
              { type: "text", text: "a" },
              { type: "text", text: "b" },
            ],
            name: "x",
          },
          { role: "assistant", content: null, reasoning_content: "hm" },
        ],
      }),
    );
    expect(prompt).toEqual({ prompt: "[system]be[user]ab[assistant][x]a" });
    const bare = await json(await ask("/apply-template", { messages, add_generation_prompt: false }));
    expect(bare).toEqual({ prompt: "[user]hi" });
  });

  test("variables reach the template", async () => {
    const server = toyServer({}, { chatTemplate: "{{ messages[0].content }}{{ end }}" });
    const body = { messages, max_tokens: 1, temperature: 0, chat_template_kwargs: { end: "x" } };
    const { choices } = await json(await server.ask("/v1/chat/completions", body));
    expect(choices[0].message.content).toBe("y");
  });

  test("reasoning_effort reaches templates that know it; others refuse it", async () => {
    const body = { messages, max_tokens: 1, temperature: 0 };
    const told = async (chatTemplate: string, effort: string, more: object = {}) => {
      const server = toyServer({}, { chatTemplate });
      const response = await server.ask("/v1/chat/completions", {
        ...body,
        reasoning_effort: effort,
        ...more,
      });
      const { choices, error } = await json(response);
      return choices?.[0].message.content ?? error;
    };
    expect(await told("{{ reasoning_effort[0] }}", "low")).toBe("m");
    expect(await told("{{ 'a' if enable_thinking else 'b' }}", "none")).toBe("c");
    expect(
      await told("{{ reasoning_effort[0] }}", "low", { chat_template_kwargs: { reasoning_effort: "x" } }),
    ).toBe("y");
    expect(await told(TEMPLATE, "low")).toMatchObject({
      message: "reasoning_effort is not supported by the model's chat template; leave it out",
      param: "reasoning_effort",
    });
    expect(await told(TEMPLATE, "most")).toMatchObject({ param: "reasoning_effort" });
    const ollama = toyServer({}, { chatTemplate: "{{ reasoning_effort[0] }}" });
    const think = { model: "toy", messages, stream: false, options: { temperature: 0, num_predict: 1 } };
    const answer = await json(await ollama.ask("/api/chat", { ...think, think: "high" }));
    expect(answer.message.content).toBe("i");
  });

  test("the prompt's own BOS is not doubled", async () => {
    const server = toyServer({}, { chatTemplate: "{{ bos_token }}{{ messages[0].content }}{{ eos_token }}" });
    const { usage } = await json(await server.ask("/v1/chat/completions", { messages, max_tokens: 1 }));
    expect(usage.prompt_tokens).toBe(4);
  });

  test("reasoning is told apart from content", async () => {
    const server = toyServer({}, { chatTemplate: `${TEMPLATE}<think>{# </think> #}` });
    const body = { messages, temperature: 0, max_tokens: 3 };
    const { choices } = await json(await server.ask("/v1/chat/completions", body));
    expect(choices[0].message).toMatchObject({ content: "", reasoning_content: "abc" });
    const events = await allEvents(await server.ask("/v1/chat/completions", { ...body, stream: true }));
    const deltas = events.slice(0, -1).map(({ data }) => JSON.parse(data).choices[0].delta);
    expect(deltas.map((delta) => delta.reasoning_content ?? "").join("")).toBe("abc");
    expect(deltas.map((delta) => delta.content ?? "").join("")).toBe("");
  });

  test("a template that merely knows reasoning leaves content alone", async () => {
    const server = toyServer({}, { chatTemplate: THINKING });
    const { choices } = await json(
      await server.ask("/v1/chat/completions", { messages, temperature: 0, max_tokens: 3 }),
    );
    expect(choices[0].message.content).toBe("bcd");
  });

  test("streams chunks, the usage and [DONE]", async () => {
    const response = await ask("/v1/chat/completions", {
      messages,
      temperature: 0,
      max_tokens: 2,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = await allEvents(response);
    expect(events.every(({ event }) => event === "")).toBe(true);
    expect(events.pop()!.data).toBe("[DONE]");
    const chunks = events.map(({ data }) => JSON.parse(data));
    for (const chunk of chunks) {
      expect(chunk).toMatchObject({ id: chunks[0].id, object: "chat.completion.chunk", model: "toy" });
    }
    const choice = (delta: object, finish_reason: string | null = null) => [
      { index: 0, delta, logprobs: null, finish_reason },
    ];
    expect(chunks.map(({ choices }) => choices)).toEqual([
      choice({ role: "assistant", content: "" }),
      choice({ content: "b" }),
      choice({ content: "c" }),
      choice({}, "length"),
      [],
    ]);
    expect(chunks.map(({ usage }) => usage?.total_tokens ?? usage)).toEqual([null, null, null, null, 15]);
  });

  test("streamed choices and log-probabilities are those of the whole answer", async () => {
    const body = {
      messages,
      temperature: 2,
      max_tokens: 12,
      seed: 3,
      n: 2,
      logprobs: true,
      top_logprobs: 1,
      stop: ["e"],
    };
    const whole = await chat(body);
    const events = await allEvents(await ask("/v1/chat/completions", { ...body, stream: true }));
    const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data));
    expect(chunks.every((chunk) => !("usage" in chunk))).toBe(true);
    for (const { index, message, logprobs, finish_reason } of whole.choices) {
      const own = chunks.map(({ choices }) => choices[0]).filter((choice) => choice.index === index);
      expect(own.map(({ delta }) => delta.content ?? "").join("")).toBe(message.content);
      expect(own.flatMap((choice) => choice.logprobs?.content ?? [])).toEqual(logprobs.content);
      expect(own.at(-1).finish_reason).toBe(finish_reason);
    }
  });

  test("an error after the start is the last event", async () => {
    let steps = 0;
    const server = toyServer(
      {},
      {
        chatTemplate: TEMPLATE,
        beforeStep() {
          if (++steps === 2) throw new Error("rope trapped");
        },
      },
    );
    const events = await allEvents(await server.ask("/v1/chat/completions", { messages, stream: true }));
    expect(JSON.parse(events.pop()!.data)).toEqual({
      error: {
        message: "the forward pass failed: rope trapped",
        type: "server_error",
        param: null,
        code: null,
      },
    });
    expect(events.some(({ data }) => data === "[DONE]")).toBe(false);
  });

  test("neutral values are taken", async () => {
    const answer = await chat({
      model: null,
      temperature: 0,
      max_tokens: 1,
      n: 1,
      user: "u",
      store: false,
      tools: [],
      tool_choice: "auto",
      parallel_tool_calls: true,
      functions: null,
      function_call: "none",
      response_format: { type: "text" },
      modalities: ["text"],
      metadata: { a: "b" },
      service_tier: "auto",
      verbosity: "medium",
      reasoning_effort: null,
      prediction: null,
      audio: null,
      logit_bias: {},
      stop: null,
      seed: null,
      logprobs: false,
      top_logprobs: null,
      frequency_penalty: 0,
      presence_penalty: 0,
      top_p: 1,
      stream: false,
      stream_options: null,
      prompt_cache_key: "k",
      safety_identifier: "s",
    });
    expect(answer.choices[0].message.content).toBe("b");
  });

  test.each([
    [{ tools: [{}] }, "tools[0].type", /^tools\[0\].type is required: it must be "function"/],
    [
      { tools: [{ type: "function", function: { name: "a b" } }] },
      "tools[0].function.name",
      /^tools\[0\].function.name must be 1 to 64 letters/,
    ],
    [
      { tools: [{ type: "function", function: { name: "f", strict: true } }] },
      "tools[0].function.strict",
      /^tools\[0\].function.strict is not supported; leave it out or send null or false/,
    ],
    [
      { tools: [{ type: "function", function: { name: "f" } }] },
      "tools",
      /^tools is not supported by the chat template of the model "toy"/,
    ],
    [
      { max_tokens: -1 },
      "max_tokens",
      "max_tokens must be 0 or more, of which the context allows up to 256, but is -1",
    ],
    [
      { max_completion_tokens: -2 },
      "max_completion_tokens",
      "max_completion_tokens must be 0 or more, of which the context allows up to 256, but is -2",
    ],
    [{ logit_bias: { x: 1 } }, "logit_bias", 'logit_bias must be keyed by token ids, but has "x"'],
    [{ seed: -1 }, "seed", "seed must be an integer from 0 to 9007199254740991, but is -1"],
    [
      { tool_choice: { type: "function", function: { name: "f" } } },
      "tool_choice",
      /^tool_choice is not supported/,
    ],
    [{ response_format: { type: "json_object" } }, "response_format", /^response_format is not supported/],
    [{ tool_choice: "required" }, "tool_choice", /^tool_choice is not supported/],
    [{ store: true }, "store", /^store is not supported/],
    [{ audio: {} }, "audio", /^audio is not supported/],
    [{ best_of: 2 }, "best_of", 'Unknown field "best_of"; leave it out or correct its name'],
    [{ temperature: 3 }, "temperature", "temperature must be a number from 0 to 2, but is 3"],
    [{ n: 0 }, "n", "n must be an integer from 1 to 128, but is 0"],
    [
      { stream_options: { include_usage: true } },
      "stream_options",
      "stream_options must be left out unless stream is true",
    ],
    [{ top_logprobs: 2 }, "top_logprobs", "top_logprobs must be left out unless logprobs is true"],
    [{ top_logprobs: 21 }, "top_logprobs", "top_logprobs must be an integer from 0 to 20, but is 21"],
    [{ messages: [] }, "messages", "messages must be an array of at least one message, but is []"],
    [{ messages: 1 }, "messages", "messages must be an array of messages, but is 1"],
    [{ messages: [{ role: "pope", content: "" }] }, "messages[0].role", /^messages\[0\].role must be one of/],
    [
      { messages: [{ role: "user", content: [{ type: "image_url", image_url: {} }] }] },
      "messages[0].content",
      /^messages\[0\].content must be a string or an array of text parts/,
    ],
    [
      { messages: [{ role: "user", content: "a", x: 1 }] },
      "messages[0].x",
      /^Unknown field "messages\[0\].x"/,
    ],
  ] as [object, string, string | RegExp][])("%j is refused by name", async (body, param, message) => {
    const response = await ask("/v1/chat/completions", { messages, ...body });
    expect(response.status).toBe(400);
    const { error } = await json(response);
    expect(error).toMatchObject({ type: "invalid_request_error", param, code: null });
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  test("a conversation longer than the context is told with both numbers", async () => {
    const response = await ask("/v1/chat/completions", {
      messages: [{ role: "user", content: "a".repeat(300) }],
    });
    expect(response.status).toBe(400);
    expect(await json(response)).toEqual({
      error: {
        message:
          "request (311 tokens) exceeds the available context size (256 tokens), shorten the prompt or serve the model with a larger context",
        type: "exceed_context_size_error",
        param: null,
        code: 400,
        n_prompt_tokens: 311,
        n_ctx: 256,
      },
    });
  });

  test("a model without a template cannot chat, and a template may refuse", async () => {
    const bare = await toyServer().ask("/v1/chat/completions", { messages });
    expect(bare.status).toBe(400);
    expect((await json(bare)).error.message).toContain("has no chat template");
    const strict = toyServer({}, { chatTemplate: "{{ raise_exception('only poems') }}" });
    const refused = await strict.ask("/v1/chat/completions", { messages });
    expect(refused.status).toBe(400);
    expect((await json(refused)).error.message).toContain("only poems");
    const broken = toyServer({}, { chatTemplate: "{% if %}" });
    expect((await broken.ask("/v1/chat/completions", { messages })).status).toBe(500);
  });

  test("leaving cancels every choice", async () => {
    const gate = turnstile();
    const server = toyServer({}, { chatTemplate: TEMPLATE, beforeStep: gate.pass });
    gate.open(2);
    const response = await server.ask("/v1/chat/completions", { messages, n: 2, stream: true });
    await response.body!.cancel();
    const passed = gate.passed;
    gate.open();
    await server.server.close();
    expect(gate.passed - passed).toBeLessThanOrEqual(2);
  });
});

describe("tools", () => {
  const WITH_TOOLS =
    "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% for c in m.tool_calls or [] %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}{% endfor %}{% for t in tools or [] %}{{ t.function.name }};{% endfor %}{# </think> #}{% if add_generation_prompt %}~{% endif %}";
  const says = [
    ..."Well. ",
    "<tool_call>",
    '{"name": "weather", "arguments": ',
    '{"city": "Oslo"}}',
    "</tool_call>",
    '<tool_call>{"name": "time", "arguments": {}}</tool_call>',
  ];
  const tools = ["weather", "time"].map((name) => ({
    type: "function",
    function: { name, description: "d", parameters: { type: "object", properties: {} }, strict: false },
  }));
  const control = ["<tool_call>", "</tool_call>"];
  const speaker = toyServer({}, { chatTemplate: WITH_TOOLS, says, control });
  const body = { messages, tools, temperature: 0 };
  const askChat = async (more: object) =>
    json(await speaker.ask("/v1/chat/completions", { ...body, ...more }));
  const call = (name: string, args: string) => ({
    id: expect.stringMatching(/^\w{9}$/),
    type: "function",
    function: { name, arguments: args },
  });
  const calls = [call("weather", '{"city": "Oslo"}'), call("time", "{}")];

  test("calls are told apart from content", async () => {
    const { choices } = await askChat({});
    expect(choices[0]).toEqual({
      index: 0,
      message: { role: "assistant", content: "Well.", tool_calls: calls, refusal: null },
      logprobs: null,
      finish_reason: "tool_calls",
    });
  });

  test("an answer of calls only has no content", async () => {
    const { ask: terse } = toyServer({}, { chatTemplate: WITH_TOOLS, says: says.slice(6), control });
    const { choices } = await json(await terse("/v1/chat/completions", body));
    expect(choices[0].message).toEqual({
      role: "assistant",
      content: null,
      tool_calls: calls,
      refusal: null,
    });
  });

  test("they stream as deltas, each whole, with its index", async () => {
    const events = await allEvents(
      await speaker.ask("/v1/chat/completions", { ...body, stream: true, n: 2 }),
    );
    const chunks = events.slice(0, -1).map(({ data }) => JSON.parse(data).choices[0]);
    for (const index of [0, 1]) {
      const own = chunks.filter((choice) => choice.index === index);
      expect(own.map(({ delta }) => delta.content ?? "").join("")).toBe("Well.");
      expect(own.flatMap(({ delta }) => delta.tool_calls ?? [])).toEqual(
        calls.map((each, i) => ({ ...each, index: i })),
      );
      expect(own.at(-1)).toMatchObject({ delta: {}, finish_reason: "tool_calls" });
    }
  });

  test("parallel_tool_calls: false leaves the first", async () => {
    const { choices } = await askChat({ parallel_tool_calls: false });
    expect(choices[0].message.tool_calls).toEqual(calls.slice(0, 1));
  });

  test("whoever may not call is told of no tools, and what looks like a call is content", async () => {
    const plain = says.filter((piece) => !control.includes(piece)).join("");
    for (const more of [{ tool_choice: "none" }, { tools: [] }, { tools: null }]) {
      const { choices, usage } = await askChat(more);
      expect(choices[0]).toMatchObject({ message: { content: plain }, finish_reason: "stop" });
      expect(choices[0].message.tool_calls).toBeUndefined();
      const told = await askChat({ tool_choice: "auto" });
      expect(told.usage.prompt_tokens - usage.prompt_tokens).toBe("weather;time;".length);
    }
  });

  test("an answer cut short says so", async () => {
    const { choices } = await askChat({ max_tokens: 8 });
    expect(choices[0].finish_reason).toBe("length");
    expect(choices[0].message.tool_calls).toBeUndefined();
  });

  test("calls and their results go back into the conversation", async () => {
    const history = [
      ...messages,
      {
        role: "assistant",
        content: null,
        tool_calls: [{ ...call("weather", ""), id: "c1", function: { name: "weather", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c1", content: "rain" },
    ];
    const { prompt } = await json(await speaker.ask("/apply-template", { messages: history }));
    expect(prompt).toContain('<tool_call>{"name": "weather", "arguments": {}}</tool_call>[tool]rain~');
    expect((await askChat({ messages: history })).choices[0].finish_reason).toBe("tool_calls");
  });

  test("Ollama's clients get theirs", async () => {
    const ollama = { model: "toy", messages, tools, options: { temperature: 0 } };
    const expected = [
      { function: { name: "weather", arguments: { city: "Oslo" } } },
      { function: { name: "time", arguments: {} } },
    ];
    const whole = await json(await speaker.ask("/api/chat", { ...ollama, stream: false }));
    expect(whole.message).toEqual({ role: "assistant", content: "Well.", tool_calls: expected });
    const lines = (await (await speaker.ask("/api/chat", ollama)).text()).trim().split("\n");
    expect(lines.flatMap((line) => JSON.parse(line).message.tool_calls ?? [])).toEqual(expected);
    const history = [
      ...messages,
      { role: "assistant", content: "", tool_calls: expected },
      { role: "tool", content: "rain", tool_name: "weather" },
    ];
    const again = await speaker.ask("/api/chat", { ...ollama, messages: history, stream: false });
    expect(again.status).toBe(200);
    const { capabilities } = await json(await speaker.ask("/api/show", { model: "toy" }));
    expect(capabilities).toEqual(["completion", "tools", "thinking"]);
  });
});

describe("/v1/completions", () => {
  test("continues a text, 16 tokens by default", async () => {
    const answer = await complete({ prompt: "ab", temperature: 0 });
    expect(answer).toMatchObject({
      id: expect.stringMatching(/^cmpl-/),
      object: "text_completion",
      choices: [{ index: 0, text: "cdefghijklmnopqr", logprobs: null, finish_reason: "length" }],
      usage: { prompt_tokens: 3, completion_tokens: 16, total_tokens: 19 },
    });
  });

  test.each([
    ["ab", ["cd"]],
    [
      ["ab", "x"],
      ["cd", "yz"],
    ],
    [[0, 100, 101], ["cd"]],
    [
      [[0, 100], [123]],
      ["bc", "yz"],
    ],
    ["", ["ab"]],
  ])("takes the prompt %j", async (prompt, texts) => {
    const { choices } = await complete({ prompt, temperature: 0, max_tokens: 2 });
    expect(choices.map(({ text }: { text: string }) => text)).toEqual(texts);
  });

  test("ignore_eos goes on after an end", async () => {
    const ended = await complete({ prompt: "!", temperature: 0, max_tokens: 3 });
    expect(ended.choices[0]).toMatchObject({ text: "", finish_reason: "stop" });
    const on = await complete({ prompt: "!", temperature: 0, max_tokens: 3, ignore_eos: true });
    expect(on.choices[0]).toMatchObject({ finish_reason: "length" });
    expect(on.usage.completion_tokens).toBe(3);
  });

  test("n choices of each prompt, prompt by prompt", async () => {
    const { choices, usage } = await complete({ prompt: ["ab", "x"], n: 2, temperature: 0, max_tokens: 1 });
    expect(choices.map(({ text, index }: { text: string; index: number }) => [index, text])).toEqual([
      [0, "c"],
      [1, "c"],
      [2, "y"],
      [3, "y"],
    ]);
    expect(usage.prompt_tokens).toBe(5);
  });

  test("echo with logprobs scores the prompt", async () => {
    const { choices } = await complete({ prompt: "abx", echo: true, logprobs: 2, max_tokens: 0 });
    const { text, logprobs, finish_reason } = choices[0];
    expect(text).toBe("abx");
    expect(finish_reason).toBe("length");
    expect(logprobs.tokens).toEqual(["<s>", "a", "b", "x"]);
    expect(logprobs.text_offset).toEqual([0, 3, 4, 5]);
    expect(logprobs.token_logprobs[0]).toBeNull();
    expect(logprobs.top_logprobs[0]).toBeNull();
    // "b" is the likeliest after "a"; "x" is not after "b", "c" is.
    expect(logprobs.top_logprobs[2].b).toBe(logprobs.token_logprobs[2]);
    expect(Object.keys(logprobs.top_logprobs[3])).toContain("c");
    expect(logprobs.token_logprobs[3]).toBeLessThan(logprobs.top_logprobs[3].c);
    expect(Object.keys(logprobs.top_logprobs[3])).toHaveLength(2);
  });

  test("echo repeats the prompt before what follows; ids are echoed as their text", async () => {
    const spoken = await complete({ prompt: "ab", echo: true, temperature: 0, max_tokens: 2 });
    expect(spoken.choices[0].text).toBe("abcd");
    const ids = await complete({ prompt: [0, 100], echo: true, temperature: 0, max_tokens: 2, logprobs: 0 });
    expect(ids.choices[0].text).toBe("abc");
    expect(ids.choices[0].logprobs.tokens).toEqual(["<s>", "a", "b", "c"]);
    expect(ids.choices[0].logprobs.top_logprobs).toBeNull();
  });

  test("streams what the whole answer holds", async () => {
    const body = { prompt: ["ab", "€"], echo: true, logprobs: 1, temperature: 0, max_tokens: 7, stop: "fg" };
    const whole = await complete(body);
    const response = await ask("/v1/completions", {
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = await allEvents(response);
    expect(events.pop()!.data).toBe("[DONE]");
    const chunks = events.map(({ data }) => JSON.parse(data));
    expect(chunks.pop()).toMatchObject({ choices: [], usage: { completion_tokens: expect.any(Number) } });
    for (const { index, text, logprobs, finish_reason } of whole.choices) {
      const own = chunks.map(({ choices }) => choices[0]).filter((choice) => choice.index === index);
      expect(own.map((choice) => choice.text).join("")).toBe(text);
      for (const field of ["tokens", "token_logprobs", "top_logprobs"]) {
        expect(own.flatMap((choice) => choice.logprobs[field])).toEqual(logprobs[field]);
      }
      expect(own.at(-1).finish_reason).toBe(finish_reason);
    }
  });

  test("streams without log-probabilities or usage", async () => {
    const events = await allEvents(
      await ask("/v1/completions", { prompt: "ab", temperature: 0, max_tokens: 2, stream: true }),
    );
    const choices = events.slice(0, -1).map(({ data }) => JSON.parse(data).choices[0]);
    expect(choices).toEqual([
      { index: 0, text: "c", logprobs: null, finish_reason: null },
      { index: 0, text: "d", logprobs: null, finish_reason: null },
      { index: 0, text: "", logprobs: null, finish_reason: "length" },
    ]);
  });

  test.each([
    [{ prompt: [] }, /^prompt must be a string, an array of strings/],
    [{ prompt: [[]] }, "prompt must have at least one token id"],
    [{ prompt: [300] }, "prompt must consist of token ids from 0 to 258, but has 300"],
    [{ prompt: [-1] }, "prompt[0] must be a token id, an integer of 0 or more, but is -1"],
    [{ prompt: Array(65).fill("a"), n: 2 }, "prompt times n must be at most 128, but is 130"],
    [{ prompt: "a", suffix: "b" }, /^suffix is not supported/],
    [{ prompt: "a", best_of: 3 }, "best_of is not supported; leave it out or send null or 1, but is 3"],
    [{}, /^prompt is required: it must be a string/],
    [
      { prompt: "a", logit_bias: { 999: 1 } },
      "logit_bias must be keyed by token ids from 0 to 258, but has 999",
    ],
  ] as [object, string | RegExp][])("%j is refused", async (body, message) => {
    const response = await ask("/v1/completions", body);
    expect(response.status).toBe(400);
    const { error } = await json(response);
    if (typeof message === "string") expect(error.message).toBe(message);
    else expect(error.message).toMatch(message);
  });

  test("a model without BOS has nothing to continue in an empty prompt", async () => {
    const bare = toyServer({}, { addBos: false });
    const response = await bare.ask("/v1/completions", { prompt: "" });
    expect(response.status).toBe(400);
    expect((await json(response)).error.message).toBe("prompt cannot be empty for this model");
  });
});
