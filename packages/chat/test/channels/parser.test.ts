import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  createChannelParser,
  type Dialect,
  detectDialect,
  dialectMarkers,
  joinDeltas,
  PLAIN_DIALECT,
  parseAnswer,
} from "../../src/index.ts";

const newId = (index: number) => `id${index}`;
const think = { open: "<think>", close: "</think>" };
const magistral = { open: "[THINK]", close: "[/THINK]" };
const command = { open: "<|START_THINKING|>", close: "<|END_THINKING|>" };

const DIALECTS: Record<string, Dialect> = {
  plain: PLAIN_DIALECT,
  think: { ...PLAIN_DIALECT, think },
  opened: { ...PLAIN_DIALECT, think, thinkOpened: true },
  hermes: { ...PLAIN_DIALECT, tools: "hermes" },
  qwen3: { ...PLAIN_DIALECT, think, tools: "hermes" },
  llama3: { ...PLAIN_DIALECT, tools: "llama3" },
  mistral: { ...PLAIN_DIALECT, tools: "mistral" },
  magistral: { ...PLAIN_DIALECT, think: magistral, tools: "mistral" },
  functionary: { ...PLAIN_DIALECT, tools: "functionary" },
  functionary32: { ...PLAIN_DIALECT, tools: "functionary32" },
  recipients: { ...PLAIN_DIALECT, tools: "functionary32", recipientOpened: true },
  firefunction: { ...PLAIN_DIALECT, tools: "firefunction" },
  commandR: {
    ...PLAIN_DIALECT,
    think: command,
    tools: "commandR",
    around: ["<|START_RESPONSE|>", "<|END_RESPONSE|>"],
  },
  granite: { ...PLAIN_DIALECT, think, tools: "tagged", around: ["<response>", "</response>"] },
  phi4: { ...PLAIN_DIALECT, tools: "tagged", around: ["<|/tool_call|>"] },
  qwen3Coder: { ...PLAIN_DIALECT, tools: "qwen3Coder" },
  deepseek: { ...PLAIN_DIALECT, think, tools: "deepseek" },
  harmony: { ...PLAIN_DIALECT, harmony: true },
};

interface Expected {
  content?: string;
  reasoning?: string;
  /** [name, arguments, id] */
  calls?: [string, string, string?][];
}

