import { Fault, fail, LimitFault } from "./fault.ts";
import type { Budget, TemplateLimits } from "./limits.ts";
import { bind, callableFrom } from "./runtime.ts";
import { strftime } from "./strftime.ts";
import { str } from "./text.ts";
import {
  type Arguments,
  type Callable,
  Dict,
  indexOf,
  itemsOf,
  Namespace,
  Native,
  orElse,
  Range,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** The functions every chat template can call: Jinja's, and the two that transformers adds. */
export function globalFunctions(budget: Budget, now: () => Date): Map<string, Value> {
  const functions: Callable[] = [
    callableFrom("range", (args) => range(args, budget.limits)),
    callableFrom("dict", dict),
    callableFrom("namespace", namespace),
    callableFrom("cycler", cycler),
    callableFrom("joiner", joiner),
    callableFrom("raise_exception", (args) => {
      const [message] = bind("raise_exception()", args, ["message"], 1);
      throw new Fault("raised", str(message!, budget));
    }),
    callableFrom("strftime_now", (args) => {
      const [format] = bind("strftime_now()", args, ["format"], 1);
      return strftime(now(), textOf(format!) ?? fail("the format of strftime_now must be str"));
    }),
  ];
  return new Map(functions.map((f) => [f.name, f]));
}

function range(args: Arguments, limits: TemplateLimits): Range {
  const [a, b, c] = bind("range()", args, ["start", "stop", "step"], 1);
  const [start, stop] =
    b === undefined ? [0, indexOf(a!, "stop")] : [indexOf(a!, "start"), indexOf(b, "stop")];
  const step = c === undefined ? 1 : indexOf(c, "step");
  if (step === 0) fail("range() arg 3 must not be zero");
  for (const n of [start, stop, step]) {
    if (!Number.isSafeInteger(n)) throw new LimitFault("maxRange", limits.maxRange);
  }
  const out = new Range(start, stop, step);
  if (out.length > limits.maxRange) throw new LimitFault("maxRange", limits.maxRange);
  return out;
}

/** Entries of a dict given as `dict(pairs, name=value)` or `namespace(mapping, name=value)`. */
function entries(what: string, { positional, named }: Arguments): [Value, Value][] {
  if (positional.length > 1) fail(`${what} expected at most 1 argument, got ${positional.length}`);
  const source = positional[0];
  let out: [Value, Value][] = [];
  if (source instanceof Undefined) fail(source.message);
  if (source instanceof Dict) out = source.entries();
  else if (source !== undefined) {
    const pairs = itemsOf(source) ?? fail(`'${typeName(source)}' object is not iterable`);
    out = pairs.map((pair) => {
      const items = itemsOf(pair);
      return items?.length === 2 ? [items[0]!, items[1]!] : fail(`${what} needs pairs of key and value`);
    });
  }
  return [...out, ...named];
}

function dict(args: Arguments): Dict {
  const out = new Dict();
  for (const [key, value] of entries("dict()", args)) out.set(key, value);
  return out;
}

function namespace(args: Arguments): Namespace {
  const out = new Namespace();
  for (const [key, value] of entries("namespace()", args)) {
    out.attributes.set(textOf(key) ?? fail("the attributes of a namespace are named by str"), value);
  }
  return out;
}

function cycler({ positional }: Arguments): Native {
  if (positional.length === 0) fail("at least one item has to be provided");
  let at = 0;
  const members: ReadonlyMap<string, () => Value> = new Map<string, () => Value>([
    ["current", () => positional[at]!],
    [
      "next",
      () =>
        callableFrom("cycler.next", () => {
          const value = positional[at]!;
          at = (at + 1) % positional.length;
          return value;
        }),
    ],
    [
      "reset",
      () =>
        callableFrom("cycler.reset", () => {
          at = 0;
          return null;
        }),
    ],
  ]);
  return new Native("Cycler", (name) => members.get(name)?.());
}

function joiner(args: Arguments): Native {
  const [separator] = bind("joiner()", args, ["sep"]);
  let used = false;
  const join = (): Value => {
    const value = used ? orElse(separator, () => ", ") : "";
    used = true;
    return value;
  };
  return new Native("Joiner", () => undefined, join);
}
