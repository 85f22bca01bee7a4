import { fail } from "./fault.ts";
import { callableFrom, collect, type Runtime } from "./runtime.ts";
import {
  type Arguments,
  equals,
  iterate,
  lengthOf,
  Native,
  orElse,
  Undefined,
  type Value,
} from "./values.ts";

export interface Loop {
  /** Advances; false at the end. */
  next(): boolean;
  current(): Value;
  /** The template's `loop`. */
  readonly variable: Native;
}

/**
 * A `for` loop's iteration. Items are taken one ahead only where `loop.last` or `loop.nextitem` asks, and all at once
 * only where `loop.length` asks, so that a loop's filter may depend on what its body did.
 */
export function newLoop(
  source: Value,
  iterator: Iterator<Value>,
  depth: number,
  recurse: ((args: Arguments) => Value) | null,
  rt: Runtime,
): Loop {
  let items = iterator;
  let ahead: Value | undefined;
  let hasAhead = false;
  let index = -1;
  let current: Value = null;
  let previous: Value = null;
  let length = lengthOf(source);
  let changedBy: Value[] | null = null;

  const take = (): Value | undefined => {
    rt.budget.spend(1);
    const next = items.next();
    return next.done ? undefined : next.value;
  };
  const peek = (): Value | undefined => {
    if (!hasAhead) ahead = take();
    hasAhead = true;
    return ahead;
  };
  const measure = (): number => {
    if (length === null) {
      const rest = collect(items, rt.budget);
      items = rest[Symbol.iterator]();
      length = rest.length + index + 1 + (hasAhead && ahead !== undefined ? 1 : 0);
    }
    return length;
  };

  const attributes: ReadonlyMap<string, () => Value> = new Map<string, () => Value>([
    ["index", () => BigInt(index + 1)],
    ["index0", () => BigInt(index)],
    ["revindex", () => BigInt(measure() - index)],
    ["revindex0", () => BigInt(measure() - index - 1)],
    ["first", () => index === 0],
    ["last", () => peek() === undefined],
    ["length", () => BigInt(measure())],
    ["__len__", () => BigInt(measure())],
    ["depth", () => BigInt(depth + 1)],
    ["depth0", () => BigInt(depth)],
    ["previtem", () => (index === 0 ? new Undefined("there is no previous item") : previous)],
    ["nextitem", () => orElse(peek(), () => new Undefined("there is no next item"))],
    ["cycle", () => callableFrom("loop.cycle", ({ positional }) => cycle(positional, index))],
    [
      "changed",
      () =>
        callableFrom("loop.changed", ({ positional }) => {
          const same = changedBy !== null && equals(changedBy, positional, rt.budget);
          changedBy = positional;
          return !same;
        }),
    ],
  ]);

  return {
    next() {
      const value = hasAhead ? ahead : take();
      hasAhead = false;
      if (value === undefined) return false;
      index++;
      previous = current;
      current = value;
      return true;
    },
    current: () => current,
    variable: new Native(
      "LoopContext",
      (name) => attributes.get(name)?.(),
      (args) =>
        recurse === null
          ? fail("The loop must have the 'recursive' marker to be called recursively.")
          : recurse(args),
    ),
  };
}

function cycle(items: readonly Value[], index: number): Value {
  if (items.length === 0) fail("no items for cycling given");
  return items[index % items.length]!;
}

/** The iteration of `for ... if`: the filter runs as the loop asks for the next item. */
export function* filtered(source: Value, holds: (item: Value) => boolean): Generator<Value> {
  const iterator = iterate(source);
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    if (holds(next.value)) yield next.value;
  }
}