/** [dialect, answer, what it holds] */
const CASES: [keyof typeof DIALECTS, string, Expected][] = [
  ["plain", "a <think>b</think> <tool_call>", { content: "a <think>b</think> <tool_call>" }],
  ["think", "<think>\nwhy\n\nso\n</think>\n\nYes.\n", { reasoning: "why\n\nso", content: "Yes.\n" }],
  ["think", " \n<think>a</think>b", { reasoning: "a", content: "b" }],
  ["think", "<think>never closed ", { reasoning: "never closed " }],
  ["think", "<think></think>", {}],
  ["think", "  no <think>x</think>", { content: "  no <think>x</think>" }],
  ["think", "<thin", { content: "<thin" }],
  ["think", "<think>a</thin", { reasoning: "a</thin" }],
  ["opened", "why</think>\nYes", { reasoning: "why", content: "Yes" }],
  ["opened", "<think>why</think>Yes", { reasoning: "why", content: "Yes" }],
  ["opened", " why", { reasoning: "why" }],
  ["opened", "</think>x</think>", { content: "x</think>" }],
  [
    "hermes",
    'a\n<tool_call>\n{"name": "f", "arguments": {"x": 1.0}}\n</tool_call>\n',
    { content: "a", calls: [["f", '{"x": 1.0}']] },
  ],
  [
    "hermes",
    '<tool_call>{"name":"f","arguments":{}}</tool_call>\n<tool_call>{"arguments": {"s": "</tool_call>\\"}"}, "name":"g"}</tool_call>b',
    {
      calls: [
        ["f", "{}"],
        ["g", '{"s": "</tool_call>\\"}"}'],
      ],
      content: "b",
    },
  ],
  ["hermes", '<tool_call>{"name":"f"}', { calls: [["f", "{}"]] }],
  ["hermes", '<tool_call>{"name":"f","arguments":"{\\"a\\":1}"}</tool_call>', { calls: [["f", '{"a":1}']] }],
  ["hermes", '<tool_call>{"name":"f","arguments":null}</tool_call>', { calls: [["f", "{}"]] }],
  [
    "hermes",
    '<tool_call>{"function":"f","parameters":{"a":[1,{"b":2}]}}</tool_call>',
    { calls: [["f", '{"a":[1,{"b":2}]}']] },
  ],
  [
    "hermes",
    '<tool_call>{"type":"function","function":{"name":"f","arguments":{"q":2}}}</tool_call>',
    { calls: [["f", '{"q":2}']] },
  ],
  ["hermes", 'a <tool_call>{"name":"f","arg', { content: 'a <tool_call>{"name":"f","arg' }],
  ["hermes", "a <tool_call>{nope}</tool_call> b", { content: "a <tool_call>{nope}</tool_call> b" }],
  [
    "hermes",
    '<tool_call>{"name":"f","arguments":[1]}</tool_call>',
    { content: '<tool_call>{"name":"f","arguments":[1]}</tool_call>' },
  ],
  ["hermes", '<tool_call>{"name":1}</tool_call>', { content: '<tool_call>{"name":1}</tool_call>' }],
  ["hermes", "<tool_call>text", { content: "<tool_call>text" }],
  ["hermes", '<tool_call>{"name":"f"}x</tool_call>', { content: '<tool_call>{"name":"f"}x</tool_call>' }],
  [
    "hermes",
    '<tool_call><tool_call>{"name":"f"}</tool_call>',
    { content: "<tool_call>", calls: [["f", "{}"]] },
  ],
  ["hermes", "<tool_call", { content: "<tool_call" }],
  ["hermes", " a ", { content: " a " }],
  [
    "qwen3",
    '<think>\nhm <tool_call>\n</think>\n\n<tool_call>{"name":"f"}</tool_call>',
    { reasoning: "hm <tool_call>", calls: [["f", "{}"]] },
  ],
  ["qwen3", '<tool_call>{"name":"f"}</tool_call>', { calls: [["f", "{}"]] }],
  ["llama3", '{"name": "f", "parameters": {"a": "b"}}', { calls: [["f", '{"a": "b"}']] }],
  [
    "llama3",
    ' {"type":"function","name":"f","parameters":{}}; {"name":"g","parameters":{}}',
    {
      calls: [
        ["f", "{}"],
        ["g", "{}"],
      ],
    },
  ],
  ["llama3", '<|python_tag|>{"name": "f", "parameters": {}}', { calls: [["f", "{}"]] }],
  ["llama3", '<|python_tag|>print("x")', { content: '<|python_tag|>print("x")' }],
  ["llama3", '{"colour": "red"}', { content: '{"colour": "red"}' }],
  ["llama3", '{"name": "Ann", "age": 3}', { content: '{"name": "Ann", "age": 3}' }],
  ["llama3", "{1}", { content: "{1}" }],
  ["llama3", '  {"name": "f", ', { content: '  {"name": "f", ' }],
  ["llama3", 'Sure: {"name": "f", "parameters": {}}', { content: 'Sure: {"name": "f", "parameters": {}}' }],
  ["llama3", '{"name":"f","parameters":{}}; ok', { calls: [["f", "{}"]], content: "; ok" }],
  ["llama3", '{"name":"f","parameters":{}} ', { calls: [["f", "{}"]] }],
  ["llama3", "  ", { content: "  " }],
  [
    "mistral",
    '[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}, "id": "abcdefghi"}, {"name":"g","arguments":{}}]',
    {
      calls: [
        ["f", '{"a": 1}', "abcdefghi"],
        ["g", "{}"],
      ],
    },
  ],
  [
    "mistral",
    '[TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]g[CALL_ID]x1[ARGS]{}',
    {
      calls: [
        ["f", '{"a": 1}'],
        ["g", "{}", "x1"],
      ],
    },
  ],
  ["mistral", "x [TOOL_CALLS] [1]", { content: "x [TOOL_CALLS] [1]" }],
  ["mistral", "[TOOL_CALLS] []", { content: "[TOOL_CALLS] []" }],
  ["mistral", '[TOOL_CALLS]f[ARGS]["a"]', { content: '[TOOL_CALLS]f[ARGS]["a"]' }],
  [
    "mistral",
    `[TOOL_CALLS]${"f".repeat(400)}[ARGS]{}`,
    { content: `[TOOL_CALLS]${"f".repeat(400)}[ARGS]{}` },
  ],
  ["magistral", "[THINK]a[/THINK]b", { reasoning: "a", content: "b" }],
  ["functionary", '<function=f>{"a": "</function>"}</function>', { calls: [["f", '{"a": "</function>"}']] }],
  ["functionary", "<function=f>x", { content: "<function=f>x" }],
  [
    "functionary32",
    '>>>f\n{"a": 1}>>>g\n{}',
    {
      calls: [
        ["f", '{"a": 1}'],
        ["g", "{}"],
      ],
    },
  ],
  ["functionary32", ">>>all\nHi >> you", { content: "Hi >> you" }],
  ["functionary32", ">>>f\nnot json", { content: ">>>f\nnot json" }],
  ["recipients", 'all\nLooking.>>>f\n{"a": 1}', { content: "Looking.", calls: [["f", '{"a": 1}']] }],
  ["recipients", "f\n", { calls: [["f", "{}"]] }],
  ["recipients", "Hel", { content: "Hel" }],
  ["recipients", "f\nx", { content: "f\nx" }],
  [
    "firefunction",
    'ok functools[{"name": "f", "arguments": {"a": 1}}]',
    { content: "ok", calls: [["f", '{"a": 1}']] },
  ],
  [
    "commandR",
    '<|START_THINKING|>plan<|END_THINKING|><|START_ACTION|>[\n {"tool_call_id": "0", "tool_name": "f", "parameters": {"a": 1}}\n]<|END_ACTION|>',
    { reasoning: "plan", calls: [["f", '{"a": 1}', "0"]] },
  ],
  [
    "granite",
    '<|tool_call|>[{"name": "f", "arguments": {"a": 1}}, {"name": "g", "arguments": {}}]',
    {
      calls: [
        ["f", '{"a": 1}'],
        ["g", "{}"],
      ],
    },
  ],
  ["granite", "<think>why</think><response>Yes.</response>", { reasoning: "why", content: "Yes." }],
  [
    "phi4",
    '<|tool_call|>[{"name": "f", "arguments": {"a": 1}}]<|/tool_call|>',
    { calls: [["f", '{"a": 1}']] },
  ],
  ["phi4", 'functools[{"name": "f", "arguments": {}}]', { calls: [["f", "{}"]] }],
  [
    "qwen3Coder",
    "I look.\n<tool_call>\n<function=f>\n<parameter=path>\n/a\nb\n</parameter>\n<parameter=n>\n3\n</parameter>\n</function>\n</tool_call>",
    { content: "I look.", calls: [["f", '{"path": "/a\\nb", "n": 3}']] },
  ],
  [
    "qwen3Coder",
    '<function=f>\n</function><tool_call><function=g><parameter=q>{"a": [1]}</parameter></function></tool_call>',
    {
      calls: [
        ["f", "{}"],
        ["g", '{"q": {"a": [1]}}'],
      ],
    },
  ],
  [
    "qwen3Coder",
    "<tool_call>\n<function=f>\nx</function>",
    { content: "<tool_call>\n<function=f>\nx</function>" },
  ],
  ["commandR", "<|START_RESPONSE|>hi<|END_RESPONSE|>", { content: "hi" }],
  [
    "deepseek",
    '<think>a</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{"a": 1}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    {
      reasoning: "a",
      calls: [
        ["f", '{"a": 1}'],
        ["g", "{}"],
      ],
    },
  ],
  [
    "deepseek",
    '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>f<｜tool▁sep｜>{"a":1}<｜tool▁call▁end｜><｜tool▁calls▁end｜>',
    { calls: [["f", '{"a":1}']] },
  ],
  [
    "deepseek",
    "<｜tool▁calls▁begin｜>x<｜tool▁calls▁end｜>",
    { content: "<｜tool▁calls▁begin｜>x<｜tool▁calls▁end｜>" },
  ],
  [
    "deepseek",
    "<｜tool▁calls▁begin｜> <｜tool▁calls▁end｜>",
    { content: "<｜tool▁calls▁begin｜> <｜tool▁calls▁end｜>" },
  ],
  [
    "harmony",
    "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>Yes <b><|return|>",
    { reasoning: "hm", content: "Yes <b>" },
  ],
  [
    "harmony",
    '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"a": 1}<|call|>',
    { calls: [["f", '{"a": 1}']] },
  ],
  [
    "harmony",
    '<|start|>assistant to=functions.f<|channel|>commentary json<|message|>{"a":1}',
    { calls: [["f", '{"a":1}']] },
  ],
  ["harmony", "<|channel|>commentary to=functions.f<|message|><|call|>", { calls: [["f", "{}"]] }],
  [
    "harmony",
    "<|channel|>commentary to=functions.f<|message|>{x<|call|>",
    { content: "<|channel|>commentary to=functions.f<|message|>{x<|call|>" },
  ],
  ["harmony", "<|channel|>commentary<|message|>I will look.<|end|>", { content: "I will look." }],
  ["harmony", "plain text ", { content: "plain text " }],
  ["harmony", "<|channel|>ana", { content: "<|channel|>ana" }],
  ["harmony", "<|channel|>analysis<|message|>a<|chan", { reasoning: "a<|chan" }],
  [
    "harmony",
    "<|channel|>final<|message|>a<|start|>assistant<|channel|>final<|message|>b",
    { content: "ab" },
  ],
  ["harmony", "<|message|><|end|>\n", {}],
];

