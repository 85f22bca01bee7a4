import { fail } from "./fault.ts";
import { type Budget, checkValueDepth } from "./limits.ts";
import { floatText, str } from "./text.ts";
import { compare, Dict, itemsOf, textOf, typeName, type Value } from "./values.ts";

export interface JsonStyle {
  /** Escape everything outside ASCII. */
  ensureAscii: boolean;
  /** Text of one level of indentation; null: all on one line. */
  indent: string | null;
  itemSeparator: string;
  keySeparator: string;
  sortKeys: boolean;
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ["\b", "\\b"],
  ["\f", "\\f"],
]);

/** Python's `json.dumps`. */
export function toJson(value: Value, style: JsonStyle, budget: Budget): string {
  const parts: string[] = [];
  const put = (text: string) => {
    budget.text(text.length);
    parts.push(text);
  };

  const write = (item: Value, depth: number): void => {
    checkValueDepth(depth);
    budget.spend(1);
    const text = textOf(item);
    const items = itemsOf(item);
    if (text !== null) put(jsonString(text, style.ensureAscii));
    else if (items !== null) writeAll("[", items, "]", depth, (each) => write(each, depth + 1));
    else if (item instanceof Dict) {
      const entries = item.entries();
      if (style.sortKeys) entries.sort(([a], [b]) => compare(a, b, "<", budget));
      writeAll("{", entries, "}", depth, ([key, each]) => {
        put(jsonString(keyText(key, budget), style.ensureAscii) + style.keySeparator);
        write(each, depth + 1);
      });
    } else put(scalar(item, budget));
  };

  const writeAll = <T>(
    open: string,
    all: readonly T[],
    close: string,
    depth: number,
    one: (t: T) => void,
  ) => {
    if (all.length === 0) return put(open + close);
    const newline = (levels: number) => (style.indent === null ? "" : `\n${style.indent.repeat(levels)}`);
    put(open + newline(depth + 1));
    all.forEach((each, i) => {
      if (i > 0) put(style.itemSeparator + newline(depth + 1));
      one(each);
    });
    put(newline(depth) + close);
  };

  write(value, 0);
  const out = parts.join("");
  budget.text(out.length);
  return out;
}

function scalar(value: Value, budget: Budget): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return jsonFloat(value);
  if (typeof value === "bigint") return str(value, budget);
  return fail(`Object of type ${typeName(value)} is not JSON serializable`);
}

function keyText(key: Value, budget: Budget): string {
  const text = textOf(key);
  if (text !== null) return text;
  if (key === null || ["boolean", "bigint", "number"].includes(typeof key)) return scalar(key, budget);
  return fail(`keys must be str, int, float, bool or None, not ${typeName(key)}`);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return Number.isFinite(value) ? floatText(value) : value < 0 ? "-Infinity" : "Infinity";
}

function jsonString(text: string, ensureAscii: boolean): string {
  const pattern = ensureAscii ? /["\\]|[^ -~]/g : /["\\]|\p{Cc}/gu;
  const replace = (char: string) =>
    SHORT.get(char) ??
    (char >= "\x7f" && !ensureAscii ? char : null) ??
    `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return `"${text.replace(pattern, replace)}"`;
}
