import { fail } from "./fault.ts";
import type { Budget } from "./limits.ts";
import {
  type Arguments,
  Callable,
  Dict,
  DictView,
  itemsOf,
  textOf,
  Undefined,
  type Value,
} from "./values.ts";

/** What one rendering carries along. */
export interface Runtime {
  readonly budget: Budget;
  readonly globals: ReadonlyMap<string, Value>;
  /** Line of the node under evaluation. */
  line: number;
}

/**
 * Arguments put in the order of `names`; an absent one is `undefined` (the host's). The first `required` must be given.
 */
export function bind(
  what: string,
  args: Arguments,
  names: readonly string[],
  required = 0,
): (Value | undefined)[] {
  if (args.positional.length > names.length) {
    fail(`${what} takes at most ${names.length} arguments (${args.positional.length} given)`);
  }
  const out: (Value | undefined)[] = names.map((_, i) => args.positional[i]);
  for (const [name, value] of args.named) {
    const at = names.indexOf(name);
    if (at === -1) fail(`${what} has no argument '${name}'`);
    if (out[at] !== undefined) fail(`${what} got two values for argument '${name}'`);
    out[at] = value;
  }
  for (let i = 0; i < required; i++) {
    if (out[i] === undefined) fail(`${what} needs the argument '${names[i]}'`);
  }
  return out;
}

/** Pays for reading through the strings, lists and dicts among `values`. */
export function payToRead(values: readonly Value[], budget: Budget): void {
  for (const value of values) {
    const text = textOf(value);
    if (text !== null) budget.read(text);
    else if (value instanceof Dict) budget.list(value.size);
    else if (value instanceof DictView) budget.list(value.dict.size);
    else budget.list(itemsOf(value)?.length ?? 0);
  }
}

/** Collects an iterator, a step per item. */
export function collect(iterator: Iterator<Value>, budget: Budget): Value[] {
  const out: Value[] = [];
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    budget.spend(1);
    out.push(next.value);
  }
  return out;
}

export function undefinedName(name: string): Undefined {
  return new Undefined(`'${name}' is undefined`);
}

export function callableFrom(name: string, call: (args: Arguments) => Value): Callable {
  return new Callable("function", name, call);
}
