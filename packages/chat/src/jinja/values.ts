import { fail, LimitFault } from "./fault.ts";
import { type Budget, checkValueDepth } from "./limits.ts";

/**
 * A template's value. Integers are bigints and floats numbers, so that `1` and `1.0` stay apart as in Python;
 * lists are arrays, None is null; everything else is one of the classes below. No value of the host's is ever
 * reachable: attributes exist only where `attributes.ts` lists them.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | Markup
  | Tuple
  | Dict
  | DictView
  | Range
  | Lazy
  | Namespace
  | Callable
  | Native
  | Undefined;

/** Text marked as safe (`|safe`, `|escape`): `+` escapes what is joined to it, as markupsafe does. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class Tuple {
  readonly items: readonly Value[];
  /** Names of the items, for the pairs that `|groupby` gives. */
  readonly names: readonly string[];
  constructor(items: readonly Value[], names: readonly string[] = []) {
    this.items = items;
    this.names = names;
  }
}

/** A dict in insertion order. Equal numbers are one key (1, 1.0, true), as in Python. */
export class Dict {
  private readonly map = new Map<string | bigint | number | null | object, { key: Value; value: Value }>();

  get size(): number {
    return this.map.size;
  }

  get(key: Value): Value | undefined {
    return this.map.get(hashKey(key))?.value;
  }

  has(key: Value): boolean {
    return this.map.has(hashKey(key));
  }

  set(key: Value, value: Value): void {
    const hash = hashKey(key);
    const entry = this.map.get(hash);
    if (entry === undefined) this.map.set(hash, { key, value });
    else entry.value = value;
  }

  keys(): Value[] {
    return Array.from(this.map.values(), (e) => e.key);
  }

  values(): Value[] {
    return Array.from(this.map.values(), (e) => e.value);
  }

  entries(): [Value, Value][] {
    return Array.from(this.map.values(), (e) => [e.key, e.value]);
  }
}

/** What `dict.keys()`, `.values()` and `.items()` give. */
export class DictView {
  readonly dict: Dict;
  readonly part: "keys" | "values" | "items";
  constructor(dict: Dict, part: "keys" | "values" | "items") {
    this.dict = dict;
    this.part = part;
  }

  list(): Value[] {
    if (this.part === "keys") return this.dict.keys();
    if (this.part === "values") return this.dict.values();
    return this.dict.entries().map((pair) => new Tuple(pair));
  }
}

export class Range {
  readonly start: number;
  readonly stop: number;
  readonly step: number;
  readonly length: number;
  constructor(start: number, stop: number, step: number) {
    this.start = start;
    this.stop = stop;
    this.step = step;
    this.length = Math.max(0, Math.ceil((stop - start) / step));
  }

  at(index: number): bigint {
    return BigInt(this.start + index * this.step);
  }
}

/** A generator: iterated at most once, no length, no items. */
export class Lazy {
  readonly iterator: Iterator<Value>;
  constructor(iterator: Iterator<Value>) {
    this.iterator = iterator;
  }
}

/** `namespace()`: the one value whose attributes a template can set. */
export class Namespace {
  readonly attributes = new Map<string, Value>();
}

export interface Arguments {
  positional: Value[];
  named: Map<string, Value>;
}

export class Callable {
  readonly name: string;
  readonly typeName: string;
  readonly call: (args: Arguments) => Value;
  constructor(typeName: string, name: string, call: (args: Arguments) => Value) {
    this.typeName = typeName;
    this.name = name;
    this.call = call;
  }
}

/** An object of Jinja's own: `loop`, `cycler`, `joiner`. */
export class Native {
  readonly typeName: string;
  readonly attribute: (name: string) => Value | undefined;
  readonly call: ((args: Arguments) => Value) | null;
  constructor(
    typeName: string,
    attribute: (name: string) => Value | undefined,
    call: ((args: Arguments) => Value) | null = null,
  ) {
    this.typeName = typeName;
    this.attribute = attribute;
    this.call = call;
  }
}

