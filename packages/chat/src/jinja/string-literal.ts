const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["\n", ""],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
  ["a", "\x07"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["v", "\v"],
]);
const HEX_LENGTH: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/**
 * The text of a string literal with Python's escapes resolved ("unicode-escape"); an unknown escape keeps its
 * backslash. null where a hexadecimal escape is cut short or names no code point.
 */
export function unescapeString(body: string): string | null {
  if (!body.includes("\\")) return body;
  let out = "";
  let i = 0;
  while (i < body.length) {
    const char = body[i]!;
    if (char !== "\\") {
      out += char;
      i++;
      continue;
    }
    const kind = body[i + 1] ?? "";
    const simple = SIMPLE.get(kind);
    const hexLength = HEX_LENGTH.get(kind);
    if (simple !== undefined) {
      out += simple;
      i += 2;
    } else if (hexLength !== undefined) {
      const digits = body.slice(i + 2, i + 2 + hexLength);
      if (digits.length < hexLength || !/^[\da-fA-F]+$/.test(digits)) return null;
      const code = Number.parseInt(digits, 16);
      if (code > 0x10ffff) return null;
      out += String.fromCodePoint(code);
      i += 2 + hexLength;
    } else if (/[0-7]/.test(kind)) {
      const digits = /^[0-7]{1,3}/.exec(body.slice(i + 1, i + 4))![0];
      out += String.fromCodePoint(Number.parseInt(digits, 8));
      i += 1 + digits.length;
    } else {
      out += `\\${kind}`;
      i += 2;
    }
  }
  return out;
}
