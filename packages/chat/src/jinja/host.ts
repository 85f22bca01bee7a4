import { fail } from "./fault.ts";
import { type Budget, checkValueDepth } from "./limits.ts";
import { Dict, type Value } from "./values.ts";

/**
 * A copy of plain host data (what JSON can hold, plus bigint, Map, and `undefined` for an absent property) as a
 * template's value. Whole numbers become int, others float. Fails for functions, class instances and symbols.
 */
export function fromHost(data: unknown, budget: Budget, depth = 0): Value {
  checkValueDepth(depth);
  budget.spend(1);
  if (data === null || data === undefined) return null;
  if (typeof data === "string" || typeof data === "boolean" || typeof data === "bigint") return data;
  if (typeof data === "number") return Number.isSafeInteger(data) ? BigInt(data) : data;
  if (Array.isArray(data)) return Array.from(data, (item) => fromHost(item, budget, depth + 1));
  if (data instanceof Map) return dictFrom(data.entries(), budget, depth);
  const prototype = typeof data === "object" ? Object.getPrototypeOf(data) : undefined;
  if (prototype === null || prototype === Object.prototype) {
    const present = Object.entries(data as object).filter(([, value]) => value !== undefined);
    return dictFrom(present, budget, depth);
  }
  return fail(
    `a template's inputs must be plain data, not ${typeof data === "object" ? "an instance" : typeof data}`,
  );
}

function dictFrom(entries: Iterable<[unknown, unknown]>, budget: Budget, depth: number): Dict {
  const out = new Dict();
  for (const [key, value] of entries) {
    out.set(fromHost(key, budget, depth + 1), fromHost(value, budget, depth + 1));
  }
  return out;
}
