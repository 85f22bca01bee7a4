import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  ChatError,
  type ChatMessage,
  compileChatTemplate,
  DEFAULT_LIMITS,
  defaultTemplate,
  type RenderInput,
  TemplateLimitError,
  TemplateRaisedError,
  TemplateRuntimeError,
  TemplateSyntaxError,
} from "../src/index.ts";

function render(
  source: string,
  extra: Record<string, unknown> = {},
  input: Partial<RenderInput> = {},
): string {
  return compileChatTemplate(source).render({ messages: [], ...input, extra });
}

function caught(work: () => unknown): ChatError {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(ChatError);
    return error as ChatError;
  }
  return expect.unreachable();
}

describe("the variables of a template", () => {
  test("are those of transformers", () => {
    const source =
      "{{ bos_token }}{{ eos_token }}{{ add_generation_prompt }}{{ tools is defined }}{{ messages[0].role }}{{ date_string is defined }}";
    const input: RenderInput = {
      messages: [{ role: "user", content: "x" }],
      bosToken: "<s>",
      eosToken: "</s>",
    };
    const template = compileChatTemplate(source);
    expect(template.render(input)).toBe("<s></s>FalseFalseuserFalse");
    expect(template.render({ ...input, tools: null, addGenerationPrompt: true })).toBe(
      "<s></s>TrueFalseuserFalse",
    );
    expect(template.render({ ...input, tools: [], extra: { date_string: "d" } })).toBe(
      "<s></s>FalseTrueuserTrue",
    );
  });

  test("cannot be replaced by extra", () => {
    expect(render("{{ messages|length }}", { messages: [1, 2] })).toBe("0");
  });

  test("strftime_now reads the given time", () => {
    const now = new Date(2024, 6, 6, 15, 4, 5, 7);
    const format =
      "%d %b %Y|%B %A %a|%-d %-I|%H:%M:%S %p|%j %y %m %e|%U %W %V %G %u %w|%D %F %T %R %r|%c|%x %X|%C %h %k %l|%f|%%%n%t%z%Z";
    expect(render("{{ strftime_now(f) }}", { f: format }, { now })).toBe(
      "06 Jul 2024|July Saturday Sat|6 3|15:04:05 PM|188 24 07  6|26 27 27 2024 6 6|07/06/24 2024-07-06 15:04:05 15:04 03:04:05 PM|Sat Jul  6 15:04:05 2024|07/06/24 15:04:05|20 Jul 15  3|007000|%\n\t",
    );
    expect(render("{{ strftime_now('%I %p %V %G') }}", {}, { now: new Date(2023, 0, 1) })).toBe(
      "12 AM 52 2022",
    );
    expect(render("{{ strftime_now('%Y')|length }}")).toBe("4");
    expect(() => render("{{ strftime_now('%Q') }}")).toThrow("no directive '%Q'");
  });

  test("plain data becomes Python's values", () => {
    const value = {
      i: 1,
      f: 1.5,
      big: 2 ** 60,
      n: null,
      u: undefined,
      b: true,
      l: [1, [2]],
      m: new Map([[1, "x"]]),
      z: 10n,
    };
    expect(render("{{ v }}", { v: value })).toBe(
      "{'i': 1, 'f': 1.5, 'big': 1.152921504606847e+18, 'n': None, 'b': True, 'l': [1, [2]], 'm': {1: 'x'}, 'z': 10}",
    );
    for (const v of [() => 1, new Date(), Symbol("x")]) {
      const error = caught(() => render("{{ v }}", { v }));
      expect(error).toBeInstanceOf(TemplateRuntimeError);
      expect((error as TemplateRuntimeError).line).toBeNull();
    }
    const loop: unknown[] = [];
    loop.push(loop);
    expect(() => render("x", { loop })).toThrow(TemplateLimitError);
  });

  test("rendering leaves the input as it was, and repeats", () => {
    const messages: ChatMessage[] = [{ role: "user", content: "a" }];
    const template = compileChatTemplate(
      "{% set messages = messages + [1] %}{% set ns = namespace(m=messages) %}{{ ns.m }}",
    );
    const before = JSON.stringify(messages);
    expect(template.render({ messages })).toBe(template.render({ messages }));
    expect(JSON.stringify(messages)).toBe(before);
  });
});

