import { rewrap } from "./arithmetic.ts";
import { attributeOf } from "./attributes.ts";
import { fail } from "./fault.ts";
import { payToRead, type Runtime } from "./runtime.ts";
import { repr } from "./text.ts";
import {
  codePointAt,
  codePoints,
  Dict,
  indexOf,
  itemsOf,
  numberOf,
  orElse,
  Range,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Names of `object_type_repr` in jinja2/runtime.py. */
function described(value: Value): string {
  if (value === null) return "None";
  return `${typeName(value) === "Namespace" ? "jinja2.utils.Namespace" : typeName(value)} object`;
}

function missing(value: Value, key: Value, rt: Runtime): Undefined {
  const name = textOf(key);
  if (name === null) return new Undefined(`${described(value)} has no element ${repr(key, rt.budget)}`);
  return new Undefined(`'${described(value)}' has no attribute '${name}'`);
}

/** `value.name`: an attribute or method first, then an item. */
export function getAttribute(value: Value, name: string, rt: Runtime): Value {
  if (value instanceof Undefined) fail(value.message);
  const item = () => orElse(rawItem(value, name, rt), () => missing(value, name, rt));
  return orElse(attributeOf(value, name, rt), item);
}

/** `value[key]`: an item first, then an attribute or method. */
export function getItem(value: Value, key: Value, rt: Runtime): Value {
  if (value instanceof Undefined) fail(value.message);
  const item = rawItem(value, key, rt);
  if (item !== undefined) return item;
  const name = textOf(key);
  const attribute = name === null ? undefined : attributeOf(value, name, rt);
  return orElse(attribute, () => missing(value, key, rt));
}

function rawItem(value: Value, key: Value, rt: Runtime): Value | undefined {
  if (value instanceof Dict) {
    payToRead([key], rt.budget);
    return isHashable(key) ? value.get(key) : undefined;
  }
  const index = numberOf(key);
  if (typeof index !== "bigint") return undefined;
  const text = textOf(value);
  const at = Number(index);
  if (text !== null) {
    rt.budget.text(text.length);
    const char = codePointAt(text, at);
    return char === undefined ? undefined : rewrap(value, char);
  }
  const items = itemsOf(value);
  if (items !== null) return items.at(at);
  if (!(value instanceof Range)) return undefined;
  const position = at < 0 ? at + value.length : at;
  return position >= 0 && position < value.length ? value.at(position) : undefined;
}

function isHashable(key: Value): boolean {
  if (key instanceof Tuple) return key.items.every(isHashable);
  return !Array.isArray(key) && !(key instanceof Dict);
}

/** `value[start:stop:step]` of a string, list, tuple or range. */
export function getSlice(value: Value, start: Value, stop: Value, step: Value, rt: Runtime): Value {
  if (value instanceof Undefined) fail(value.message);
  const stride = step === null ? 1 : indexOf(step, "a slice step");
  if (stride === 0) fail("slice step cannot be zero");
  const text = textOf(value);
  if (text !== null) {
    rt.budget.text(text.length);
    return rewrap(value, pick(codePoints(text), start, stop, stride).join(""));
  }
  const items = itemsOf(value);
  if (items !== null) {
    rt.budget.list(items.length);
    const picked = pick(items, start, stop, stride);
    return Array.isArray(value) ? picked : new Tuple(picked);
  }
  if (!(value instanceof Range)) return fail(`'${typeName(value)}' object cannot be sliced`);
  const [from, to] = bounds(value.length, start, stop, stride);
  const at = (index: number) => value.start + index * value.step;
  return new Range(at(from), at(to), value.step * stride);
}

/** First and past-the-last index of a slice, as Python's `slice.indices`. */
function bounds(length: number, start: Value, stop: Value, step: number): [number, number] {
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? length : length - 1;
  const clamp = (value: Value, fallback: number): number => {
    if (value === null) return fallback;
    const index = indexOf(value, "a slice index");
    return Math.min(high, Math.max(low, index < 0 ? index + length : index));
  };
  return [clamp(start, step > 0 ? low : high), clamp(stop, step > 0 ? high : low)];
}

function pick<T>(items: readonly T[], start: Value, stop: Value, step: number): T[] {
  const [from, to] = bounds(items.length, start, stop, step);
  if (step === 1) return items.slice(from, Math.max(from, to));
  const out: T[] = [];
  for (let i = from; step > 0 ? i < to : i > to; i += step) out.push(items[i]!);
  return out;
}
