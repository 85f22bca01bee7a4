import { expect, test } from "bun:test";
import { compileChatTemplate } from "../../src/index.ts";

const render = (source: string, extra: Record<string, unknown> = {}) =>
  compileChatTemplate(source).render({ messages: [], extra });

/** Cases that Python prints with an address, or that JSON fixtures cannot hold. */
const CASES: [string, string, Record<string, unknown>?][] = [
  [
    "{{ x is odd }} {{ x is even }} {{ 4.0 is divisibleby 2 }} {{ {'a': 1} is lower }} {{ [1]|truncate }}",
    "False False True True [1]",
    { x: 2.5 },
  ],
  ["{{ range }} {{ [1]|map('upper') }} {{ cycler(1) }}", "<function 'range'> <generator object> <Cycler>"],
  ["{{ namespace(a=1) }} {{ [nope] }} {{ ['<'|safe] }}", "<Namespace {'a': 1}> [Undefined] [Markup('<')]"],
  ["{{ '{{x}}'.format(x=1) }}", "{x}"],
  ["{{ '{a[0].b}{c[k]}'.format(a=[{'b': 1}], c={'k': 2}) }}", "12"],
  [
    "{{ '{:^7}|{:=+6d}|{:.1%}|{:e}|{:g}|{:X}|{!s:>3}'.format('a', 5, 0.256, 1.5, 0.5, 255, 1) }}",
    "   a   |+    5|25.6%|1.500000e+00|0.5|FF|  1",
  ],
  ["{{ '{:.2}|{:f}'.format('abc', 'inf'|float) }}", "ab|inf"],
  ["{{ '{:>4}'.format(true) }}{{ '{}'.format(true) }}", "   1True"],
  [
    "{{ '%c%c' % (65, 'b') }}{{ '%.1e' % 0.5 }}{{ '%g' % 0 }}{{ '%o' % 8 }}{{ '%#x' % 255 }}{{ '%F' % ('nan'|float) }}",
    "Ab5.0e-01010" + "0xffNAN",
  ],
  ["{{ '%.0f %.0f %.1f' % (0.5, 1.5, 1e22) }}", "0 2 10000000000000000000000.0"],
  ["{{ 1e308 * 10 }} {{ -1e308 * 10 }} {{ -0.0 }} {{ ('nan'|float) }}", "inf -inf -0.0 nan"],
  ["{{ [1e308 * 10, -1e308 * 10, 'nan'|float]|tojson }}", "[Infinity, -Infinity, NaN]"],
  ["{{ ('nan'|float) == ('nan'|float) }} {{ ('nan'|float) < 1 }}", "False False"],
  [
    "{{ range(3) == range(0, 3) }} {{ range(0) == range(5, 5) }} {{ range(3) == range(4) }} {{ range(1, 2) == range(1, 3, 2) }}",
    "True True False True",
  ],
  [
    "{{ {1: 'a', 1.0: 'b', true: 'c', 1.5: 'd', none: 'e', (1, 'x'): 'f'} }}",
    "{1: 'c', 1.5: 'd', None: 'e', (1, 'x'): 'f'}",
  ],
  ["{{ {(1, (2,)): 3}[(1, (2,))] }} {{ d[1, 2] is defined }}", "3 False", { d: {} }],
  ["{{ d }} {{ d['\\x00k'] }}", "{'\\x00k': 1} 1", { d: { "\0k": 1 } }],
  ["{{ 'ǆ'.capitalize() }} {{ 'ﬁ'.capitalize() }}", "ǅ Fi"],
  ["{{ '\\U0001F600a'.strip('\\U0001F600') }} {{ 'a\\U0001F600'.rstrip('\\U0001F600') }}", "a a"],
  [
    "{{ '\\U0001F600b'.find('b') }} {{ '\\U0001F600b'.count('') }} {{ '\\U0001F600'.replace('', '-') }}",
    "1 3 -😀-",
  ],
  [
    "{{ 'abc'.find('a', 5) }} {{ 'abc'.count('a', 5) }} {{ 'abc'.find('c', -1) }} {{ 'abc'.startswith('a', 5) }}",
    "-1 0 2 False",
  ],
  ["{{ [1, 2, 3].index(3, -2) }} {{ [1, 2, 1].index(1, 1, 3) }} {{ (1, 2).copy is defined }}", "2 2 False"],
  ["{{ 1 in {1: 2}.keys() }} {{ 2 in {1: 2}.values() }} {{ {1: 2}.items()|length }}", "True True 1"],
  ["{% for x in range(3)|map('string') %}{{ loop.length }}{{ loop.revindex }}{% endfor %}", "333231"],
  [
    "{% for x in range(3)|map('string') %}{{ loop.last }}{{ loop.length }} {% endfor %}",
    "False3 False3 True3 ",
  ],
  ["{% for x in xs if not ns.done %}{{ x }}{% set ns.done = true %}{% endfor %}", "", { xs: [] }],
  [
    "{% set ns = namespace(done=false) %}{% for x in [1, 2] if not ns.done %}{{ x }}{% set ns.done = true %}{% endfor %}",
    "1",
  ],
  ["{{ dict([(1, 2)]) }} {{ namespace({'a': 1}).a }} {{ dict() }}", "{1: 2} 1 {}"],
  ["{{ x is sameas x }} {{ [x, y] == [y, x] }}", "True True", { x: [1], y: [1] }],
  [
    "{{ {'a': 1} == {'b': 1} }} {{ {'a': 1} == {} }} {{ range == range }} {{ range == 1 }}",
    "False False True False",
  ],
  ["{{ '😀' < 'é' }} {{ '😀' < '😀a' }} {{ '\\ue000' < '😀' }} {{ [1] < [1, 2] }}", "False True True True"],
  ["{{ 'x' if nope else 'y' }}{{ loop is defined }}{{ 3.7|string|float|int }}", "yFalse3"],
  [
    "{{ {'a': 1}|urlencode }} {{ [['k', 'v w']]|urlencode }} {{ 5|urlencode }} {{ \"!'()*\"|urlencode }}",
    "a=1 k=v+w 5 %21%27%28%29%2A",
  ],
  [
    "{{ -1e400|round(1) }} {{ 15|round(-1) }} {{ 25.0|round(-1) }} {{ 5.5|round(-400) }} {{ -2.5|round }}",
    "-inf 20 20.0 0.0 -2.0",
  ],
  ["{{ '-inf'|float }} {{ '+nan'|float }} {{ '5' * 5000|int }}", `-inf nan ${"5".repeat(5000)}`],
  [
    "{{ ('5' * 5000)|int }} {{ ('5' * 5001)|float }} {{ 'z'|int(base=36) }} {{ '0b11'|int(base=0) }} {{ '0x1'|int(base=2) }}",
    "0 inf 35 3 0",
  ],
  ["{{ 'é😀'|tojson(ensure_ascii=true) }}", '"\\u00e9\\ud83d\\ude00"'],
  ["{{ {'b': 1, 'a': {'d': 1, 'c': 2}}|tojson(sort_keys=true) }}", '{"a": {"c": 2, "d": 1}, "b": 1}'],
  ["{{ range(2)|list|tojson(indent=0) }}", "[\n0,\n1\n]"],
  [
    "{{ range(9)[2:8:2] }} {{ range(9)[::-1]|list|first }} {{ range(5)[7] is defined }} {{ range(2).stop }} {{ range(2).x is defined }}",
    "range(2, 8, 2) 8 False 2 False",
  ],
  ["{{ (1, 2, 3)[::-1] }} {{ 'abc'[none:2] }}", "(3, 2, 1) ab"],
  ["{{ [1] * (1, 2)|length }} {{ (1,) * 2 }} {{ [] * 99 }} {{ '' * 99 }}|", "[1, 1] (1, 1) [] |"],
];

for (const [source, expected, extra] of CASES) {
  test(source, () => expect(render(source, extra)).toBe(expected));
}

test("a limit on the length of a repeated empty range costs nothing", () => {
  expect(render("{{ range(5, 1)|list }}{{ range(99999)|length }}")).toBe("[]99999");
});