describe("errors", () => {
  test("carry code and line", () => {
    const syntax = caught(() => compileChatTemplate("a\nb {% if %}"));
    expect(syntax).toBeInstanceOf(TemplateSyntaxError);
    expect(syntax).toMatchObject({ code: "TEMPLATE_SYNTAX", line: 2, name: "TemplateSyntaxError" });
    const runtime = caught(() => render("a\n\n{{ x.y }}"));
    expect(runtime).toBeInstanceOf(TemplateRuntimeError);
    expect(runtime).toMatchObject({ code: "TEMPLATE_RUNTIME", line: 3, message: "line 3: 'x' is undefined" });
    const raised = caught(() => render("\n{{ raise_exception('no') }}"));
    expect(raised).toBeInstanceOf(TemplateRaisedError);
    expect(raised).toMatchObject({ code: "TEMPLATE_RAISED", line: 2, reason: "no" });
    expect(caught(() => render("{{ raise_exception([1]) }}"))).toMatchObject({ reason: "[1]" });
    const limit = caught(() => render("{{ range(10 ** 9) }}"));
    expect(limit).toMatchObject({ code: "TEMPLATE_LIMIT", line: 1, limit: "maxRange", allowed: 100_000 });
  });

  const FAILURES: [string, string][] = [
    ["{{ x.y }}", "'x' is undefined"],
    ["{{ none.y.z }}", "'None' has no attribute 'y'"],
    ["{{ [1][3].x }}", "list object has no element 3"],
    ["{{ {}.a.b }}", "'dict object' has no attribute 'a'"],
    ["{{ namespace().a.b }}", "'jinja2.utils.Namespace object' has no attribute 'a'"],
    ["{{ [].append(1) }}", "access to attribute 'append' is unsafe"],
    ["{{ {}.__class__.x }}", "access to attribute '__class__' is unsafe"],
    ["{{ 'a' + 1 }}", 'can only concatenate str (not "int") to str'],
    ["{{ 1 + 'a' }}", "unsupported operand type(s) for +: 'int' and 'str'"],
    ["{{ 1 < 'a' }}", "'<' not supported between instances of 'int' and 'str'"],
    ["{{ 1|nope }}", "there is no filter named 'nope'"],
    ["{{ 1 is nope }}", "there is no test named 'nope'"],
    ["{{ (1 if false).x }}", "the inline if-expression evaluated to false"],
    ["{% set x.y = 1 %}", "cannot assign attribute on non-namespace object"],
    ["{% macro m(a) %}{{ a.b }}{% endmacro %}{{ m() }}", "parameter 'a' was not provided"],
    ["{% macro m(a) %}{{ caller() }}{% endmacro %}{{ m() }}", "No caller defined"],
    ["{% macro m(a) %}{% endmacro %}{{ m(1, a=1) }}", "got two values for 'a'"],
    [
      "{% macro m() %}{% endmacro %}{% call m() %}{% endcall %}",
      "two values for the special caller argument",
    ],
    ["{% for x in [1] %}{{ loop(1) }}{% endfor %}", "must have the 'recursive' marker"],
    ["{% for x in [1] recursive %}{{ loop() }}{% endfor %}", "loop() takes one argument"],
    ["{% for x in [1] %}{{ loop.cycle() }}{% endfor %}", "no items for cycling given"],
    ["{{ cycler() }}", "at least one item has to be provided"],
    ["{{ 'a'|join(1, 2, 3) }}", "takes at most 2 arguments"],
    ["{{ 'a'|join(q=1) }}", "has no argument 'q'"],
    ["{{ 'a'|join('x', d='y') }}", "got two values for argument 'd'"],
    ["{{ {'a': 1}.get() }}", "needs the argument 'key'"],
    ["{{ 'a'.center(3, 'xy') }}", "exactly one character"],
    ["{{ 'a'.ljust(3, 'xy') }}", "exactly one character"],
    ["{{ 'a'.split('') }}", "empty separator"],
    ["{{ 'a'.partition('') }}", "empty separator"],
    ["{{ 'a'.index('b') }}", "substring not found"],
    ["{{ [1].index(2) }}", "not in the list"],
    ["{{ {[1]: 1} }}", "unhashable type: 'list'"],
    ["{{ {([1],): 1} }}", "unhashable type: 'list'"],
    ["{{ 'a'[::0] }}", "slice step cannot be zero"],
    ["{{ 'a'['b':] }}", "a slice index must be an integer"],
    ["{{ 1()  }}", "'int' object is not callable"],
    ["{{ f() }}", "'f' is undefined"],
    ["{{ dict(**1) }}", "must be a mapping"],
    ["{{ dict(**{1: 2}) }}", "keywords must be strings"],
    ["{{ dict(a=1, a=2) }}", "keyword argument repeated: a"],
    ["{{ dict([1]) }}", "pairs of key and value"],
    ["{{ dict(1) }}", "'int' object is not iterable"],
    ["{{ dict({}, {}) }}", "expected at most 1 argument"],
    ["{{ namespace({1: 2}) }}", "named by str"],
    ["{{ range(1, 2, 0) }}", "must not be zero"],
    ["{{ '%d' % 'a' }}", "a number is required"],
    ["{{ '%d' % () }}", "not enough arguments"],
    ["{{ '%d' % (1, 2) }}", "not all arguments converted"],
    ["{{ '%(a)s' % 1 }}", "format requires a mapping"],
    ["{{ '%(a)s' % {} }}", "'a'"],
    ["{{ '%q' % 1 }}", "unsupported format character"],
    ["{{ '%x' % 1.5 }}", "an integer is required"],
    ["{{ '%d' % ('inf'|float) }}", "cannot convert float"],
    ["{{ '%c' % -1 }}", "not in range"],
    ["{{ '%d' % nope }}", "'nope' is undefined"],
    ["{{ '%s'|format(1, a=2) }}", "positional and keyword"],
    ["{{ '{}'.format() }}", "which was not given"],
    ["{{ '{'.format() }}", "single '{'"],
    ["{{ '{!x}'.format(1) }}", "unknown conversion"],
    ["{{ '{:d}'.format('a') }}", "unknown format code"],
    ["{{ '{:d}'.format(1.5) }}", "unknown format code"],
    ["{{ '{:y}'.format(1) }}", "unknown format code"],
    ["{{ '{:~~~}'.format(1) }}", "not supported"],
    ["{{ '{.a}'.format({}) }}", "no attribute 'a'"],
    ["{{ '{[}'.format({}) }}", "malformed"],
    ["{{ 1|round(0, 'x') }}", "method must be"],
    ["{{ 'a'|round }}", "cannot be rounded"],
    ["{{ 'a'|abs }}", "bad operand"],
    ["{{ -'a' }}", "bad operand type for unary -"],
    ["{{ +'a' }}", "bad operand type for unary +"],
    ["{{ 1|items }}", "Can only get item pairs"],
    ["{{ 1|dictsort }}", "dictsort needs a dict"],
    ["{{ {}|dictsort(by='x') }}", 'either "key" or "value"'],
    ["{{ ['a']|sum(start='b') }}", "can't sum strings"],
    ["{{ 1|reverse }}", "must be iterable"],
    ["{{ [1]|map('upper')|last }}", "not reversible"],
    ["{{ [1]|map(1)|list }}", "name of a filter"],
    ["{{ [1]|select(1)|list }}", "name of a test"],
    ["{{ [1]|selectattr|list }}", "needs the name of an attribute"],
    ["{{ [1]|batch(0)|list }}", "must be positive"],
    ["{{ 'a'|truncate(1) }}", "expected length >= 3"],
    ["{{ {(1, 2): 1}|tojson }}", "keys must be str"],
    ["{{ 1|tojson(separators=('a',)) }}", "two strings"],
    ["{{ 1|tojson(separators=(1, 2)) }}", "two strings"],
    ["{{ 0 ** -1 }}", "negative power"],
    ["{{ (-8) ** 0.5 }}", "complex"],
    ["{{ 1 % 0 }}", "modulo by zero"],
    ["{{ 1 // 0 }}", "by zero"],
    ["{{ 1.0 / 0 }}", "by zero"],
    ["{{ 1.0 // 0 }}", "by zero"],
    ["{{ 1.0 % 0 }}", "modulo"],
    ["{{ [] is odd }}", "unsupported operand type(s) for %"],
    ["{{ 1 is divisibleby 0 }}", "modulo by zero"],
    ["{{ 1 in 'a' }}", "requires string as left operand"],
    ["{{ 1 in 1 }}", "is not iterable"],
    ["{% for a, b in [1] %}{% endfor %}", "'int' object is not iterable"],
    ["{% for a, b in [[1]] %}{% endfor %}", "cannot unpack 1 values into 2 names"],
    ["{{ strftime_now(1) }}", "must be str"],
    ["{{ {}[0:1] }}", "'dict' object cannot be sliced"],
    ["{{ range(99)|truncate(9) }}", "truncate cannot cut range"],
    ["{{ nope|attr('x') }}", "'nope' is undefined"],
    ["{{ nope|indent }}", "'nope' is undefined"],
    ["{{ [[1]]|urlencode }}", "pairs of name and value"],
    ["{{ [1]|indent }}", "indent needs str, not list"],
    ["{{ 1|truncate }}", "has no len()"],
  ];
  for (const [source, message] of FAILURES) {
    test(source, () => {
      const error = caught(() => render(source));
      expect(error).toBeInstanceOf(TemplateRuntimeError);
      expect(error.message).toContain(message);
    });
  }

  const MALFORMED = [
    "{% if x %}",
    "{% for x in y %}",
    "{{ 'a",
    "{{ (1 }}",
    "{{ 1) }}",
    "{{ [1) }}",
    "{# x",
    "{% raw %}",
    "{{ 1 1 }}",
    "{% set 1 = 2 %}",
    "{% set true = 2 %}",
    "{% macro true() %}{% endmacro %}",
    "{% macro m(true) %}{% endmacro %}",
    "{% macro m(a=1, b) %}{% endmacro %}",
    "{% break %}",
    "{% include 'x' %}",
    "{% endif %}",
    "{% %}",
    "{{ }}",
    "{{ $ }}",
    "{{ '\\x4' }}",
    "{{ '\\U00110000' }}",
    "{{ a.'b' }}",
    "{{ f(a=1, 2) }}",
    "{{ 1 is even is odd }}",
    "{% call x %}{% endcall %}",
    "{{ a[:1, 2] }}",
    "{{ a[1:2 }}",
    "{{ {1} }}",
    "{% set = 1 %}",
    "{% with a %}{% endwith %}",
    "{% if x %}{% else %}",
    "{{ 12abc }}",
    "{{",
    "{% if a %}{% foo %}{% endif %}",
    "{{ ²a }}",
  ];
  for (const source of MALFORMED) {
    test(`${source} is malformed`, () => {
      expect(caught(() => compileChatTemplate(source))).toBeInstanceOf(TemplateSyntaxError);
    });
  }
});

