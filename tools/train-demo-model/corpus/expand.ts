/** A seeded stream of numbers in [0, 1). Mulberry32. */
export type Random = () => number;

export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

export type Slots = Readonly<Record<string, string>>;

/**
 * Text of a pattern: `{a|b|}` is one of the alternatives, which may nest; `$name` is a slot. Sentences
 * begin with capitals by themselves, but for one that follows a quotation.
 */
export function expand(random: Random, pattern: string, slots: Slots = {}): string {
  const text = pattern.replace(/\$([a-zA-Z]+)/g, (_, name: string) => {
    const value = slots[name];
    if (value === undefined) throw new Error(`no slot $${name}: ${pattern}`);
    return value;
  });
  let at = 0;
  const sequence = (nested: boolean): string[] => {
    const alternatives = [""];
    while (at < text.length) {
      const character = text[at++]!;
      if (character === "{") alternatives[alternatives.length - 1] += pick(random, sequence(true));
      else if (nested && character === "}") return alternatives;
      else if (nested && character === "|") alternatives.push("");
      else alternatives[alternatives.length - 1] += character;
    }
    if (nested) throw new Error(`a brace is not closed: ${pattern}`);
    return alternatives;
  };
  return sequence(false)[0]!
    .replace(/ +/g, " ")
    .trim()
    .replace(
      /(^|[.!?] +)("?)([a-z])/g,
      (_, before: string, quote: string, letter: string) => `${before}${quote}${letter.toUpperCase()}`,
    );
}

/** "a" or "an" before a word, by its first letter. */
export const article = (word: string): string => (/^(?!uni)[aeiou]/.test(word) ? "an" : "a");
