import { compilePattern } from "../pattern.ts";
import { objectAt, stringAt } from "./json.ts";

const escapeText = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** `{"String": ...}` or `{"Regex": ...}`, with the `g` flag. @throws PatternError, TokenizerFileError */
export function patternAt(value: unknown, path: string): RegExp {
  const text = literalAt(value, path);
  if (typeof text === "string") return new RegExp(escapeText(text), "gv");
  return text;
}

/** As `patternAt`, a text staying a string. */
export function literalAt(value: unknown, path: string): string | RegExp {
  if (typeof value === "string") return value;
  const node = objectAt(value, path);
  if (node.Regex !== undefined) return compilePattern(stringAt(node.Regex, `${path}.Regex`));
  return stringAt(node.String, `${path}.String`);
}
