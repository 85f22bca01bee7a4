import { InvalidArgumentError } from "commander";

/** Parsers of option values; each names the allowed range. */

export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = Number(text);
    if (!/^[+-]?\d+$/.test(text.trim()) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(
        maximum === Number.MAX_SAFE_INTEGER
          ? `It must be a whole number from ${minimum} up.`
          : `It must be a whole number from ${minimum} to ${maximum}.`,
      );
    }
    return value;
  };
}

export function decimal(minimum: number, maximum: number) {
  return (text: string): number => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(
        maximum === Number.POSITIVE_INFINITY
          ? `It must be a number from ${minimum} up.`
          : `It must be a number from ${minimum} to ${maximum}.`,
      );
    }
    return value;
  };
}

/** Whole numbers, separated by commas. */
export function integers(minimum: number, maximum: number) {
  const one = integer(minimum, maximum);
  return (text: string): number[] => text.split(",").map((part) => one(part.trim()));
}

/** Collects an option that may be given several times. */
export function repeated(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Collects stop strings. */
export function stopText(value: string, before?: readonly string[]): string[] {
  if (value === "") throw new InvalidArgumentError("It must not be empty.");
  return repeated(value, before);
}

export const threads = integer(1, 256);
export const contextSize = integer(1, 2 ** 24);
