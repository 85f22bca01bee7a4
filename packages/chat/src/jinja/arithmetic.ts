import type { BinaryOperator } from "./ast.ts";
import { fail, LimitFault } from "./fault.ts";
import type { Budget } from "./limits.ts";
import { percentFormat } from "./percent-format.ts";
import { escapeHtml } from "./text.ts";
import {
  indexOf,
  itemsOf,
  Markup,
  numberOf,
  Tuple,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Bits of an integer: far above any index or count, low enough that every operation is cheap. */
const MAX_INTEGER_BITS = 4096;
const INTEGER_BOUND = 1n << BigInt(MAX_INTEGER_BITS);

type Numeric = { int: (a: bigint, b: bigint) => Value; float: (a: number, b: number) => Value };

const NUMERIC: Record<BinaryOperator, Numeric> = {
  "+": { int: (a, b) => a + b, float: (a, b) => a + b },
  "-": { int: (a, b) => a - b, float: (a, b) => a - b },
  "*": { int: (a, b) => a * b, float: (a, b) => a * b },
  "/": {
    int: (a, b) => (b === 0n ? fail("division by zero") : Number(a) / Number(b)),
    float: (a, b) => (b === 0 ? fail("float division by zero") : a / b),
  },
  "//": {
    int: (a, b) => (b === 0n ? fail("integer division or modulo by zero") : (a - floorModulo(a, b)) / b),
    float: (a, b) => (b === 0 ? fail("float floor division by zero") : Math.floor(a / b)),
  },
  "%": {
    int: (a, b) => (b === 0n ? fail("integer modulo by zero") : floorModulo(a, b)),
    float: (a, b) => (b === 0 ? fail("float modulo") : floatModulo(a, b)),
  },
  "**": { int: integerPower, float: floatPower },
};

/** The remainder with the sign of the divisor. */
function floorModulo(a: bigint, b: bigint): bigint {
  const remainder = a % b;
  return remainder !== 0n && remainder < 0n !== b < 0n ? remainder + b : remainder;
}

function floatModulo(a: number, b: number): number {
  const remainder = a % b;
  return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder;
}

function integerPower(a: bigint, b: bigint): Value {
  if (b < 0n) return floatPower(Number(a), Number(b));
  const bits = BigInt(a.toString(16).length * 4);
  if (bits * b > 4n * BigInt(MAX_INTEGER_BITS) && a * a > 1n)
    throw new LimitFault("integer bits", MAX_INTEGER_BITS);
  return a ** b;
}

function floatPower(a: number, b: number): number {
  if (a === 0 && b < 0) fail("0.0 cannot be raised to a negative power");
  const power = a ** b;
  if (Number.isNaN(power) && !Number.isNaN(a) && !Number.isNaN(b)) fail("the power is a complex number");
  return power;
}

function bounded(value: Value): Value {
  if (typeof value === "bigint" && (value >= INTEGER_BOUND || value <= -INTEGER_BOUND)) {
    throw new LimitFault("integer bits", MAX_INTEGER_BITS);
  }
  return value;
}

export function arithmetic(op: BinaryOperator, a: Value, b: Value, budget: Budget): Value {
  if (a instanceof Undefined) fail(a.message);
  const text = textOf(a);
  if (op === "%" && text !== null) return rewrap(a, percentFormat(text, b, budget));
  if (b instanceof Undefined) fail(b.message);
  const x = numberOf(a);
  const y = numberOf(b);
  if (x !== null && y !== null) {
    if (typeof x === "bigint" && typeof y === "bigint") return bounded(NUMERIC[op].int(x, y));
    return NUMERIC[op].float(Number(x), Number(y));
  }
  const joined = op === "+" ? add(a, b, budget) : op === "*" ? repeat(a, b, budget) : null;
  return joined ?? fail(`unsupported operand type(s) for ${op}: '${typeName(a)}' and '${typeName(b)}'`);
}

function add(a: Value, b: Value, budget: Budget): Value {
  const s = textOf(a);
  const t = textOf(b);
  if (s !== null && t !== null) return concat([a, b], budget);
  if (s !== null) return fail(`can only concatenate str (not "${typeName(b)}") to str`);
  const p = itemsOf(a);
  const q = itemsOf(b);
  if (p === null || q === null || Array.isArray(a) !== Array.isArray(b)) return null;
  budget.list(p.length + q.length);
  return Array.isArray(a) ? [...p, ...q] : new Tuple([...p, ...q]);
}

/** Strings joined; where one is Markup the others are escaped and the whole is Markup. */
export function concat(parts: readonly Value[], budget: Budget): Value {
  const isMarkup = parts.some((part) => part instanceof Markup);
  let text = "";
  for (const part of parts) {
    const piece = isMarkup ? escapeHtml(part, budget).text : textOf(part)!;
    budget.concat(text.length + piece.length);
    text += piece;
  }
  return isMarkup ? new Markup(text) : text;
}

function repeat(a: Value, b: Value, budget: Budget): Value {
  if (numberOf(a) !== null) return numberOf(b) === null ? repeat(b, a, budget) : null;
  const text = textOf(a);
  const items = itemsOf(a);
  if ((text === null && items === null) || typeof numberOf(b) !== "bigint") return null;
  const count = Math.max(0, indexOf(b, "the count"));
  if (text !== null) {
    if (text === "") return a;
    budget.text(text.length * count);
    return rewrap(a, text.repeat(count));
  }
  if (items!.length === 0) return a;
  budget.list(items!.length * count);
  const out: Value[] = [];
  for (let i = 0; i < count; i++) for (const item of items!) out.push(item);
  return Array.isArray(a) ? out : new Tuple(out);
}

/** `text`, as Markup where `like` is. */
export function rewrap(like: Value, text: string): Value {
  return like instanceof Markup ? new Markup(text) : text;
}

export function negate(value: Value): Value {
  if (value instanceof Undefined) fail(value.message);
  const number = numberOf(value);
  return number === null ? fail(`bad operand type for unary -: '${typeName(value)}'`) : -number;
}

export function positive(value: Value): Value {
  if (value instanceof Undefined) fail(value.message);
  return numberOf(value) ?? fail(`bad operand type for unary +: '${typeName(value)}'`);
}