/** Prints as nothing, is false, iterates as empty; any other use fails with `message`. */
export class Undefined {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Python's name of the value's type. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  if (Array.isArray(value)) return "list";
  if (value instanceof Markup) return "Markup";
  if (value instanceof Tuple) return "tuple";
  if (value instanceof Dict) return "dict";
  if (value instanceof DictView) return `dict_${value.part}`;
  if (value instanceof Range) return "range";
  if (value instanceof Lazy) return "generator";
  if (value instanceof Namespace) return "Namespace";
  if (value instanceof Undefined) return "Undefined";
  return value.typeName;
}

/** `value`, or what `fallback` makes where it is absent; None is present. */
export function orElse(value: Value | undefined, fallback: () => Value): Value {
  return value === undefined ? fallback() : value;
}

/** Text of a str or Markup; null for any other value. */
export function textOf(value: Value): string | null {
  if (typeof value === "string") return value;
  return value instanceof Markup ? value.text : null;
}

/** The items of a list or tuple; null for any other value. */
export function itemsOf(value: Value): readonly Value[] | null {
  if (Array.isArray(value)) return value;
  return value instanceof Tuple ? value.items : null;
}

/** bool as 0 or 1, int and float as they are; null for any other value. */
export function numberOf(value: Value): bigint | number | null {
  if (typeof value === "boolean") return value ? 1n : 0n;
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

/** The integer an index, width or count stands for; fails for anything but int and bool. */
export function indexOf(value: Value, what: string): number {
  if (value instanceof Undefined) fail(value.message);
  const number = numberOf(value);
  if (typeof number !== "bigint") return fail(`${what} must be an integer, not ${typeName(value)}`);
  return Number(number);
}

export function isTrue(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "bigint") return value !== 0n;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") return value !== "";
  return lengthOf(value) !== 0;
}

/** `len(value)`, strings in code points; null where Python has no length. */
export function lengthOf(value: Value): number | null {
  const text = textOf(value);
  if (text !== null) return codePointLength(text);
  const items = itemsOf(value);
  if (items !== null) return items.length;
  if (value instanceof Dict) return value.size;
  if (value instanceof DictView) return value.dict.size;
  if (value instanceof Range) return value.length;
  if (value instanceof Undefined) return 0;
  if (value instanceof Native) {
    const length = value.attribute("__len__");
    return typeof length === "bigint" ? Number(length) : null;
  }
  return null;
}

const SURROGATE = /[\ud800-\udfff]/;

export function codePointLength(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let length = 0;
  for (const _ of text) length++;
  return length;
}

/** The code points of a string, each as a string. */
export function codePoints(text: string): string[] {
  return SURROGATE.test(text) ? Array.from(text) : text.split("");
}

/** `text[index]` in code points, negative from the end. */
export function codePointAt(text: string, index: number): string | undefined {
  return SURROGATE.test(text) ? Array.from(text).at(index) : text.at(index);
}

/** Iterates as Python would; fails for what is not iterable. */
export function iterate(value: Value): Iterator<Value> {
  const text = textOf(value);
  if (text !== null) return codePoints(text)[Symbol.iterator]();
  const items = itemsOf(value);
  if (items !== null) return items[Symbol.iterator]();
  if (value instanceof Dict) return value.keys()[Symbol.iterator]();
  if (value instanceof DictView) return value.list()[Symbol.iterator]();
  if (value instanceof Range) return rangeItems(value);
  if (value instanceof Lazy) return value.iterator;
  if (value instanceof Undefined) return [][Symbol.iterator]();
  return fail(`'${typeName(value)}' object is not iterable`);
}

function* rangeItems(range: Range): Generator<Value> {
  for (let i = 0; i < range.length; i++) yield range.at(i);
}

export function isIterable(value: Value): boolean {
  if (value instanceof Lazy) return true;
  return !(value instanceof Native) && lengthOf(value) !== null;
}

function hashKey(key: Value): string | bigint | number | null | object {
  if (typeof key === "string") return key.charCodeAt(0) === 0 ? `\0s${key}` : key;
  if (key === null || typeof key === "bigint") return key;
  if (typeof key === "boolean") return key ? 1n : 0n;
  if (typeof key === "number") return Number.isInteger(key) ? BigInt(key) : key;
  if (key instanceof Markup) return hashKey(key.text);
  if (key instanceof Tuple) return tupleHash(key, 0);
  if (Array.isArray(key) || key instanceof Dict) return fail(`unhashable type: '${typeName(key)}'`);
  return key instanceof Undefined ? "\0u" : key;
}