describe("a hostile template", () => {
  const HOSTILE: [string, string][] = [
    ["steps", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"],
    [
      "doubling",
      "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    ],
    ["repetition", "{{ 'a' * 10 ** 9 }}"],
    [
      "repeated strings kept",
      "{% for i in range(9999) %}{% set ns.l = ns.l + ['a' * 8000000] %}{% endfor %}",
    ],
    ["list repetition", "{{ [1] * 10 ** 12 }}"],
    ["output", "{% for i in range(99999) %}{{ 'a' * 1000 }}{% endfor %}"],
    ["recursion", "{% macro m(n) %}{{ m(n + 1) }}{% endmacro %}{{ m(0) }}"],
    ["a recursive loop", "{% for x in [[1]] recursive %}{{ loop([x]) }}{% endfor %}"],
    ["power", "{{ 9 ** (9 ** 9) }}"],
    ["product", "{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}"],
    ["padding", "{{ 'a'.center(10 ** 10) }}"],
    ["left padding", "{{ 'a'.rjust(10 ** 10) }}"],
    ["zero padding", "{{ 'a'.zfill(10 ** 10) }}"],
    ["indentation", "{{ 'a'|indent(10 ** 10) }}"],
    ["JSON indentation", "{{ [1]|tojson(indent=10 ** 10) }}"],
    ["format width", "{{ '%999999999d' % 1 }}"],
    ["format precision", "{{ '{:999999999}'.format(1) }}"],
    ["replacement", "{{ ('a' * 99999).replace('a', 'b' * 99999) }}"],
    ["join", "{{ ('a' * 9999).join('b' * 9999) }}"],
    ["printing shared values", "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}"],
    [
      "JSON of shared values",
      "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l|tojson }}",
    ],
    [
      "comparing shared values",
      "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.n = [ns.n, ns.n] %}{% endfor %}{{ ns.l == ns.n }}",
    ],
    [
      "ordering shared values",
      "{% for i in range(60) %}{% set ns.l = [ns.l, ns.l] %}{% set ns.m = [ns.m, ns.m] %}{% endfor %}{{ ns.l < ns.m }}",
    ],
    [
      "shared tuples as keys",
      "{% set ns.t = (1,) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
    ],
    ["deep values", "{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}"],
    ["deep JSON", "{% for i in range(5000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l|tojson }}"],
    ["range", "{{ range(10 ** 20) }}"],
    ["fill", "{{ [1]|batch(10 ** 10, 0)|list }}"],
    ["slices", "{{ [1]|slice(10 ** 10)|list }}"],
    ["a long sum", `{{ ${"1 + ".repeat(5000)} 1 }}`],
    ["brackets", `{{ ${"(".repeat(9999)}1${")".repeat(9999)} }}`],
    ["not not", `{{ ${"not ".repeat(9999)} 1 }}`],
    ["minus", `{{ ${"- ".repeat(9999)} 1 }}`],
    ["blocks", "{% if 1 %}".repeat(9999)],
    ["else chains", `{{ ${"1 if 0 else ".repeat(9999)} 1 }}`],
    ["targets", `{% set ${"(".repeat(9999)}a${")".repeat(9999)} = 1 %}`],
  ];
  for (const [name, source] of HOSTILE) {
    test(`${name}: stops at a limit`, () => {
      const set = "{% set ns = namespace(l=[1], m=[1], n=[1], x='ab') %}";
      const start = source.includes("ns.n *") ? "{% set ns = namespace(n=3) %}" : set;
      const limits = { maxSteps: 2_000_000 };
      const error = caught(() => compileChatTemplate(start + source, { limits }).render({ messages: [] }));
      expect(error).toBeInstanceOf(TemplateLimitError);
    });
  }

  test("limits can be set", () => {
    const compile = (limits: object) => () =>
      compileChatTemplate("{{ 'abc' * 3 }}", { limits }).render({ messages: [] });
    expect(compile({})()).toBe("abcabcabc");
    expect(compile({ maxSourceLength: 3 })).toThrow("maxSourceLength = 3");
    expect(compile({ maxStringLength: 5 })).toThrow("maxStringLength = 5");
    expect(compile({ maxSteps: 2 })).toThrow("maxSteps = 2");
    expect(compile({ maxDepth: 1 })).toThrow("maxDepth = 1");
    expect(DEFAULT_LIMITS.maxRange).toBe(100_000);
  });

  test("a stack that ends before maxDepth is a limit too", () => {
    const source = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    const template = compileChatTemplate(source, { limits: { maxDepth: 1e9 } });
    expect(() => template.render({ messages: [] })).toThrow(TemplateLimitError);
  });

  test("reaches nothing of the host", () => {
    const names = [
      "constructor",
      "__proto__",
      "prototype",
      "toString",
      "hasOwnProperty",
      "__class__",
      "valueOf",
      "call",
      "caller",
    ];
    const values = [
      "''",
      "1",
      "1.5",
      "[]",
      "{}",
      "(1,)",
      "range",
      "range(2)",
      "none",
      "true",
      "messages",
      "namespace()",
      "''.upper",
      "m",
      "cycler(1)",
      "joiner()",
    ];
    for (const name of names) {
      for (const value of values) {
        const source = `{% macro m() %}{% endmacro %}{{ (${value})['${name}'] is defined }}{{ (${value}).${name} is defined }}`;
        if (value === "namespace()" && name.startsWith("__")) continue;
        expect(render(source)).toBe("FalseFalse");
      }
      expect(render(`{{ ${name} is defined }}`)).toBe("False");
      expect(() => render(`{{ 1|${name} }}`)).toThrow(ChatError);
      expect(() => render(`{{ 1 is ${name} }}`)).toThrow(ChatError);
    }
    expect(render("{{ {'__proto__': 1, 'constructor': 2} }}")).toBe("{'__proto__': 1, 'constructor': 2}");
  });

  const token = fc.constantFrom(
    ..."{% %} {{ }} {# #} {%- -%} {{- -}} if else elif endif for in endfor set endset macro endmacro call endcall filter endfilter raw endraw with endwith is not and or break continue recursive generation endgeneration".split(
      " ",
    ),
    ..."( ) [ ] { } , : . | = == != < > ~ + - * / // % ** 'a' \"b\" 1 2.5 10 x y ns messages loop range namespace caller true none".split(
      " ",
    ),
    ..."upper join list map selectattr tojson sort length default format replace batch indent round int string dictsort items groupby defined string odd mapping".split(
      " ",
    ),
    "\n",
    "  ",
    "\\",
    "é😀",
  );
  const soup = fc.array(token, { maxLength: 40 }).map((tokens) => tokens.join(" "));
  const blocks = fc
    .array(
      fc.array(token, { maxLength: 8 }).map((t) => t.filter((x) => !/[{%#}]/.test(x)).join(" ")),
      { maxLength: 6 },
    )
    .map((all) => all.map((x) => `{{ ${x} }}`).join(""));

  test("made of random tokens renders or throws a named error, always the same", () => {
    const limits = { maxSteps: 20_000, maxStringLength: 100_000 };
    const outcome = (source: string): string => {
      try {
        const input = {
          messages: [{ role: "user", content: "hi" }],
          extra: { x: [1, "a", { b: 2 }], y: { k: 1.5 } },
        };
        return compileChatTemplate(source, { limits }).render({ ...input, now: new Date(0) });
      } catch (error) {
        expect(error).toBeInstanceOf(ChatError);
        return `${(error as ChatError).code} ${(error as ChatError).message}`;
      }
    };
    fc.assert(
      fc.property(fc.oneof(soup, blocks), (source) => {
        expect(outcome(source)).toBe(outcome(source));
      }),
      { numRuns: 1500 },
    );
  });
});

test("text without marks renders as itself, less one final line end", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }).filter((s) => !/\{[{%#]/.test(s)),
      (text) => {
        expect(render(text)).toBe(text.replace(/\r\n?/g, "\n").replace(/\n$/, ""));
      },
    ),
  );
});

test("tojson gives back the data it was given", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(render("{{ v|tojson }}", { v: value }))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(render("{{ v|tojson(indent=2, ensure_ascii=true) }}", { v: value }))).toEqual(
        JSON.parse(JSON.stringify(value)),
      );
    }),
  );
});

test("the default template is ChatML", () => {
  const messages: ChatMessage[] = [
    { role: "system", content: "s" },
    { role: "user", content: "u" },
    { role: "assistant", content: null },
  ];
  const template = defaultTemplate();
  expect(template.render({ messages })).toBe(
    "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n<|im_end|>\n",
  );
  expect(template.render({ messages: messages.slice(1, 2), addGenerationPrompt: true })).toBe(
    "<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n",
  );
});
