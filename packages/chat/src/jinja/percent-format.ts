import { fail, LimitFault } from "./fault.ts";
import type { Budget } from "./limits.ts";
import { repr, str } from "./text.ts";
import { Dict, numberOf, orElse, Tuple, typeName, Undefined, type Value } from "./values.ts";

/** Widest field and longest fraction. */
const MAX_WIDTH = 1000;

/** Python's `text % values`: `%s %r %a %d %i %u %f %F %e %g %x %X %o %c %%`, flags, width, precision, `%(key)s`. */
export function percentFormat(text: string, values: Value, budget: Budget): string {
  const pattern = /%(?:\(([^)]*)\))?([-+ 0#]*)(\d{0,9})(?:\.(\d{0,9}))?([a-zA-Z%]?)/g;
  const queue = values instanceof Tuple ? [...values.items] : [values];
  const single = !(values instanceof Tuple);
  let used = 0;
  const take = (): Value => {
    if (used >= queue.length) fail("not enough arguments for format string");
    return queue[used++]!;
  };
  let out = "";
  let end = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, key, flags, width, precision, type] = match as unknown as string[];
    out += text.slice(end, match.index);
    end = match.index + whole!.length;
    if (type === "%") {
      out += "%";
      continue;
    }
    let value: Value;
    if (key === undefined) value = take();
    else {
      if (!(values instanceof Dict)) fail("format requires a mapping");
      value = orElse((values as Dict).get(key), () => fail(`'${key}'`));
      used = queue.length;
    }
    const size = { width: Number(width || 0), precision: precision === undefined ? null : Number(precision) };
    if (size.width > MAX_WIDTH || (size.precision ?? 0) > MAX_WIDTH)
      throw new LimitFault("format width", MAX_WIDTH);
    out += field(value, type!, flags!, size.width, size.precision, budget);
    budget.concat(out.length);
  }
  if (used < queue.length && !(single && (values instanceof Dict || Array.isArray(values)))) {
    fail("not all arguments converted during string formatting");
  }
  budget.text(out.length + text.length - end);
  return out + text.slice(end);
}

function field(
  value: Value,
  type: string,
  flags: string,
  width: number,
  precision: number | null,
  budget: Budget,
): string {
  const plain = CONVERSIONS.get(type);
  if (plain === undefined) return fail(`unsupported format character '${type}'`);
  const { sign, prefix, body, isNumber } = plain(value, precision, flags, budget);
  const shownSign =
    sign || (isNumber && flags.includes("+") ? "+" : isNumber && flags.includes(" ") ? " " : "");
  const head = shownSign + prefix;
  if (flags.includes("-")) return (head + body).padEnd(width);
  if (isNumber && flags.includes("0")) return head + body.padStart(width - head.length, "0");
  return (head + body).padStart(width);
}

interface Converted {
  sign: string;
  prefix: string;
  body: string;
  isNumber: boolean;
}
type Conversion = (value: Value, precision: number | null, flags: string, budget: Budget) => Converted;

function textual(convert: (value: Value, budget: Budget) => string): Conversion {
  return (value, precision, _flags, budget) => {
    const text = convert(value, budget);
    return {
      sign: "",
      prefix: "",
      body: precision === null ? text : text.slice(0, precision),
      isNumber: false,
    };
  };
}

function integral(radix: number, prefix: string, upper = false): Conversion {
  return (value, precision, flags) => {
    const number = required(value);
    if (typeof number === "number" && !Number.isFinite(number)) fail("cannot convert float to integer");
    if (typeof number === "number" && radix !== 10) fail("an integer is required, not float");
    const whole = typeof number === "bigint" ? number : BigInt(Math.trunc(number));
    const digits = (whole < 0n ? -whole : whole).toString(radix).padStart(precision ?? 0, "0");
    const body = upper ? digits.toUpperCase() : digits;
    return { sign: whole < 0n ? "-" : "", prefix: flags.includes("#") ? prefix : "", body, isNumber: true };
  };
}

function floating(format: (magnitude: number, precision: number) => string, upper = false): Conversion {
  return (value, precision) => {
    const number = Number(required(value));
    const magnitude = Math.abs(number);
    const digits = Math.min(precision ?? 6, 100);
    const special = Number.isNaN(magnitude) ? "nan" : "inf";
    const text = Number.isFinite(magnitude) ? format(magnitude, digits) : special;
    const sign = number < 0 || Object.is(number, -0) ? "-" : "";
    return { sign, prefix: "", body: upper ? text.toUpperCase() : text, isNumber: true };
  };
}

function required(value: Value): bigint | number {
  if (value instanceof Undefined) fail(value.message);
  return numberOf(value) ?? fail(`a number is required, not ${typeName(value)}`);
}

function exponent(value: number, digits: number): string {
  return value.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
}

function general(value: number, digits: number): string {
  const precision = Math.max(1, digits);
  const power = value === 0 ? 0 : Number(value.toExponential(precision - 1).split("e")[1]);
  const isLong = power < -4 || power >= precision;
  const text = isLong ? exponent(value, precision - 1) : value.toFixed(Math.max(0, precision - 1 - power));
  return text.replace(/(\.\d*?)0+(?=e|$)/, "$1").replace(/\.(?=e|$)/, "");
}

const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map([
  ["s", textual(str)],
  ["r", textual((value, budget) => repr(value, budget))],
  ["a", textual((value, budget) => repr(value, budget))],
  ["c", textual((value, budget) => (typeof value === "bigint" ? character(value) : str(value, budget)))],
  ["d", integral(10, "")],
  ["i", integral(10, "")],
  ["u", integral(10, "")],
  ["o", integral(8, "0o")],
  ["x", integral(16, "0x")],
  ["X", integral(16, "0X", true)],
  ["f", floating((value, digits) => fixed(value, digits))],
  ["F", floating((value, digits) => fixed(value, digits), true)],
  ["e", floating(exponent)],
  ["E", floating(exponent, true)],
  ["g", floating(general)],
  ["G", floating(general, true)],
]);

function character(code: bigint): string {
  if (code < 0n || code > 0x10ffffn) fail("%c arg not in range(0x110000)");
  return String.fromCodePoint(Number(code));
}

/** Decimal digits of the exact value, ties to even as C's printf. */
export function fixed(value: number, digits: number): string {
  if (value >= 1e21) return `${BigInt(value)}${digits > 0 ? `.${"0".repeat(digits)}` : ""}`;
  const scale = 10 ** digits;
  const scaled = value * scale;
  const isTie = scaled % 1 === 0.5 && (value * 2 ** (digits + 1)) % 1 === 0;
  const even = Math.floor(scaled) % 2 === 0 ? Math.floor(scaled) : Math.ceil(scaled);
  return isTie ? (even / scale).toFixed(digits) : value.toFixed(digits);
}