/** Longest text that stands for a tuple used as a key. */
const MAX_TUPLE_HASH = 1 << 12;

function tupleHash(tuple: Tuple, depth: number): string {
  checkValueDepth(depth);
  let text = "\0t";
  for (const item of tuple.items) {
    const hash = item instanceof Tuple ? tupleHash(item, depth + 1) : hashKey(item);
    if (typeof hash === "object" && hash !== null) fail(`unhashable type: '${typeName(item)}'`);
    const part = String(hash);
    text += `${typeof hash}${part.length}:${part},`;
    if (text.length > MAX_TUPLE_HASH) throw new LimitFault("tuple key length", MAX_TUPLE_HASH);
  }
  return text;
}

/** Python's `==`. */
export function equals(a: Value, b: Value, budget: Budget, depth = 0): boolean {
  checkValueDepth(depth);
  budget.spend(1);
  if (a === b) return true;
  const x = numberOf(a);
  const y = numberOf(b);
  // biome-ignore lint/suspicious/noDoubleEquals: an int and a float compare by value, exactly
  if (x !== null || y !== null) return x !== null && y !== null && x == y;
  const s = textOf(a);
  if (s !== null) {
    budget.read(s);
    return s === textOf(b);
  }
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b, budget, depth);
  if (a instanceof Tuple) return b instanceof Tuple && sameItems(a.items, b.items, budget, depth);
  if (a instanceof Dict) return b instanceof Dict && sameEntries(a, b, budget, depth);
  if (a instanceof Undefined) return b instanceof Undefined;
  if (a instanceof Range) return b instanceof Range && sameRange(a, b);
  return false;
}

function sameItems(a: readonly Value[], b: readonly Value[], budget: Budget, depth: number): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i]!, budget, depth + 1));
}

function sameEntries(a: Dict, b: Dict, budget: Budget, depth: number): boolean {
  if (a.size !== b.size) return false;
  budget.list(a.size);
  return a.entries().every(([key, value]) => {
    const other = b.get(key);
    return other !== undefined && equals(value, other, budget, depth + 1);
  });
}

function sameRange(a: Range, b: Range): boolean {
  if (a.length !== b.length) return false;
  return a.length === 0 || (a.start === b.start && (a.length === 1 || a.step === b.step));
}

/** Negative, zero or positive as Python orders `a` and `b`; NaN where neither order holds. Fails for unordered types. */
export function compare(a: Value, b: Value, operator: string, budget: Budget, depth = 0): number {
  checkValueDepth(depth);
  budget.spend(1);
  for (const value of [a, b]) if (value instanceof Undefined) fail(value.message);
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null && y !== null)
    return x < y ? -1 : x > y ? 1 : x === y || equals(x, y, budget) ? 0 : Number.NaN;
  const s = textOf(a);
  const t = textOf(b);
  if (s !== null && t !== null) {
    budget.read(s);
    budget.read(t);
    return compareText(s, t);
  }
  const sameKind = Array.isArray(a) ? Array.isArray(b) : a instanceof Tuple && b instanceof Tuple;
  if (!sameKind) {
    fail(`'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
  }
  const p = itemsOf(a)!;
  const q = itemsOf(b)!;
  for (let i = 0; i < p.length && i < q.length; i++) {
    if (!equals(p[i]!, q[i]!, budget, depth + 1)) return compare(p[i]!, q[i]!, operator, budget, depth + 1);
  }
  return p.length - q.length;
}

/** Order by code point; UTF-16 units order surrogates before U+E000. */
export function compareText(a: string, b: string): number {
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : a > b ? 1 : 0;
  const p = codePoints(a);
  const q = codePoints(b);
  for (let i = 0; i < p.length && i < q.length; i++) {
    const difference = p[i]!.codePointAt(0)! - q[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return p.length - q.length;
}
