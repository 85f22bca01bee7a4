import { arithmetic } from "./arithmetic.ts";
import { fail } from "./fault.ts";
import { filters } from "./filters.ts";
import { bind, collect, payToRead, type Runtime } from "./runtime.ts";
import { str } from "./text.ts";
import {
  Callable,
  compare,
  Dict,
  DictView,
  equals,
  isIterable,
  iterate,
  lengthOf,
  Markup,
  Native,
  numberOf,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

export type Test = (value: Value, args: readonly Value[], rt: Runtime) => boolean;

/** Python's `value % by`. */
function remainder(value: Value, by: Value, rt: Runtime): number {
  return Number(numberOf(arithmetic("%", numberOf(value) ?? value, by, rt.budget)) ?? Number.NaN);
}

function ordered(operator: string, holds: (order: number) => boolean): Test {
  return (value, [other], rt) => holds(compare(value, other!, operator, rt.budget));
}

/** Python's `needle in haystack`. */
export function contains(haystack: Value, needle: Value, rt: Runtime): boolean {
  const text = textOf(haystack);
  payToRead([haystack, needle], rt.budget);
  if (text !== null) {
    const part = textOf(needle);
    return part === null
      ? fail(`'in <string>' requires string as left operand, not ${typeName(needle)}`)
      : text.includes(part);
  }
  if (haystack instanceof Dict) return haystack.has(needle);
  if (haystack instanceof DictView && haystack.part === "keys") return haystack.dict.has(needle);
  if (!isIterable(haystack)) fail(`argument of type '${typeName(haystack)}' is not iterable`);
  return collect(iterate(haystack), rt.budget).some((item) => equals(item, needle, rt.budget));
}

const eq: Test = (value, [other], rt) => equals(value, other!, rt.budget);
const ne: Test = (value, [other], rt) => !equals(value, other!, rt.budget);
const lt = ordered("<", (order) => order < 0);
const le = ordered("<=", (order) => order <= 0);
const gt = ordered(">", (order) => order > 0);
const ge = ordered(">=", (order) => order >= 0);

function cased(value: Value, rt: Runtime, pattern: RegExp): boolean {
  const text = str(value, rt.budget);
  rt.budget.read(text);
  return /[\p{Lu}\p{Ll}\p{Lt}]/u.test(text) && !pattern.test(text);
}

/** [names, arguments needed, test] */
const TESTS: readonly [string, number, Test][] = [
  ["defined", 0, (value) => !(value instanceof Undefined)],
  ["undefined", 0, (value) => value instanceof Undefined],
  ["none", 0, (value) => value === null],
  ["boolean", 0, (value) => typeof value === "boolean"],
  ["true", 0, (value) => value === true],
  ["false", 0, (value) => value === false],
  ["integer", 0, (value) => typeof value === "bigint"],
  ["float", 0, (value) => typeof value === "number"],
  ["number", 0, (value) => numberOf(value) !== null],
  ["string", 0, (value) => textOf(value) !== null],
  ["mapping", 0, (value) => value instanceof Dict],
  [
    "sequence",
    0,
    (value) => lengthOf(value) !== null && !(value instanceof DictView || value instanceof Native),
  ],
  ["iterable", 0, (value) => isIterable(value)],
  [
    "callable",
    0,
    (value) =>
      value instanceof Callable ||
      value instanceof Undefined ||
      (value instanceof Native && value.call !== null),
  ],
  ["escaped", 0, (value) => value instanceof Markup],
  ["odd", 0, (value, _, rt) => remainder(value, 2n, rt) === 1],
  ["even", 0, (value, _, rt) => remainder(value, 2n, rt) === 0],
  ["divisibleby", 1, (value, [by], rt) => remainder(value, by!, rt) === 0],
  ["lower", 0, (value, _, rt) => cased(value, rt, /[\p{Lu}\p{Lt}]/u)],
  ["upper", 0, (value, _, rt) => cased(value, rt, /[\p{Ll}\p{Lt}]/u)],
  ["sameas", 1, (value, [other]) => value === other],
  ["in", 1, (value, [other], rt) => contains(other!, value, rt)],
  ["filter", 0, (value) => filters.has(textOf(value) ?? "")],
  ["test", 0, (value) => tests.has(textOf(value) ?? "")],
  ["== eq equalto", 1, eq],
  ["!= ne", 1, ne],
  ["< lt lessthan", 1, lt],
  ["<= le", 1, le],
  ["> gt greaterthan", 1, gt],
  [">= ge", 1, ge],
];

const tests: ReadonlyMap<string, { needs: number; test: Test }> = new Map(
  TESTS.flatMap(([names, needs, test]) => names.split(" ").map((name) => [name, { needs, test }] as const)),
);

/** `value is name(args)`. Fails for a test that does not exist. */
export function runTest(
  name: string,
  value: Value,
  args: { positional: Value[]; named: Map<string, Value> },
  rt: Runtime,
): boolean {
  const found = tests.get(name);
  if (found === undefined) return fail(`there is no test named '${name}'`);
  const names = Array.from({ length: found.needs }, () => "other");
  const bound = bind(`the test '${name}'`, args, names, found.needs);
  return found.test(value, bound as Value[], rt);
}
