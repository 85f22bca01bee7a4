import { dictMethods } from "./dict-methods.ts";
import { listMethods } from "./list-methods.ts";
import type { Runtime } from "./runtime.ts";
import { payToRead } from "./runtime.ts";
import { stringMethods } from "./string-methods.ts";
import {
  type Arguments,
  Callable,
  Dict,
  type Markup,
  Namespace,
  Native,
  Range,
  Tuple,
  textOf,
  Undefined,
  type Value,
} from "./values.ts";

/** Methods that change a list or dict; Jinja's immutable sandbox refuses them, so they read as undefined. */
const MUTATORS = new Set(
  ["append clear extend insert pop remove reverse sort", "popitem setdefault update"].join(" ").split(" "),
);

export type Method<T> = (self: T, args: Arguments, rt: Runtime) => Value;

/**
 * The attribute or method `name` of a value, or `undefined` where it has none.
 * Names that begin with an underscore are refused, as Jinja's sandbox does.
 */
export function attributeOf(value: Value, name: string, rt: Runtime): Value | undefined {
  if (value instanceof Namespace) return value.attributes.get(name);
  if (name.startsWith("_")) return unsafe(value, name);
  if (value instanceof Native) return value.attribute(name);
  const text = textOf(value);
  if (text !== null) return bound("str", value as string | Markup, name, stringMethods, rt);
  if ((Array.isArray(value) || value instanceof Dict) && MUTATORS.has(name)) {
    const isDict = value instanceof Dict;
    if (isDict ? !LIST_ONLY.has(name) : !DICT_ONLY.has(name)) return unsafe(value, name);
  }
  if (value instanceof Dict) return bound("dict", value, name, dictMethods, rt);
  if (value instanceof Tuple && value.names.includes(name)) return value.items[value.names.indexOf(name)];
  if (value instanceof Tuple && name === "copy") return undefined;
  if (Array.isArray(value) || value instanceof Tuple) return bound("list", value, name, listMethods, rt);
  if (!(value instanceof Range)) return undefined;
  return name === "start" || name === "stop" || name === "step" ? BigInt(value[name]) : undefined;
}

const LIST_ONLY = new Set(["append", "extend", "insert", "remove", "reverse", "sort"]);
const DICT_ONLY = new Set(["popitem", "setdefault", "update"]);

function unsafe(value: Value, name: string): Undefined | undefined {
  if (name.startsWith("_") && value instanceof Dict && value.has(name)) return undefined;
  return new Undefined(`access to attribute '${name}' is unsafe`);
}

function bound<T extends Value>(
  type: string,
  self: T,
  name: string,
  methods: ReadonlyMap<string, Method<T>>,
  rt: Runtime,
): Value | undefined {
  const method = methods.get(name);
  if (method === undefined) return undefined;
  return new Callable("builtin_function_or_method", `${type}.${name}`, (args) => {
    payToRead([self, ...args.positional], rt.budget);
    return method(self, args, rt);
  });
}
