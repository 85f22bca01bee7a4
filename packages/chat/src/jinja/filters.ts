import { arithmetic, rewrap } from "./arithmetic.ts";
import { attributeOf } from "./attributes.ts";
import { fail } from "./fault.ts";
import { toJson } from "./json.ts";
import { fixed, percentFormat } from "./percent-format.ts";
import { bind, collect, payToRead, type Runtime } from "./runtime.ts";
import { capitalize, center, replaceText, splitLines, strip } from "./string-methods.ts";
import { getItem } from "./subscript.ts";
import { runTest } from "./tests.ts";
import { escapeHtml, str } from "./text.ts";
import {
  type Arguments,
  codePointLength,
  codePoints,
  compare,
  Dict,
  equals,
  indexOf,
  isIterable,
  isTrue,
  itemsOf,
  iterate,
  Lazy,
  lengthOf,
  Markup,
  numberOf,
  orElse,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

type Given = Value | undefined;
/** `args` in the order of the filter's parameter names; an absent one is `undefined`. */
type Bound = (value: Value, args: Given[], rt: Runtime) => Value;
export type Filter = (value: Value, args: Arguments, rt: Runtime) => Value;

/** A str or Markup as it is, any other value as its text (`soft_str` of markupsafe). */
function soft(value: Value, rt: Runtime): string | Markup {
  return value instanceof Markup ? value : str(value, rt.budget);
}

function textual(change: (text: string, rt: Runtime) => string): Bound {
  return (value, _, rt) => {
    const text = soft(value, rt);
    const plain = textOf(text)!;
    rt.budget.text(plain.length);
    return rewrap(text, change(plain, rt));
  };
}

function given(value: Given, fallback: boolean): boolean {
  return value === undefined ? fallback : isTrue(value);
}

function integer(value: Given, fallback: number, what: string): number {
  return value === undefined || value === null ? fallback : indexOf(value, what);
}

function list(value: Value, rt: Runtime): Value[] {
  return collect(iterate(value), rt.budget);
}

/** What `attribute="a.b.0"` picks from an item; null or absent picks the item itself. */
function getter(attribute: Given, rt: Runtime, fallback: Given = undefined): (item: Value) => Value {
  if (attribute === undefined || attribute === null) return (item) => item;
  const path = textOf(attribute);
  const parts: Value[] =
    path === null
      ? [attribute]
      : path.split(".").map((part) => (/^\d{1,9}$/.test(part) ? BigInt(part) : part));
  return (item) => {
    let value: Value = item;
    for (const part of parts) {
      value = getItem(value, part, rt);
      if (value instanceof Undefined && fallback !== undefined && fallback !== null) value = fallback;
    }
    return value;
  };
}

function foldCase(value: Value, caseSensitive: boolean): Value {
  const text = caseSensitive ? null : textOf(value);
  return text === null ? value : text.toLowerCase();
}

/** Stable sort by Python's `<`. */
function sorted<T>(items: readonly T[], key: (item: T) => Value, reverse: boolean, rt: Runtime): T[] {
  rt.budget.list(items.length);
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => {
    const order = compare(a.key, b.key, "<", rt.budget);
    return reverse ? -order : order;
  });
  return keyed.map(({ item }) => item);
}

function extreme(sign: 1 | -1): Bound {
  return (value, [caseSensitive, attribute], rt) => {
    const pick = getter(attribute, rt);
    const key = (item: Value) => foldCase(pick(item), given(caseSensitive, false));
    const items = list(value, rt);
    if (items.length === 0) return new Undefined("No aggregated item, sequence was empty.");
    let best: Value = items[0]!;
    for (const item of items.slice(1)) {
      if (compare(key(item), key(best), sign === 1 ? ">" : "<", rt.budget) * sign > 0) best = item;
    }
    return best;
  };
}

