import { rewrap } from "./arithmetic.ts";
import type { Method } from "./attributes.ts";
import { braceFormat } from "./brace-format.ts";
import { fail } from "./fault.ts";
import type { Budget } from "./limits.ts";
import { bind, collect, type Runtime } from "./runtime.ts";
import { escapeHtml } from "./text.ts";
import {
  codePointLength,
  codePoints,
  indexOf,
  iterate,
  Markup,
  Tuple,
  textOf,
  typeName,
  type Value,
} from "./values.ts";

type Text = string | Markup;
type TextMethod = (text: string, args: (Value | undefined)[], rt: Runtime, self: Text) => Value;

/** What `str.isspace` holds for: Unicode white space and the separators U+001C to U+001F. */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const IS_SPACE = new RegExp(`^[${SPACE}]$`);
const LINE_END = "\\r\\n|[\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029]";

/** Text without the leading (`left`) and trailing (`right`) characters for which `drop` holds. */
function stripWhere(text: string, drop: (char: string) => boolean, left: boolean, right: boolean): string {
  let start = 0;
  let end = text.length;
  while (left && start < end && drop(charAt(text, start))) start += charAt(text, start).length;
  while (right && end > start && drop(charBefore(text, end))) end -= charBefore(text, end).length;
  return text.slice(start, end);
}

function charAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index)!);
}

function charBefore(text: string, end: number): string {
  const code = end >= 2 ? text.codePointAt(end - 2)! : 0;
  return code > 0xffff ? String.fromCodePoint(code) : text[end - 1]!;
}

/** `str.strip`, `lstrip`, `rstrip`; `chars` null strips white space. */
export function strip(text: string, chars: string | null, left = true, right = true): string {
  const set = new Set(chars === null ? [] : codePoints(chars));
  return stripWhere(text, chars === null ? (c) => IS_SPACE.test(c) : (c) => set.has(c), left, right);
}

/** `str.splitlines()`. */
export function splitLines(text: string, keepEnds = false): string[] {
  const out: string[] = [];
  const ends = new RegExp(LINE_END, "g");
  let start = 0;
  for (const match of text.matchAll(ends)) {
    const end = match.index + match[0].length;
    out.push(text.slice(start, keepEnds ? end : match.index));
    start = end;
  }
  if (start < text.length) out.push(text.slice(start));
  return out;
}

/** `str.capitalize`. */
export function capitalize(text: string): string {
  if (text === "") return text;
  const first = charAt(text, 0);
  return titled(first) + text.slice(first.length).toLowerCase();
}

/** The title case of one character: differs from upper case for ligatures and digraphs only. */
function titled(char: string): string {
  const upper = char.toUpperCase();
  if (DIGRAPHS.has(upper)) return DIGRAPHS.get(upper)!;
  return upper.length > char.length && upper.length > 1 ? upper[0]! + upper.slice(1).toLowerCase() : upper;
}

const DIGRAPHS: ReadonlyMap<string, string> = new Map([
  ["Ǆ", "ǅ"],
  ["Ǉ", "ǈ"],
  ["Ǌ", "ǋ"],
  ["Ǳ", "ǲ"],
]);

/** `str.title`: a cased letter after an uncased character begins a word. */
function title(text: string): string {
  return text.replace(/[\p{Ll}\p{Lu}\p{Lt}]+/gu, (word) => capitalize(word));
}

/** `str.center`. */
export function center(text: string, width: number, fill: string, budget: Budget): string {
  const gap = width - codePointLength(text);
  if (gap <= 0) return text;
  budget.text(width);
  const left = Math.floor(gap / 2) + (gap & width & 1);
  return fill.repeat(left) + text + fill.repeat(gap - left);
}

function padded(where: "left" | "right"): TextMethod {
  return (text, [width, fill], rt) => {
    const char = fill === undefined ? " " : required(fill, "the fill character");
    if (codePointLength(char) !== 1) fail("the fill character must be exactly one character long");
    const gap = Math.max(0, indexOf(width!, "the width") - codePointLength(text));
    rt.budget.text(text.length + gap);
    return where === "left" ? char.repeat(gap) + text : text + char.repeat(gap);
  };
}

function required(value: Value | undefined, what: string): string {
  if (value === undefined) return fail(`${what} is missing`);
  return textOf(value) ?? fail(`${what} must be str, not ${typeName(value)}`);
}

function optionalText(value: Value | undefined, what: string): string | null {
  return value === undefined || value === null ? null : required(value, what);
}

/** Start and end of `text[start:end]` in UTF-16 units, from indices in code points; null where start is past the end. */
function window(text: string, start: Value | undefined, stop: Value | undefined): [number, number] | null {
  if ((start ?? null) === null && (stop ?? null) === null) return [0, text.length];
  const chars = codePoints(text);
  const clamp = (value: Value | undefined, fallback: number): number => {
    if (value === undefined || value === null) return fallback;
    const index = indexOf(value, "an index");
    return Math.max(0, index < 0 ? index + chars.length : index);
  };
  const from = clamp(start, 0);
  const to = Math.min(chars.length, clamp(stop, chars.length));
  if (from > to) return null;
  const unit = (at: number) => chars.slice(0, at).join("").length;
  return [unit(from), unit(to)];
}

