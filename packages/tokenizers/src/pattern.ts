import { PatternError } from "./errors.ts";

/**
 * Oniguruma to JavaScript. The patterns of tokenizer files are written for Oniguruma (Ruby syntax, Unicode): there `\s`,
 * `\w`, `\d` and `\b` are Unicode's, `^` and `$` hold at line ends, and quantifiers may be possessive. This translates
 * to JavaScript's `v` syntax without relying on regular expression modifiers.
 */

/** Longer patterns are refused: the longest in use has some 600 characters. */
const MAX_PATTERN = 2 ** 16;
const MAX_DEPTH = 64;

const WORD = "\\p{L}\\p{M}\\p{N}\\p{Pc}";
const ESCAPES: Readonly<Record<string, string>> = {
  s: "\\p{White_Space}",
  S: "\\P{White_Space}",
  d: "\\p{Nd}",
  D: "\\P{Nd}",
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  h: "[0-9A-Fa-f]",
  H: "[^0-9A-Fa-f]",
  n: "\\n",
  r: "\\r",
  t: "\\t",
  f: "\\f",
  v: "\\v",
  a: "\\x07",
  e: "\\x1b",
  "0": "\\0",
};
const ASSERTIONS: Readonly<Record<string, string>> = {
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
  A: "(?<![^])",
  z: "(?![^])",
  Z: "(?=\\n?(?![^]))",
};
const POSIX: Readonly<Record<string, string>> = {
  alpha: "\\p{Alphabetic}",
  digit: "\\p{Nd}",
  alnum: "\\p{Alphabetic}\\p{Nd}",
  upper: "\\p{Uppercase}",
  lower: "\\p{Lowercase}",
  space: "\\p{White_Space}",
  punct: "\\p{P}\\p{S}",
  cntrl: "\\p{Cc}",
  xdigit: "0-9A-Fa-f",
  word: WORD,
};
const GROUPS = ["(?:", "(?=", "(?!", "(?<=", "(?<!"] as const;
const SYNTAX = /[\^$\\.*+?()[\]{}|/\-&!#%,:;<=>@`~]/;

const escapeLiteral = (character: string): string => (SYNTAX.test(character) ? `\\${character}` : character);

/** Where a literal may stand outside a class only some of the punctuators may be escaped. */
const escapeOutside = (character: string): string =>
  /[\^$\\.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;

const bothCases = (character: string): string[] => {
  const forms = new Set([character, character.toLowerCase(), character.toUpperCase()]);
  return [...forms].filter((form) => [...form].length === 1);
};

const isValid = (source: string): boolean => {
  try {
    new RegExp(source, "v");
    return true;
  } catch {
    return false;
  }
};

/** @throws PatternError for what has no counterpart: backreferences, conditionals, subexpression calls */
export function compilePattern(pattern: string): RegExp {
  if (pattern.length > MAX_PATTERN)
    throw new PatternError(pattern, `it is longer than ${MAX_PATTERN} characters`);
  const source = translate(pattern);
  try {
    return new RegExp(source, "gv");
  } catch (cause) {
    throw new PatternError(pattern, String((cause as Error).message), { cause });
  }
}

/** The JavaScript source (`v` flag) for an Oniguruma pattern. */
export function translate(pattern: string): string {
  const characters = [...pattern];
  let at = 0;
  let atomics = 0;
  const fail = (problem: string): never => {
    throw new PatternError(pattern, problem);
  };
  const startsWith = (text: string) => text === characters.slice(at, at + text.length).join("");

  const property = (negated: boolean): string => {
    let name = "";
    if (characters[at] === "{") {
      const end = characters.indexOf("}", at);
      if (end < 0) fail("a property name is not closed");
      name = characters.slice(at + 1, end).join("");
      at = end + 1;
    } else {
      name = characters[at++] ?? "";
    }
    if (name.startsWith("^")) {
      negated = !negated;
      name = name.slice(1);
    }
    const letter = negated ? "P" : "p";
    if (!/^\w+(=\w+)?$/.test(name)) fail(`"${name}" is no property`);
    for (const form of [name, `Script=${name}`]) {
      if (isValid(`\\p{${form}}`)) return `\\${letter}{${form}}`;
    }
    return fail(`the property "${name}" is unknown`);
  };

  const codePoint = (kind: string): string => {
    let hex = "";
    if (characters[at] === "{") {
      const end = characters.indexOf("}", at);
      hex = characters.slice(at + 1, end < 0 ? characters.length : end).join("");
      at = end < 0 ? characters.length : end + 1;
    } else {
      const digits = kind === "u" ? 4 : 2;
      while (hex.length < digits && /[0-9A-Fa-f]/.test(characters[at] ?? "")) hex += characters[at++];
    }
    const value = Number.parseInt(hex, 16);
    if (!/^[0-9A-Fa-f]+$/.test(hex) || value > 0x10ffff) fail(`"\\${kind}${hex}" is no code point`);
    return String.fromCodePoint(value);
  };

  /** After a backslash: a set (as source) or one character. */
  const escaped = (): { set: string } | { character: string } => {
    const letter = characters[at++] ?? fail("it ends in a backslash");
    if (letter === "p" || letter === "P") return { set: property(letter === "P") };
    if (letter === "x" || letter === "u") return { character: codePoint(letter) };
    const known = ESCAPES[letter];
    if (known !== undefined) return { set: known };
    if (/[1-9A-Za-z]/.test(letter)) fail(`"\\${letter}" has no counterpart`);
    return { character: letter };
  };

  const literal = (character: string, anyCase: boolean): string => {
    const forms = anyCase ? bothCases(character) : [character];
    return forms.length === 1 ? escapeOutside(character) : `[${forms.map(escapeLiteral).join("")}]`;
  };

  const characterClass = (anyCase: boolean, depth: number): string => {
    if (depth > MAX_DEPTH) fail(`it nests deeper than ${MAX_DEPTH}`);
    let out = "[";
    if (characters[at] === "^") {
      out += "^";
      at++;
    }
    const single = (): { set: string } | { character: string } => {
      const character = characters[at++]!;
      return character === "\\" ? escaped() : { character };
    };
    // Within `&&` JavaScript wants single operands on both sides, so each side becomes a class of its own.
    const operands: string[] = [""];
    const append = (source: string) => {
      operands[operands.length - 1] += source;
    };
    let first = true;
    for (;;) {
      if (at >= characters.length) fail("a character class is not closed");
      if (characters[at] === "]" && !first) break;
      first = false;
      if (startsWith("[:")) {
        const end = characters.indexOf(":", at + 2);
        const name = characters.slice(at + 2, end).join("");
        const set = POSIX[name.replace("^", "")];
        if (end < 0 || set === undefined || characters[end + 1] !== "]") fail("a POSIX class is unknown");
        append(name.startsWith("^") ? `[^${set}]` : set!);
        at = end + 2;
        continue;
      }
      if (characters[at] === "[") {
        at++;
        append(characterClass(anyCase, depth + 1));
        continue;
      }
      if (startsWith("&&")) {
        at += 2;
        operands.push("");
        continue;
      }
      const low = single();
      if ("set" in low) {
        append(low.set);
        continue;
      }
      if (characters[at] === "-" && at + 1 < characters.length && characters[at + 1] !== "]") {
        at++;
        const high = single();
        if ("set" in high) {
          append(`${escapeLiteral(low.character)}\\-${high.set}`);
          continue;
        }
        append(`${escapeLiteral(low.character)}-${escapeLiteral(high.character)}`);
        if (anyCase && /[A-Za-z]/.test(low.character) && /[A-Za-z]/.test(high.character)) {
          append(`${low.character.toLowerCase()}-${high.character.toLowerCase()}`);
          append(`${low.character.toUpperCase()}-${high.character.toUpperCase()}`);
        }
        continue;
      }
      for (const form of anyCase ? bothCases(low.character) : [low.character]) append(escapeLiteral(form));
    }
    at++;
    return operands.length === 1
      ? `${out}${operands[0]}]`
      : `${out}${operands.map((operand) => `[${operand}]`).join("&&")}]`;
  };

  const quantifier = (): { source: string; possessive: boolean } => {
    const match = /^(?:[*+?]|\{\d*,?\d*\})/.exec(characters.slice(at, at + 24).join(""));
    if (!match || match[0] === "{}" || match[0] === "{,}") return { source: "", possessive: false };
    at += match[0].length;
    const bounds = match[0].startsWith("{,") ? `{0${match[0].slice(1)}` : match[0];
    if (characters[at] === "?") {
      at++;
      return { source: `${bounds}?`, possessive: false };
    }
    if (characters[at] === "+" && !bounds.startsWith("{")) {
      at++;
      return { source: bounds, possessive: true };
    }
    return { source: bounds, possessive: false };
  };

  /** A lookahead keeps no backtracking positions: what it captured is then taken as a whole. */
  const atomic = (source: string): string => {
    atomics++;
    return `(?:(?=(?<atomic${atomics}>${source}))\\k<atomic${atomics}>)`;
  };

  const group = (anyCase: boolean, depth: number): string => {
    const opening = GROUPS.find(startsWith);
    if (opening) {
      at += opening.length;
      return `${opening}${alternatives(anyCase, depth + 1)})`;
    }
    if (startsWith("(?>")) {
      at += 3;
      return atomic(alternatives(anyCase, depth + 1));
    }
    if (startsWith("(?")) {
      const head = /^\(\?(?:<\w+>|([a-z]*)(?:-([a-z]*))?([:)]))/.exec(characters.slice(at, at + 64).join(""));
      if (!head) return fail("a group of this kind has no counterpart");
      at += head[0].length;
      const [, on = "", off = "", end] = head;
      if (/[^i]/.test(on) || /[^imx]/.test(off)) fail(`the modifiers "${head[0]}" have no counterpart`);
      const inner = end === undefined ? anyCase : off.includes("i") ? false : anyCase || on.includes("i");
      // "(?i)" holds to the end of the group around it, and that end is left for the caller to see.
      if (end === ")") return `(?:${alternatives(inner, depth + 1, true)})`;
      return `(?:${alternatives(inner, depth + 1)})`;
    }
    at += 1;
    return `(?:${alternatives(anyCase, depth + 1)})`;
  };

  const atom = (anyCase: boolean, depth: number): string => {
    const character = characters[at]!;
    if (character === "(") return group(anyCase, depth);
    at++;
    if (character === "[") return characterClass(anyCase, depth);
    if (character === ".") return "[^\\n]";
    if (character === "^") return "(?<![^\\n])";
    if (character === "$") return "(?![^\\n])";
    if (character === "\\") {
      const assertion = ASSERTIONS[characters[at] ?? ""];
      if (assertion !== undefined) {
        at++;
        return assertion;
      }
      const operand = escaped();
      return "set" in operand ? operand.set : literal(operand.character, anyCase);
    }
    if (/[*+?]/.test(character)) fail("a quantifier has nothing to repeat");
    return literal(character, anyCase);
  };

  /** Up to the closing parenthesis, which is consumed unless `leaveEnd`. */
  const alternatives = (anyCase: boolean, depth: number, leaveEnd = false): string => {
    if (depth > MAX_DEPTH) fail(`it nests deeper than ${MAX_DEPTH}`);
    let out = "";
    while (at < characters.length && characters[at] !== ")") {
      if (characters[at] === "|") {
        out += "|";
        at++;
        continue;
      }
      const source = atom(anyCase, depth);
      const { source: bounds, possessive } = quantifier();
      out += possessive ? atomic(source + bounds) : source + bounds;
    }
    if (depth > 0 && !leaveEnd) {
      if (at >= characters.length) fail("a group is not closed");
      at++;
    }
    return out;
  };

  const source = alternatives(false, 0);
  if (at < characters.length) fail("a group is closed that was not opened");
  return source;
}