function* chunks(value: Value, size: number, fill: Given, rt: Runtime): Generator<Value> {
  const items = list(value, rt);
  for (let i = 0; i < items.length; i += size) {
    const chunk = items.slice(i, i + size);
    if (fill !== undefined && fill !== null) {
      rt.budget.list(size);
      while (chunk.length < size) chunk.push(fill);
    }
    yield chunk;
  }
}

function* columns(value: Value, count: number, fill: Given, rt: Runtime): Generator<Value> {
  const items = list(value, rt);
  const per = Math.floor(items.length / count);
  const extra = items.length % count;
  let start = 0;
  for (let i = 0; i < count; i++) {
    rt.budget.spend(1);
    const end = start + per + (i < extra ? 1 : 0);
    const column = items.slice(start, end);
    if (fill !== undefined && fill !== null && i >= extra && extra > 0) column.push(fill);
    start = end;
    yield column;
  }
}

/** The results of `change`; absent ones are left out. */
function* each(value: Value, rt: Runtime, change: (item: Value) => Value | undefined): Generator<Value> {
  const iterator = iterate(value);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    rt.budget.spend(1);
    const result = change(next.value);
    if (result !== undefined) yield result;
  }
}

/** `map`, `select` and their kin take any false value, None included, for an empty list. */
function orEmpty(value: Value): Value {
  return isTrue(value) || value instanceof Lazy ? value : [];
}

/** `select` and its kin: `byAttribute` takes the attribute first; then the name of a test and its arguments. */
function selection(keep: boolean, byAttribute: boolean): Filter {
  return (value, { positional, named }, rt) => {
    const rest = [...positional];
    if (byAttribute && rest.length === 0) fail("the filter needs the name of an attribute");
    const pick = byAttribute ? getter(rest.shift(), rt) : (item: Value) => item;
    const test = rest.shift();
    const name = test === undefined ? null : (textOf(test) ?? fail("the name of a test must be str"));
    const holds = (item: Value) =>
      name === null ? isTrue(pick(item)) : runTest(name, pick(item), { positional: rest, named }, rt);
    return new Lazy(each(orEmpty(value), rt, (item) => (holds(item) === keep ? item : undefined)));
  };
}

const map: Filter = (value, { positional, named }, rt) => {
  if (positional.length === 0) {
    const [attribute, fallback] = bind(
      "the filter 'map'",
      { positional, named },
      ["attribute", "default"],
      1,
    );
    return new Lazy(each(orEmpty(value), rt, getter(attribute, rt, fallback)));
  }
  const name = textOf(positional[0]!) ?? fail("the name of a filter must be str");
  const args = { positional: positional.slice(1), named };
  return new Lazy(each(orEmpty(value), rt, (item) => runFilter(name, item, args, rt)));
};

/** Python's own bound on converting text to an integer (sys.int_info). */
const MAX_DIGITS = 4300;

/** Text of a number as `int()` and `float()` read it; null where they raise ValueError. */
function parseInteger(text: string, base: number): bigint | null {
  const match = /^([+-]?)(0[xX]|0[oO]|0[bB])?([0-9a-zA-Z]+(?:_[0-9a-zA-Z]+)*)$/.exec(strip(text, null));
  if (match === null || match[3]!.length > MAX_DIGITS) return null;
  const prefixBase = PREFIX_BASE.get((match[2] ?? "").toLowerCase());
  if (prefixBase !== undefined && base !== 0 && base !== prefixBase) return null;
  const radix = base === 0 ? (prefixBase ?? 10) : base;
  let value = 0n;
  for (const char of match[3]!.replaceAll("_", "").toLowerCase()) {
    const digit = Number.parseInt(char, 36);
    if (digit >= radix) return null;
    value = value * BigInt(radix) + BigInt(digit);
  }
  return match[1] === "-" ? -value : value;
}

const PREFIX_BASE: ReadonlyMap<string, number> = new Map([
  ["0x", 16],
  ["0o", 8],
  ["0b", 2],
]);