function affix(test: (part: string, affix: string) => boolean): TextMethod {
  return (text, [wanted, start, stop]) => {
    const range = window(text, start, stop);
    const options = wanted instanceof Tuple ? wanted.items : [wanted!];
    const texts = options.map((option) => required(option, "the prefix or suffix"));
    return range !== null && texts.some((t) => test(text.slice(...range), t));
  };
}

/** `find` and its kin; `absent` is what to give where the text is not there. */
function search(last: boolean, absent: () => Value): TextMethod {
  return (text, [wanted, start, stop]) => {
    const needle = required(wanted, "the text to find");
    const range = window(text, start, stop);
    if (range === null) return absent();
    const part = text.slice(range[0], range[1]);
    const at = last ? part.lastIndexOf(needle) : part.indexOf(needle);
    return at === -1 ? absent() : BigInt(codePointLength(text.slice(0, range[0] + at)));
  };
}

const notFound = () => fail("substring not found");

function countIn(text: string, needle: string): number {
  if (needle === "") return codePointLength(text) + 1;
  return text.split(needle).length - 1;
}

/** Parts between runs of white space; at most `most` splits, -1 for all. */
function splitSpace(text: string, most: number, fromRight: boolean): string[] {
  const words = [...text.matchAll(new RegExp(`[^${SPACE}]+`, "g"))];
  const texts = words.map((word) => word[0]);
  if (most < 0 || words.length <= most) return texts;
  if (!fromRight) return [...texts.slice(0, most), text.slice(words[most]!.index)];
  const last = words[words.length - most - 1]!;
  return [text.slice(0, last.index + last[0].length), ...texts.slice(words.length - most)];
}

function splitOn(text: string, separator: string, most: number, fromRight: boolean): string[] {
  const parts = text.split(separator);
  if (most < 0 || parts.length <= most + 1) return parts;
  if (fromRight) {
    const head = parts.length - most;
    return [parts.slice(0, head).join(separator), ...parts.slice(head)];
  }
  return [...parts.slice(0, most), parts.slice(most).join(separator)];
}

function split(fromRight: boolean): TextMethod {
  return (text, [separator, maxsplit], rt, self) => {
    rt.budget.text(text.length);
    const most = maxsplit === undefined ? -1 : Math.min(indexOf(maxsplit, "maxsplit"), 1 << 30);
    const on = optionalText(separator, "the separator");
    if (on === "") fail("empty separator");
    const parts = on === null ? splitSpace(text, most, fromRight) : splitOn(text, on, most, fromRight);
    rt.budget.spend(parts.length);
    return parts.map((part) => rewrap(self, part));
  };
}

function partition(fromRight: boolean): TextMethod {
  return (text, [separator]) => {
    const on = required(separator, "the separator");
    if (on === "") fail("empty separator");
    const at = fromRight ? text.lastIndexOf(on) : text.indexOf(on);
    if (at === -1) return new Tuple(fromRight ? ["", "", text] : [text, "", ""]);
    return new Tuple([text.slice(0, at), on, text.slice(at + on.length)]);
  };
}

/** `str.replace`; `count` below zero replaces all. */
export function replaceText(text: string, old: string, by: string, count: number, budget: Budget): string {
  const found = countIn(text, old);
  const times = count < 0 ? found : Math.min(found, count);
  budget.text(text.length + times * Math.max(0, by.length - old.length));
  if (times === 0) return text;
  if (old === "") {
    const chars = codePoints(text);
    const inserted = chars.map((char, i) => (i < times ? by + char : char)).join("");
    return times > chars.length ? inserted + by : inserted;
  }
  return splitOn(text, old, times, false).join(by);
}

function every(pattern: RegExp): TextMethod {
  return (text) => pattern.test(text);
}

/** Cased letters present and all in the wanted case. */
function cased(pattern: RegExp): TextMethod {
  return (text) => /[\p{Lu}\p{Ll}\p{Lt}]/u.test(text) && !pattern.test(text);
}

function swapCase(text: string): string {
  return text.replace(/\p{Ll}+|[\p{Lu}\p{Lt}]+/gu, (run) =>
    /^\p{Ll}/u.test(run) ? run.toUpperCase() : run.toLowerCase(),
  );
}

