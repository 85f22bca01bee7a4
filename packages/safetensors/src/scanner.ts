import { SafetensorsError } from "./errors.ts";

/** A place in a JSON text. */
export interface Scanner {
  readonly text: string;
  at: number;
}

/** Nesting the reference library allows (serde_json's recursion limit). */
const MAX_DEPTH = 128;

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const UNSIGNED = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const LITERAL = /true|false|null/y;

/** Throws a syntax error at the scanner's place. */
export function refuse(scanner: Scanner, expected: string): never {
  const { text, at } = scanner;
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 12)) : "the end of the header";
  throw new SafetensorsError(
    "SAFETENSORS_HEADER_SYNTAX",
    `safetensors header, character ${at}: expected ${expected}, found ${found}. The file is damaged or was not written as safetensors.`,
    { position: at },
  );
}

function skipSpace(scanner: Scanner): void {
  const { text } = scanner;
  let at = scanner.at;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  scanner.at = at;
}

/** Skips space, then takes `character` if it is next. */
export function take(scanner: Scanner, character: string): boolean {
  skipSpace(scanner);
  if (scanner.text[scanner.at] !== character) return false;
  scanner.at++;
  return true;
}

/** As {@link take}, refusing anything else. */
export function expect(scanner: Scanner, character: string): void {
  if (!take(scanner, character)) refuse(scanner, `"${character}"`);
}

/** Refuses anything but space up to the end. */
export function expectEnd(scanner: Scanner): void {
  skipSpace(scanner);
  if (scanner.at < scanner.text.length) refuse(scanner, "nothing after the object");
}

function match(scanner: Scanner, pattern: RegExp): string | undefined {
  skipSpace(scanner);
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.text)?.[0];
  if (found !== undefined) scanner.at += found.length;
  return found;
}

/** Reads a JSON string; lone surrogates and control characters are refused, as in the reference library. */
export function readString(scanner: Scanner): string {
  const { text } = scanner;
  if (!take(scanner, '"')) refuse(scanner, "a string");
  const start = scanner.at - 1;
  let plain = true;
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      scanner.at = at + 1;
      if (plain) return text.slice(start + 1, at);
      return unescaped(scanner, start, at + 1);
    }
    if (code === 0x5c) {
      plain = false;
      at++;
    } else if (code < 0x20) {
      scanner.at = at;
      refuse(scanner, "no control character in a string");
    }
  }
  scanner.at = text.length;
  refuse(scanner, "the end of a string");
}

function unescaped(scanner: Scanner, start: number, end: number): string {
  try {
    const value: unknown = JSON.parse(scanner.text.slice(start, end));
    if (typeof value === "string" && value.isWellFormed()) return value;
  } catch {
    // An escape JSON does not have; refused below with its place.
  }
  scanner.at = start;
  refuse(scanner, "a string of valid escapes");
}

/** Reads an unsigned integer without sign, point or exponent, at most 2^53 - 1. */
export function readUnsigned(scanner: Scanner): number {
  const digits = match(scanner, UNSIGNED);
  if (digits === undefined) refuse(scanner, "a non-negative integer");
  const value = Number(digits);
  if (!Number.isSafeInteger(value)) {
    scanner.at -= digits.length;
    refuse(scanner, "an integer below 2^53");
  }
  return value;
}

/** Reads an array of unsigned integers. */
export function readUnsignedArray(scanner: Scanner): number[] {
  expect(scanner, "[");
  const values: number[] = [];
  if (take(scanner, "]")) return values;
  do values.push(readUnsigned(scanner));
  while (take(scanner, ","));
  expect(scanner, "]");
  return values;
}

/** Reads an object: calls `onKey` with each key, standing before the key's value. */
export function readObject(scanner: Scanner, onKey: (key: string) => void): void {
  expect(scanner, "{");
  if (take(scanner, "}")) return;
  do {
    const key = readString(scanner);
    expect(scanner, ":");
    onKey(key);
  } while (take(scanner, ","));
  expect(scanner, "}");
}

/** Takes a `null`, if it is next. */
export function takeNull(scanner: Scanner): boolean {
  skipSpace(scanner);
  if (!scanner.text.startsWith("null", scanner.at)) return false;
  scanner.at += 4;
  return true;
}

/** Passes over any value nested at most 128 deep; `depth` is that of the value itself. */
export function skipValue(scanner: Scanner, depth: number): void {
  if (depth > MAX_DEPTH) refuse(scanner, `nesting of at most ${MAX_DEPTH}`);
  skipSpace(scanner);
  const first = scanner.text[scanner.at];
  if (first === '"') readString(scanner);
  else if (first === "{") readObject(scanner, () => skipValue(scanner, depth + 1));
  else if (first === "[") skipArray(scanner, depth);
  else if (match(scanner, LITERAL) === undefined && match(scanner, NUMBER) === undefined) {
    refuse(scanner, "a JSON value");
  }
}

function skipArray(scanner: Scanner, depth: number): void {
  expect(scanner, "[");
  if (take(scanner, "]")) return;
  do skipValue(scanner, depth + 1);
  while (take(scanner, ","));
  expect(scanner, "]");
}