function shape(answer: ReturnType<typeof joinDeltas>): Expected {
  return {
    content: answer.content,
    reasoning: answer.reasoning_content,
    calls: answer.tool_calls.map((call) => [call.function.name, call.function.arguments, call.id]),
  };
}

function isSubsequence(part: string, whole: string): boolean {
  let at = 0;
  for (const char of whole.split("")) if (char === part[at]) at++;
  return at === part.length;
}

function inPieces(dialect: Dialect, text: string, cuts: readonly number[]): ReturnType<typeof joinDeltas> {
  const parser = createChannelParser(dialect, { newId });
  const ends = [...new Set([...cuts.filter((c) => c <= text.length), text.length])].sort((a, b) => a - b);
  let start = 0;
  const deltas = [];
  for (const end of ends) {
    deltas.push(...parser.push(text.slice(start, end)));
    start = end;
  }
  return joinDeltas([...deltas, ...parser.flush()]);
}

describe("answers", () => {
  for (const [name, text, { content = "", reasoning = "", calls = [] }] of CASES) {
    test(`${name}: ${JSON.stringify(text).slice(0, 110)}`, () => {
      const dialect = DIALECTS[name]!;
      const expected = { content, reasoning, calls: calls.map(([n, a, id], i) => [n, a, id ?? newId(i)]) };
      expect(shape(parseAnswer(dialect, text, { newId }))).toEqual(expected as Expected);
      const all = Array.from(text, (_, i) => i);
      expect(shape(inPieces(dialect, text, all))).toEqual(expected as Expected);
    });
  }

  const fragments = [
    ...CASES.map(([, text]) => text),
    ...Object.values(DIALECTS).flatMap((dialect) => dialectMarkers(dialect)),
    '{"name":"f","arguments":{}}',
    '{"name":"f"',
    "}",
    "]",
    '"',
    "\\",
    "[ARGS]",
    "f",
    " ",
    "\n",
    ";",
    "<",
    "[",
    "é😀",
    "<function=",
    "</function>",
    ">>>",
    "functools[",
  ];
  const answers = fc.array(fc.constantFrom(...fragments), { maxLength: 8 }).map((parts) => parts.join(""));

  test("do not depend on how they are cut", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(DIALECTS)),
        answers,
        fc.array(fc.nat(400), { maxLength: 12 }),
        (dialect, text, cuts) => {
          expect(inPieces(dialect, text, cuts)).toEqual(parseAnswer(dialect, text, { newId }));
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("lose nothing but marks and white space where there is no call", () => {
    const squeeze = (text: string) => text.replace(/\s/g, "");
    fc.assert(
      fc.property(
        fc.constantFrom("hermes", "llama3", "mistral", "functionary", "firefunction"),
        answers,
        (name, text) => {
          const answer = parseAnswer(DIALECTS[name]!, text, { newId });
          if (answer.tool_calls.length === 0) expect(answer.content).toBe(text);
          else expect(isSubsequence(squeeze(answer.content), squeeze(text))).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
  });

  test("come as soon as they can no longer change", () => {
    const parser = createChannelParser(DIALECTS.qwen3!);
    expect(parser.push("<think>a")).toEqual([{ reasoning_content: "a" }]);
    expect(parser.push(" b</th")).toEqual([{ reasoning_content: " b" }]);
    expect(parser.push("ink>\n\nHi <tool")).toEqual([{ content: "Hi" }]);
    expect(parser.push("s>")).toEqual([{ content: " <tools>" }]);
    expect(parser.push('<tool_call>{"name":')).toEqual([]);
    const [delta] = parser.push('"f"}</tool_call>');
    expect(delta?.tool_calls?.[0]).toMatchObject({
      index: 0,
      type: "function",
      function: { name: "f", arguments: "{}" },
    });
    expect(delta?.tool_calls?.[0]?.id).toMatch(/^[A-Za-z0-9]{9}$/);
    expect(parser.flush()).toEqual([]);
    const plain = createChannelParser(DIALECTS.llama3!);
    expect(plain.push('{"answer"')).toEqual([{ content: '{"answer"' }]);
  });

  test("of a request without tools keep what looks like a call", () => {
    const text = '<tool_call>{"name":"f"}</tool_call>';
    expect(parseAnswer(DIALECTS.hermes!, text, { tools: false }).content).toBe(text);
  });

  test("have strings where the tool takes one", () => {
    const text =
      "<tool_call><function=f><parameter=zip>\n01234\n</parameter><parameter=n>5</parameter></function></tool_call>";
    const parameters = { type: "object", properties: { zip: { type: "string" }, n: { type: "integer" } } };
    const tools = [{ type: "function", function: { name: "f", parameters } }] as const;
    const [call] = parseAnswer(DIALECTS.qwen3Coder!, text, { tools }).tool_calls;
    expect(call!.function.arguments).toBe('{"zip": "01234", "n": 5}');
    const [guessed] = parseAnswer(DIALECTS.qwen3Coder!, text.replace("01234", "1234")).tool_calls;
    expect(guessed!.function.arguments).toBe('{"zip": 1234, "n": 5}');
  });

  test("are split in linear time and keep characters whole", () => {
    const parser = createChannelParser(DIALECTS.hermes!, { newId });
    const text = `${"<tool_call>".repeat(20_000)}${"😀".repeat(50_000)}`;
    const deltas = [...parser.push(text), ...parser.flush()];
    expect(joinDeltas(deltas).content).toBe(text);
    for (const { content } of deltas) expect(content!.isWellFormed()).toBe(true);
    expect(joinDeltas([...createChannelParser(DIALECTS.harmony!).push(text)]).content).toBe(text);
  });
});

describe("dialects", () => {
  const SOURCES: [string, Partial<Dialect>][] = [
    ["{{ messages }}", {}],
    ["<|channel|> <|message|>", { harmony: true }],
    ["<think></think><tool_call>", { think, tools: "hermes" }],
    ["[THINK][/THINK][TOOL_CALLS]", { think: magistral, tools: "mistral" }],
    ["<|END_THINKING|><|START_ACTION|>", { think: command, tools: "commandR" }],
    ["<|python_tag|><function=", { tools: "functionary" }],
    ["<tool_call><function=a><parameter=b>", { tools: "qwen3Coder" }],
    ["respond with <|tool_call|>", { tools: "tagged", around: ["<|/tool_call|>"] }],
    ["<|tool|>", { tools: "tagged", around: ["<|/tool_call|>"] }],
    ["<think></think><response></response>", { think, around: ["<response>", "</response>"] }],
    [">>>all\n<|start_header_id|>", { tools: "functionary32" }],
    [" functools[", { tools: "firefunction" }],
    ["<|python_tag|>", { tools: "llama3" }],
    ['<|start_header_id|> {"name": function name, "parameters": dictionary}', { tools: "llama3" }],
    ["</think><｜tool▁calls▁begin｜>", { think, tools: "deepseek" }],
  ];
  for (const [source, expected] of SOURCES) {
    test(source, () => expect(detectDialect(source)).toEqual({ ...PLAIN_DIALECT, ...expected }));
  }

  test("know whether the prompt has opened the reasoning", () => {
    const source = "<think></think>";
    expect(detectDialect(source, "<|im_start|>assistant\n<think>\n").thinkOpened).toBe(true);
    expect(detectDialect(source, "<|im_start|>assistant\n<think>\n\n</think>\n\n").thinkOpened).toBe(false);
    expect(detectDialect(source, "<|im_start|>assistant\n").thinkOpened).toBe(false);
  });

  test("know whether the prompt has begun a recipient", () => {
    expect(detectDialect(">>>all", "assistant>>>")).toEqual(DIALECTS.recipients!);
    expect(detectDialect(">>>all", "assistant").recipientOpened).toBe(false);
  });

  test("name the marks a decoder must print", () => {
    expect(dialectMarkers(PLAIN_DIALECT)).toEqual([]);
    expect(dialectMarkers(DIALECTS.qwen3!)).toEqual(["<think>", "</think>", "<tool_call>", "</tool_call>"]);
    expect(dialectMarkers(DIALECTS.harmony!)).toContain("<|call|>");
    expect(dialectMarkers(DIALECTS.llama3!)).toEqual(["<|python_tag|>"]);
  });
});