/** [method, names of its arguments, how many are required, implementation on plain text] */
const METHODS: readonly [string, readonly string[], number, TextMethod][] = [
  ["capitalize", [], 0, (text) => capitalize(text)],
  ["casefold", [], 0, (text) => text.toUpperCase().toLowerCase()],
  [
    "center",
    ["width", "fillchar"],
    1,
    (text, [width, fill], rt) => {
      const char = fill === undefined ? " " : required(fill, "the fill character");
      if (codePointLength(char) !== 1) fail("the fill character must be exactly one character long");
      return center(text, indexOf(width!, "the width"), char, rt.budget);
    },
  ],
  [
    "count",
    ["sub", "start", "end"],
    1,
    (text, [sub, start, stop]) => {
      const range = window(text, start, stop);
      return range === null ? 0n : BigInt(countIn(text.slice(...range), required(sub, "the text to count")));
    },
  ],
  ["endswith", ["suffix", "start", "end"], 1, affix((part, end) => part.endsWith(end))],
  ["startswith", ["prefix", "start", "end"], 1, affix((part, start) => part.startsWith(start))],
  ["find", ["sub", "start", "end"], 1, search(false, () => -1n)],
  ["rfind", ["sub", "start", "end"], 1, search(true, () => -1n)],
  ["index", ["sub", "start", "end"], 1, search(false, notFound)],
  ["rindex", ["sub", "start", "end"], 1, search(true, notFound)],
  ["isalnum", [], 0, every(/^[\p{L}\p{N}]+$/u)],
  ["isalpha", [], 0, every(/^\p{L}+$/u)],
  ["isascii", [], 0, (text) => !/[^\p{ASCII}]/u.test(text)],
  ["isdecimal", [], 0, every(/^\p{Nd}+$/u)],
  ["isdigit", [], 0, every(/^[\p{Nd}²³¹⁰⁴-⁹₀-₉]+$/u)],
  ["isidentifier", [], 0, every(/^[\p{XID_Start}_]\p{XID_Continue}*$/u)],
  ["isnumeric", [], 0, every(/^\p{N}+$/u)],
  ["isspace", [], 0, every(new RegExp(`^[${SPACE}]+$`))],
  ["islower", [], 0, cased(/[\p{Lu}\p{Lt}]/u)],
  ["isupper", [], 0, cased(/[\p{Ll}\p{Lt}]/u)],
  ["istitle", [], 0, (text) => /[\p{Lu}\p{Lt}]/u.test(text) && title(text) === text],
  ["ljust", ["width", "fillchar"], 1, padded("right")],
  ["rjust", ["width", "fillchar"], 1, padded("left")],
  ["lower", [], 0, (text) => text.toLowerCase()],
  ["upper", [], 0, (text) => text.toUpperCase()],
  ["swapcase", [], 0, (text) => swapCase(text)],
  ["title", [], 0, (text) => title(text)],
  ["strip", ["chars"], 0, (text, [chars]) => strip(text, optionalText(chars, "chars"))],
  ["lstrip", ["chars"], 0, (text, [chars]) => strip(text, optionalText(chars, "chars"), true, false)],
  ["rstrip", ["chars"], 0, (text, [chars]) => strip(text, optionalText(chars, "chars"), false, true)],
  ["split", ["sep", "maxsplit"], 0, split(false)],
  ["rsplit", ["sep", "maxsplit"], 0, split(true)],
  ["partition", ["sep"], 1, partition(false)],
  ["rpartition", ["sep"], 1, partition(true)],
  [
    "splitlines",
    ["keepends"],
    0,
    (text, [keep], rt) => {
      const lines = splitLines(text, keep === true);
      rt.budget.spend(lines.length);
      return lines;
    },
  ],
  [
    "removeprefix",
    ["prefix"],
    1,
    (text, [prefix]) => {
      const start = required(prefix, "the prefix");
      return text.startsWith(start) ? text.slice(start.length) : text;
    },
  ],
  [
    "removesuffix",
    ["suffix"],
    1,
    (text, [suffix]) => {
      const end = required(suffix, "the suffix");
      return end !== "" && text.endsWith(end) ? text.slice(0, -end.length) : text;
    },
  ],
  [
    "replace",
    ["old", "new", "count"],
    2,
    (text, [old, by, count], rt, self) => {
      const replacement = self instanceof Markup ? escapeHtml(by!, rt.budget) : by;
      const times = count === undefined ? -1 : indexOf(count, "count");
      return replaceText(text, required(old, "old"), required(replacement, "new"), times, rt.budget);
    },
  ],
  [
    "join",
    ["iterable"],
    1,
    (text, [iterable], rt) => {
      const parts = collect(iterate(iterable!), rt.budget).map((item) => required(item, "an item to join"));
      const size = parts.reduce((sum, part) => sum + part.length + text.length, 0);
      rt.budget.text(size);
      return parts.join(text);
    },
  ],
  [
    "zfill",
    ["width"],
    1,
    (text, [width], rt) => {
      const gap = Math.max(0, indexOf(width!, "the width") - codePointLength(text));
      rt.budget.text(text.length + gap);
      const sign = /^[+-]/.exec(text)?.[0] ?? "";
      return sign + "0".repeat(gap) + text.slice(sign.length);
    },
  ],
];

/** The methods of str. On Markup those that give text give Markup. */
export const stringMethods: ReadonlyMap<string, Method<Text>> = new Map<string, Method<Text>>([
  ...METHODS.map(([name, names, needed, method]): [string, Method<Text>] => [
    name,
    (self, args, rt) => {
      const text = textOf(self)!;
      rt.budget.text(text.length);
      const result = method(text, bind(`str.${name}()`, args, names, needed), rt, self);
      return typeof result === "string" ? rewrap(self, result) : result;
    },
  ]),
  ["format", (self, args, rt) => rewrap(self, braceFormat(textOf(self)!, args, rt))],
]);
