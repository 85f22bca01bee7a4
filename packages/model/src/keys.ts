import type { MetadataValue } from "@realizar/formats";
import { BadHyperparameterError, MissingHyperparameterError } from "./errors.ts";

/**
 * Reads `<architecture>.<name>` keys, checked. A key given a fallback may be absent.
 * Each throws MissingHyperparameterError or BadHyperparameterError.
 */
export interface Keys {
  readonly architecture: string;
  /** The full key of a name. */
  key(name: string): string;
  has(name: string): boolean;
  /** A whole number in [1, max]; an array of one repeated number counts as that number. */
  count(name: string, max: number, fallback?: number): number;
  /** As count, and 0 is allowed. */
  countOrZero(name: string, max: number, fallback?: number): number;
  /** A finite number above 0. */
  positive(name: string, fallback?: number): number;
  /** A finite number. */
  real(name: string, fallback?: number): number;
  flag(name: string, fallback?: boolean): boolean;
  text(name: string, fallback?: string): string;
  /** The value as it is. */
  raw(name: string): MetadataValue | undefined;
}

export function keysOf(metadata: ReadonlyMap<string, MetadataValue>, architecture: string): Keys {
  const key = (name: string) => `${architecture}.${name}`;
  const raw = (name: string) => metadata.get(key(name));

  function read<T>(name: string, fallback: T | undefined, check: (value: MetadataValue) => T): T {
    const value = raw(name);
    if (value !== undefined) return check(value);
    if (fallback === undefined) throw new MissingHyperparameterError(key(name));
    return fallback;
  }

  function number(name: string, expected: string, accept: (value: number) => boolean) {
    return (value: MetadataValue): number => {
      const single = uniform(value);
      const found = typeof single === "bigint" ? Number(single) : single;
      if (typeof found !== "number" || !Number.isFinite(found) || !accept(found)) {
        throw new BadHyperparameterError(key(name), value, expected);
      }
      return found;
    };
  }

  function whole(name: string, min: number, max: number, fallback?: number): number {
    const accept = (value: number) => Number.isInteger(value) && value >= min && value <= max;
    return read(name, fallback, number(name, `a whole number from ${min} to ${max}`, accept));
  }

  function typed<T extends MetadataValue>(name: string, type: string, fallback?: T): T {
    return read(name, fallback, (value) => {
      if (typeof value !== type) throw new BadHyperparameterError(key(name), value, `a ${type}`);
      return value as T;
    });
  }

  return {
    architecture,
    key,
    raw,
    has: (name) => metadata.has(key(name)),
    count: (name, max, fallback) => whole(name, 1, max, fallback),
    countOrZero: (name, max, fallback) => whole(name, 0, max, fallback),
    positive: (name, fallback) =>
      read(
        name,
        fallback,
        number(name, "a number above 0", (value) => value > 0),
      ),
    real: (name, fallback) =>
      read(
        name,
        fallback,
        number(name, "a number", () => true),
      ),
    flag: (name, fallback) => typed<boolean>(name, "boolean", fallback),
    text: (name, fallback) => typed<string>(name, "string", fallback),
  };
}

/** The number of an array that repeats it; any other value as it is. */
function uniform(value: MetadataValue): MetadataValue {
  if (typeof value !== "object" || value.length === 0) return value;
  const [first] = value as readonly MetadataValue[];
  for (let i = 1; i < value.length; i++) if (value[i] !== first) return value;
  return first!;
}
