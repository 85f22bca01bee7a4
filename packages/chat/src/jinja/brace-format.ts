import { fail, LimitFault } from "./fault.ts";
import { fixed } from "./percent-format.ts";
import type { Runtime } from "./runtime.ts";
import { getAttribute, getItem } from "./subscript.ts";
import { repr, str } from "./text.ts";
import { type Arguments, numberOf, textOf, typeName, Undefined, type Value } from "./values.ts";

const MAX_WIDTH = 1000;

/**
 * `str.format`: `{}`, `{0}`, `{name}`, `{a.b[c]}`, `!s` and `!r`, and the format specification of strings, integers
 * and fixed-point floats (fill, align, sign, 0, width, `,`, precision, type d f s x X o b e g %).
 */
export function braceFormat(text: string, args: Arguments, rt: Runtime): string {
  const pattern = /\{\{|\}\}|\{([^{}!:]*)(?:!([a-z]))?(?::([^{}]*))?\}|[{}]/g;
  let out = "";
  let end = 0;
  let automatic = 0;
  for (const match of text.matchAll(pattern)) {
    const [whole, field, conversion, spec] = match;
    out += text.slice(end, match.index);
    end = match.index + whole.length;
    rt.budget.concat(out.length);
    if (whole === "{{" || whole === "}}") {
      out += whole[0];
      continue;
    }
    if (field === undefined) fail(`single '${whole}' encountered in format string`);
    const path = /^([^.[]*)(.*)$/s.exec(field!)!;
    const key = path[1] === "" ? String(automatic++) : path[1]!;
    const root = /^\d+$/.test(key) ? args.positional[Number(key)] : args.named.get(key);
    if (root === undefined) fail(`the format string names '${key}', which was not given`);
    let value = follow(root!, path[2]!, rt);
    if (conversion === "r") value = repr(value, rt.budget);
    else if (conversion === "s") value = str(value, rt.budget);
    else if (conversion !== undefined) fail(`unknown conversion '!${conversion}'`);
    out += formatted(value, spec ?? "", rt);
  }
  rt.budget.text(out.length + text.length - end);
  return out + text.slice(end);
}

function follow(root: Value, path: string, rt: Runtime): Value {
  let value = root;
  const steps = /\.([^.[]+)|\[([^\]]+)\]/gy;
  let done = 0;
  for (const match of path.matchAll(steps)) {
    const [whole, name, key] = match;
    done += whole.length;
    if (name !== undefined) value = getAttribute(value, name, rt);
    else value = getItem(value, /^\d+$/.test(key!) && key!.length < 10 ? BigInt(key!) : key!, rt);
  }
  if (done !== path.length) fail("the field of the format string is malformed");
  if (value instanceof Undefined) fail(value.message);
  return value;
}

const RADIX: ReadonlyMap<string, number> = new Map([
  ["d", 10],
  ["x", 16],
  ["X", 16],
  ["o", 8],
  ["b", 2],
]);

function formatted(value: Value, spec: string, rt: Runtime): string {
  const match = /^(?:(.)?([<>^=]))?([-+ ])?(0)?(\d{1,9})?(,)?(?:\.(\d{1,9}))?([a-zA-Z%])?$/su.exec(spec);
  if (match === null) return fail(`the format specification '${spec.slice(0, 40)}' is not supported`);
  const [, fill, align, sign, zero, widthText, comma, precisionText, type] = match;
  const width = Number(widthText ?? 0);
  const precision = precisionText === undefined ? null : Number(precisionText);
  if (width > MAX_WIDTH || (precision ?? 0) > 100) throw new LimitFault("format width", MAX_WIDTH);
  const number = typeof value === "boolean" && spec === "" ? null : numberOf(value);
  if (number === null) {
    if (type !== undefined && type !== "s") fail(`unknown format code '${type}' for ${typeName(value)}`);
    const text = textOf(value) ?? str(value, rt.budget);
    return aligned(
      "",
      precision === null ? text : text.slice(0, precision),
      align ?? "<",
      fill ?? " ",
      width,
    );
  }
  const isNegative = number < 0 || Object.is(number, -0);
  const body = grouped(magnitude(number, type, precision, rt), comma !== undefined);
  const shown = isNegative ? "-" : sign === "+" || sign === " " ? sign : "";
  return aligned(shown, body, align ?? (zero ? "=" : ">"), fill ?? (zero ? "0" : " "), width);
}

function magnitude(
  number: bigint | number,
  type: string | undefined,
  precision: number | null,
  rt: Runtime,
): string {
  const radix = RADIX.get(type ?? (typeof number === "bigint" && precision === null ? "d" : ""));
  if (radix !== undefined) {
    if (typeof number !== "bigint") return fail(`unknown format code '${type}' for float`);
    const digits = (number < 0n ? -number : number).toString(radix);
    return type === "X" ? digits.toUpperCase() : digits;
  }
  const value = Math.abs(Number(number));
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : "inf";
  if (type === "f" || type === "F") return fixed(value, precision ?? 6);
  if (type === "%") return `${fixed(value * 100, precision ?? 6)}%`;
  if (type === "e") return value.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, "e$10$2");
  if (type === undefined && precision === null) return str(value, rt.budget);
  if (type === undefined || type === "g") return String(Number(value.toPrecision(precision || 6)));
  return fail(`unknown format code '${type}'`);
}

function grouped(digits: string, comma: boolean): string {
  return comma ? digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ",")) : digits;
}

function aligned(sign: string, body: string, align: string, fill: string, width: number): string {
  const gap = Math.max(0, width - sign.length - Array.from(body).length);
  if (align === "=") return sign + fill.repeat(gap) + body;
  if (align === "<") return sign + body + fill.repeat(gap);
  if (align === ">") return fill.repeat(gap) + sign + body;
  const left = Math.floor(gap / 2);
  return fill.repeat(left) + sign + body + fill.repeat(gap - left);
}