function parseFloatText(text: string): number | null {
  const plain = strip(text, null);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(plain);
  if (special !== null) {
    if (special[2]!.toLowerCase() === "nan") return Number.NaN;
    return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  }
  const isNumber = /^[+-]?(\d+(_\d+)*(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)([eE][+-]?\d+(_\d+)*)?$/.test(plain);
  return isNumber ? Number(plain.replaceAll("_", "")) : null;
}

function toFloat(value: Value): number | null {
  if (value instanceof Undefined) fail(value.message);
  const text = textOf(value);
  if (text !== null) return parseFloatText(text);
  const number = numberOf(value);
  return number === null ? null : Number(number);
}

/** `round(value, precision)`: ties to even, in decimal. */
function roundEven(value: number, precision: number): number {
  if (!Number.isFinite(value) || precision > 100) return value;
  if (precision >= 0) return Math.sign(value) * Number(fixed(Math.abs(value), precision));
  const scale = 10 ** -precision;
  return Number.isFinite(scale) ? Math.sign(value) * Number(fixed(Math.abs(value) / scale, 0)) * scale : 0;
}

const round: Bound = (value, [precision, method]) => {
  if (value instanceof Undefined) fail(value.message);
  const number = numberOf(value) ?? fail(`type ${typeName(value)} cannot be rounded`);
  const digits = Math.max(-400, Math.min(400, integer(precision, 0, "precision")));
  const name = method === undefined ? "common" : textOf(method);
  if (name === "common") {
    if (typeof number === "bigint" && digits >= 0) return number;
    const rounded = roundEven(Number(number), digits);
    return typeof number === "bigint" ? BigInt(rounded) : rounded;
  }
  if (name !== "ceil" && name !== "floor") fail("method must be common, ceil or floor");
  return Math[name as "ceil" | "floor"](Number(number) * 10 ** digits) / 10 ** digits;
};

const indent: Bound = (value, [width, first, blank], rt) => {
  if (value instanceof Undefined) fail(value.message);
  if (textOf(value) === null) fail(`indent needs str, not ${typeName(value)}`);
  const source = soft(value, rt);
  const unit = width === undefined ? "    " : (textOf(width) ?? " ".repeat(boundedWidth(width, rt)));
  const lines = splitLines(`${textOf(source)}\n`);
  rt.budget.text(textOf(source)!.length + lines.length * unit.length);
  const rest = lines.slice(1).map((line) => (line !== "" || given(blank, false) ? unit + line : line));
  const body = [lines[0]!, ...rest].join("\n");
  return rewrap(source, given(first, false) ? unit + body : body);
};

function boundedWidth(width: Value, rt: Runtime): number {
  const count = Math.max(0, indexOf(width, "the width"));
  rt.budget.text(count);
  return count;
}

const tojson: Bound = (value, [ensureAscii, indentation, separators, sortKeys], rt) => {
  const level = indentation ?? null;
  const indent = level === null ? null : (textOf(level) ?? " ".repeat(boundedWidth(level, rt)));
  const pair = separators === undefined || separators === null ? null : itemsOf(separators);
  const [item, key] = pair ?? [indent === null ? ", " : ",", ": "];
  const style = {
    ensureAscii: given(ensureAscii, false),
    indent,
    itemSeparator: textOf(item!) ?? fail("separators must be two strings"),
    keySeparator: textOf(key ?? null) ?? fail("separators must be two strings"),
    sortKeys: given(sortKeys, false),
  };
  return toJson(value, style, rt.budget);
};

const join: Bound = (value, [separator, attribute], rt) => {
  const between = separator === undefined ? "" : str(separator, rt.budget);
  const pick = getter(attribute, rt);
  const parts: string[] = [];
  let size = 0;
  for (const item of list(value, rt)) {
    const part = str(pick(item), rt.budget);
    size += part.length + between.length;
    rt.budget.concat(size);
    parts.push(part);
  }
  rt.budget.text(size);
  return parts.join(between);
};

const reverse: Bound = (value, _, rt) => {
  const text = textOf(value);
  if (text !== null) return codePoints(text).reverse().join("");
  if (!isIterable(value)) fail("argument must be iterable");
  const items = list(value, rt).reverse();
  return value instanceof Lazy ? items : new Lazy(items[Symbol.iterator]());
};

const last: Bound = (value, _, rt) => {
  if (value instanceof Lazy) fail("'generator' object is not reversible");
  const text = textOf(value);
  const items = text === null ? list(value, rt) : codePoints(text);
  return orElse(items.at(-1), () => new Undefined("No last item, sequence was empty."));
};

const first: Bound = (value) => {
  const next = iterate(value).next();
  return next.done ? new Undefined("No first item, sequence was empty.") : next.value;
};

const groupby: Bound = (value, [attribute, fallback, caseSensitive], rt) => {
  const pick = getter(attribute, rt, fallback);
  const key = (item: Value) => foldCase(pick(item), given(caseSensitive, false));
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(list(value, rt), key, false, rt)) {
    const current = groups.at(-1);
    if (current !== undefined && equals(current.key, key(item), rt.budget)) current.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map(({ items }) => new Tuple([pick(items[0]!), items], ["grouper", "list"]));
};

const sort: Bound = (value, [reversed, caseSensitive, attribute], rt) => {
  const path = attribute === undefined ? null : textOf(attribute);
  const getters = path === null ? [getter(attribute, rt)] : path.split(",").map((part) => getter(part, rt));
  const key = (item: Value): Value[] =>
    getters.map((pick) => foldCase(pick(item), given(caseSensitive, false)));
  return sorted(list(value, rt), key, given(reversed, false), rt);
};

const dictsort: Bound = (value, [caseSensitive, by, reversed], rt) => {
  if (!(value instanceof Dict)) return fail(`dictsort needs a dict, not ${typeName(value)}`);
  const part = by === undefined ? "key" : textOf(by);
  if (part !== "key" && part !== "value") fail('You can only sort by either "key" or "value"');
  const key = (pair: [Value, Value]) => foldCase(pair[part === "key" ? 0 : 1], given(caseSensitive, false));
  return sorted(value.entries(), key, given(reversed, false), rt).map((pair) => new Tuple(pair));
};

const unique: Bound = (value, [caseSensitive, attribute], rt) => {
  const pick = getter(attribute, rt);
  const seen = new Dict();
  return new Lazy(
    each(value, rt, (item) => {
      const key = foldCase(pick(item), given(caseSensitive, false));
      if (seen.has(key)) return undefined;
      seen.set(key, true);
      return item;
    }),
  );
};

const sum: Bound = (value, [attribute, start], rt) => {
  let total = orElse(start, () => 0n);
  if (textOf(total) !== null) fail("sum() can't sum strings");
  for (const item of each(value, rt, getter(attribute, rt))) total = arithmetic("+", total, item, rt.budget);
  return total;
};

const truncate: Bound = (value, [length, killWords, ending, leeway], rt) => {
  const end = ending === undefined ? "..." : str(ending, rt.budget);
  const most = integer(length, 255, "length");
  const keep = most - codePointLength(end);
  if (keep < 0) fail(`expected length >= ${codePointLength(end)}, got ${most}`);
  const size = lengthOf(value) ?? fail(`object of type '${typeName(value)}' has no len()`);
  if (size <= most + integer(leeway, 5, "leeway")) return value;
  const chars = codePoints(textOf(value) ?? fail(`truncate cannot cut ${typeName(value)}`));
  const cut = chars.slice(0, keep).join("");
  const space = given(killWords, false) ? -1 : cut.lastIndexOf(" ");
  return rewrap(value, (space === -1 ? cut : cut.slice(0, space)) + end);
};

/** Characters `urllib.parse.quote` leaves: letters, digits, `_.-~` and `/`. */
function quote(value: Value, rt: Runtime, slash: boolean): string {
  const text = str(value, rt.budget).toWellFormed();
  rt.budget.text(text.length * 3);
  const quoted = encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return slash ? quoted.replaceAll("%2F", "/") : quoted.replaceAll("%20", "+");
}

const urlencode: Bound = (value, _, rt) => {
  if (textOf(value) !== null || !isIterable(value)) return quote(value, rt, true);
  const pairs = value instanceof Dict ? value.entries() : list(value, rt).map((item) => list(item, rt));
  return pairs
    .map((pair: Value[]) => {
      if (pair.length !== 2) fail("urlencode needs pairs of name and value");
      return pair.map((item) => quote(item, rt, false)).join("=");
    })
    .join("&");
};

const length: Bound = (value) => {
  const size = lengthOf(value);
  return size === null ? fail(`object of type '${typeName(value)}' has no len()`) : BigInt(size);
};

const safe: Bound = (value, _, rt) => (value instanceof Markup ? value : new Markup(str(value, rt.budget)));

const defaulted: Bound = (value, [fallback, falsy]) =>
  value instanceof Undefined || (given(falsy, false) && !isTrue(value)) ? orElse(fallback, () => "") : value;

const toInteger: Bound = (value, [fallback, base], rt) => {
  const text = textOf(value);
  rt.budget.spend(Math.min(MAX_DIGITS, text?.length ?? 0));
  const whole = text === null ? null : parseInteger(text, integer(base, 10, "base"));
  if (whole !== null) return whole;
  const number = text === null ? numberOf(value) : null;
  if (typeof number === "bigint") return number;
  const float = toFloat(value);
  return float === null || !Number.isFinite(float) ? orElse(fallback, () => 0n) : BigInt(Math.trunc(float));
};

const absolute: Bound = (value) => {
  if (value instanceof Undefined) fail(value.message);
  const number = numberOf(value) ?? fail(`bad operand type for abs(): '${typeName(value)}'`);
  return number < 0 ? -number : number;
};

const size = (value: Value, what: string): number => {
  const count = indexOf(value, what);
  return count > 0 ? count : fail(`${what} must be positive`);
};

const replace: Bound = (value, [old, by, count], rt) =>
  replaceText(
    str(value, rt.budget),
    str(old!, rt.budget),
    str(by!, rt.budget),
    integer(count, -1, "count"),
    rt.budget,
  );

/** [names, parameters, how many are required, implementation] */
const BOUND: readonly [string, readonly string[], number, Bound][] = [
  ["abs", [], 0, absolute],
  [
    "attr",
    ["name"],
    1,
    (value, [name], rt) => {
      if (value instanceof Undefined) fail(value.message);
      const text = textOf(name!) ?? "";
      return orElse(
        attributeOf(value, text, rt),
        () => new Undefined(`'${typeName(value)} object' has no attribute '${text}'`),
      );
    },
  ],
  [
    "batch",
    ["linecount", "fill_with"],
    1,
    (value, [count, fill], rt) => new Lazy(chunks(value, size(count!, "linecount"), fill, rt)),
  ],
  ["capitalize", [], 0, textual(capitalize)],
  [
    "center",
    ["width"],
    0,
    (value, [width], rt) => {
      const text = soft(value, rt);
      return rewrap(text, center(textOf(text)!, integer(width, 80, "width"), " ", rt.budget));
    },
  ],
  ["count length", [], 0, length],
  ["d default", ["default_value", "boolean"], 0, defaulted],
  ["dictsort", ["case_sensitive", "by", "reverse"], 0, dictsort],
  ["e escape", [], 0, (value, _, rt) => escapeHtml(value, rt.budget)],
  ["first", [], 0, first],
  [
    "float",
    ["default"],
    0,
    (value, [fallback]) => {
      const float = toFloat(value);
      return float === null ? orElse(fallback, () => 0) : float;
    },
  ],
  ["forceescape", [], 0, (value, _, rt) => escapeHtml(str(value, rt.budget), rt.budget)],
  ["groupby", ["attribute", "default", "case_sensitive"], 1, groupby],
  ["indent", ["width", "first", "blank"], 0, indent],
  ["int", ["default", "base"], 0, toInteger],
  [
    "items",
    [],
    0,
    (value) => {
      if (value instanceof Undefined) return new Lazy([][Symbol.iterator]());
      if (!(value instanceof Dict)) return fail("Can only get item pairs from a mapping.");
      return new Lazy(
        value
          .entries()
          .map((pair) => new Tuple(pair))
          [Symbol.iterator](),
      );
    },
  ],
  ["join", ["d", "attribute"], 0, join],
  ["last", [], 0, last],
  ["list", [], 0, (value, _, rt) => list(value, rt)],
  ["lower", [], 0, textual((text) => text.toLowerCase())],
  ["max", ["case_sensitive", "attribute"], 0, extreme(1)],
  ["min", ["case_sensitive", "attribute"], 0, extreme(-1)],
  ["replace", ["old", "new", "count"], 2, replace],
  ["reverse", [], 0, reverse],
  ["round", ["precision", "method"], 0, round],
  ["safe", [], 0, safe],
  [
    "slice",
    ["slices", "fill_with"],
    1,
    (value, [count, fill], rt) => new Lazy(columns(value, size(count!, "slices"), fill, rt)),
  ],
  ["sort", ["reverse", "case_sensitive", "attribute"], 0, sort],
  ["string", [], 0, (value, _, rt) => soft(value, rt)],
  ["sum", ["attribute", "start"], 0, sum],
  [
    "title",
    [],
    0,
    textual((text) =>
      text
        .split(/([-\s({[<]+)/)
        .map((part) => {
          const [head = ""] = codePoints(part.slice(0, 2));
          return head.toUpperCase() + part.slice(head.length).toLowerCase();
        })
        .join(""),
    ),
  ],
  ["tojson", ["ensure_ascii", "indent", "separators", "sort_keys"], 0, tojson],
  [
    "trim",
    ["chars"],
    0,
    (value, [chars], rt) => {
      const text = soft(value, rt);
      const set = chars === undefined || chars === null ? null : str(chars, rt.budget);
      return rewrap(text, strip(textOf(text)!, set));
    },
  ],
  ["truncate", ["length", "killwords", "end", "leeway"], 0, truncate],
  ["unique", ["case_sensitive", "attribute"], 0, unique],
  ["upper", [], 0, textual((text) => text.toUpperCase())],
  ["urlencode", [], 0, urlencode],
  [
    "wordcount",
    [],
    0,
    (value, _, rt) => BigInt(str(value, rt.budget).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
  ],
];

const format: Filter = (value, { positional, named }, rt) => {
  if (positional.length > 0 && named.size > 0) fail("can't handle positional and keyword arguments at once");
  const dict = new Dict();
  for (const [name, item] of named) dict.set(name, item);
  const text = soft(value, rt);
  return rewrap(text, percentFormat(textOf(text)!, named.size > 0 ? dict : new Tuple(positional), rt.budget));
};

export const filters: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...BOUND.flatMap(([names, parameters, needed, filter]) =>
    names
      .split(" ")
      .map((name): [string, Filter] => [
        name,
        (value, args, rt) => filter(value, bind(`the filter '${name}'`, args, parameters, needed), rt),
      ]),
  ),
  ["format", format],
  ["map", map],
  ["select", selection(true, false)],
  ["reject", selection(false, false)],
  ["selectattr", selection(true, true)],
  ["rejectattr", selection(false, true)],
]);

/** `value|name(args)`. Fails for a filter that does not exist. */
export function runFilter(name: string, value: Value, args: Arguments, rt: Runtime): Value {
  const filter = filters.get(name);
  if (filter === undefined) return fail(`there is no filter named '${name}'`);
  payToRead([value, ...args.positional], rt.budget);
  return filter(value, args, rt);
}
