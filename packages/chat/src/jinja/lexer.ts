import { TemplateSyntaxError } from "../errors.ts";
import { unescapeString } from "./string-literal.ts";

export type TokenType =
  | "text"
  | "block_begin"
  | "block_end"
  | "variable_begin"
  | "variable_end"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

export interface Token {
  type: TokenType;
  value: string;
  line: number;
}

const OPERATORS = ["//", "**", "==", "!=", ">=", "<=", ..."+-*/%~[](){}<>=.:|,;"];
const CLOSERS: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
]);

const DIGITS = String.raw`\d(?:_?\d)*`;
const FLOAT = String.raw`${DIGITS}(?:(?:\.${DIGITS})?[eE][+-]?${DIGITS}|\.${DIGITS})`;
const INTEGER = String.raw`0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[\da-fA-F])+|[1-9](?:_?\d)*|0(?:_?0)*`;

/**
 * Splits a template into tokens, with `trim_blocks` and `lstrip_blocks` on as transformers sets them:
 * the newline after a block or comment goes, and so does the blank run between a line's start and a block or comment;
 * `-` strips all white space on its side, `+` switches the automatic stripping off.
 */
export function tokenize(template: string): Token[] {
  const source = template.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  const tokens: Token[] = [];
  const space = /\s*/y;
  const float = new RegExp(FLOAT, "y");
  const integer = new RegExp(INTEGER, "y");
  const word = /[\p{ID_Continue}]+/uy;
  const opening = /\{[{%#][-+]?/g;
  const rawBegin = /\{%[-+]?\s*raw\s*(?:(-)%\}\s*|%\})/y;
  const rawEnd = /\{%([-+]?)\s*endraw\s*(?:\+%\}|-%\}\s*|%\}\n?)/g;

  let position = 0;
  let line = 1;
  let nextNewline = newlineFrom(source, 0);
  let lineStarting = true;

  const match = (pattern: RegExp): string | null => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0] ?? null;
  };
  const advance = (to: number): void => {
    while (nextNewline < to) {
      line++;
      nextNewline = newlineFrom(source, nextNewline + 1);
    }
    if (to > position) lineStarting = source[to - 1] === "\n";
    position = to;
  };
  const error = (message: string): never => {
    throw new TemplateSyntaxError(message, line);
  };
  const pushText = (text: string, sign: string, isVariable: boolean): void => {
    let kept = text;
    if (sign === "-") kept = text.trimEnd();
    else if (sign !== "+" && !isVariable) {
      const lineStart = text.lastIndexOf("\n") + 1;
      const blank = text.slice(lineStart).trim() === "";
      if (blank && (lineStart > 0 || lineStarting)) kept = text.slice(0, lineStart);
    }
    if (kept !== "") tokens.push({ type: "text", value: kept, line });
  };

  /** Tokens of one `{{ }}` or `{% %}`; the position is after the opening mark. */
  const expression = (isVariable: boolean): void => {
    const open: string[] = [];
    for (;;) {
      advance(position + (match(space)?.length ?? 0));
      if (position >= source.length)
        error(`unexpected end of template, expected '${isVariable ? "}}" : "%}"}'`);
      if (open.length === 0) {
        const end = endOfTag(source, position, isVariable);
        if (end !== null) {
          tokens.push({ type: isVariable ? "variable_end" : "block_end", value: "", line });
          advance(end);
          return;
        }
      }
      const char = source[position]!;
      if (char === "'" || char === '"') {
        let end = position + 1;
        while (end < source.length && source[end] !== char) end += source[end] === "\\" ? 2 : 1;
        if (end >= source.length) error("the string has no closing quote");
        const value = unescapeString(source.slice(position + 1, end));
        if (value === null) error("the string has a malformed escape");
        tokens.push({ type: "string", value: value!, line });
        advance(end + 1);
        continue;
      }
      const number = source[position - 1] === "." ? null : match(float);
      if (number !== null) {
        tokens.push({ type: "float", value: number.replaceAll("_", ""), line });
        advance(position + number.length);
        continue;
      }
      const whole = match(integer);
      if (whole !== null) {
        tokens.push({ type: "integer", value: whole.replaceAll("_", ""), line });
        advance(position + whole.length);
        continue;
      }
      const name = match(word);
      if (name !== null) {
        if (!/^[\p{ID_Start}_]/u.test(name)) error(`'${name}' is not a name`);
        tokens.push({ type: "name", value: name, line });
        advance(position + name.length);
        continue;
      }
      const operator = OPERATORS.find((o) => source.startsWith(o, position));
      if (operator === undefined) throw unexpectedCharacter(char!, line);
      const closer = CLOSERS.get(operator);
      if (closer !== undefined) open.push(closer);
      else if (operator === ")" || operator === "]" || operator === "}") {
        const expected = open.pop();
        if (expected === undefined) error(`unexpected '${operator}'`);
        if (expected !== operator) error(`unexpected '${operator}', expected '${expected}'`);
      }
      tokens.push({ type: "operator", value: operator, line });
      advance(position + operator.length);
    }
  };

  while (position < source.length) {
    opening.lastIndex = position;
    const found = opening.exec(source);
    if (found === null) {
      tokens.push({ type: "text", value: source.slice(position), line });
      break;
    }
    const mark = found[0];
    const sign = mark[2] ?? "";
    const isVariable = mark[1] === "{";
    pushText(source.slice(position, found.index), sign, isVariable);
    advance(found.index);

    if (mark[1] === "#") {
      const close = source.indexOf("#}", position + mark.length);
      if (close === -1) error("the comment has no closing '#}'");
      const before = close > position + mark.length ? source[close - 1] : "";
      advance(afterMark(source, close + 2, before === "-" ? "-" : before === "+" ? "+" : ""));
      continue;
    }
    const raw = isVariable ? null : match(rawBegin);
    if (raw !== null) {
      advance(position + raw.length);
      rawEnd.lastIndex = position;
      const end = rawEnd.exec(source);
      if (end === null) return error("the raw block has no closing '{% endraw %}'");
      pushText(source.slice(position, end.index), end[1]!, false);
      advance(end.index + end[0].length);
      continue;
    }
    tokens.push({ type: isVariable ? "variable_begin" : "block_begin", value: "", line });
    advance(position + mark.length);
    expression(isVariable);
  }
  tokens.push({ type: "end", value: "", line });
  return tokens;
}

/** Where the text goes on after a block's or comment's closing mark ending at `end`. */
function afterMark(source: string, end: number, sign: string): number {
  if (sign === "-") return skipSpace(source, end);
  return sign === "" && source[end] === "\n" ? end + 1 : end;
}

function endOfTag(source: string, position: number, isVariable: boolean): number | null {
  if (isVariable) {
    if (source.startsWith("-}}", position)) return skipSpace(source, position + 3);
    return source.startsWith("}}", position) ? position + 2 : null;
  }
  if (source.startsWith("%}", position)) return afterMark(source, position + 2, "");
  if (source.startsWith("-%}", position)) return afterMark(source, position + 3, "-");
  return source.startsWith("+%}", position) ? position + 3 : null;
}

function unexpectedCharacter(char: string, line: number): TemplateSyntaxError {
  return new TemplateSyntaxError(`unexpected character ${JSON.stringify(char)}`, line);
}

function newlineFrom(source: string, from: number): number {
  const at = source.indexOf("\n", from);
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}

function skipSpace(source: string, from: number): number {
  const space = /\s*/y;
  space.lastIndex = from;
  return from + space.exec(source)![0].length;
}
