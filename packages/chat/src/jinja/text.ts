import type { Budget } from "./limits.ts";
import { checkValueDepth } from "./limits.ts";
import {
  Callable,
  Dict,
  DictView,
  Markup,
  Namespace,
  Native,
  Range,
  Tuple,
  Undefined,
  type Value,
} from "./values.ts";

/** Python's `str(value)`. */
export function str(value: Value, budget: Budget): string {
  if (typeof value === "string") return value;
  if (value instanceof Markup) return value.text;
  if (value instanceof Undefined) return "";
  return repr(value, budget);
}

/** Python's `repr(value)`. Objects that Python prints with their address are printed without it. */
export function repr(value: Value, budget: Budget, depth = 0): string {
  checkValueDepth(depth);
  budget.spend(1);
  const inner = (item: Value) => repr(item, budget, depth + 1);
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number") return floatText(value);
  if (typeof value === "string") return quoted(value, budget);
  if (value instanceof Markup) return `Markup(${quoted(value.text, budget)})`;
  if (Array.isArray(value)) return joined("[", value.map(inner), "]", budget);
  if (value instanceof Tuple) {
    return joined("(", value.items.map(inner), value.items.length === 1 ? ",)" : ")", budget);
  }
  if (value instanceof Dict) return dictText(value.entries(), inner, budget);
  if (value instanceof DictView) return `dict_${value.part}(${inner(value.list())})`;
  if (value instanceof Range) {
    return `range(${value.start}, ${value.stop}${value.step === 1 ? "" : `, ${value.step}`})`;
  }
  if (value instanceof Namespace) {
    return `<Namespace ${dictText([...value.attributes], inner, budget)}>`;
  }
  if (value instanceof Undefined) return "Undefined";
  if (value instanceof Callable) return `<${value.typeName} ${quoted(value.name, budget)}>`;
  return value instanceof Native ? `<${value.typeName}>` : "<generator object>";
}

function dictText(entries: [Value, Value][], inner: (v: Value) => string, budget: Budget): string {
  return joined(
    "{",
    entries.map(([key, item]) => `${inner(key)}: ${inner(item)}`),
    "}",
    budget,
  );
}

function joined(open: string, parts: string[], close: string, budget: Budget): string {
  const text = open + parts.join(", ") + close;
  budget.text(text.length);
  return text;
}

/** `repr(float)`: shortest digits; exponent form below 1e-4 and from 1e16. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0.0";
  const magnitude = Math.abs(value);
  if (value !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    const [mantissa, exponent] = value.toExponential().split("e") as [string, string];
    return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
  }
  const text = value.toString();
  return text.includes(".") ? text : `${text}.0`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** `repr(str)`: single quotes unless only those occur inside; what is not printable is escaped. */
function quoted(text: string, budget: Budget): string {
  budget.text(text.length);
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\\'"]|[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (char) => {
    if (char === "'" || char === '"') return char === quote ? `\\${char}` : char;
    const simple = ESCAPES.get(char);
    if (simple !== undefined) return simple;
    const code = char.codePointAt(0)!;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return quote + body + quote;
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ["&", "&amp;"],
  [">", "&gt;"],
  ["<", "&lt;"],
  ["'", "&#39;"],
  ['"', "&#34;"],
]);

/** Escaped for HTML as markupsafe does; Markup is left as it is. */
export function escapeHtml(value: Value, budget: Budget): Markup {
  if (value instanceof Markup) return value;
  const text = str(value, budget);
  budget.text(text.length);
  budget.spend(text.length >>> 1);
  return new Markup(text.replace(/[&<>'"]/g, (char) => ENTITIES.get(char)!));
}
