import type { SaveArea } from "../src/storage.ts";

/** A save area with a quota of characters. */
export function memoryStorage(
  quota = Number.POSITIVE_INFINITY,
): SaveArea & { readonly items: Map<string, string> } {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem(key, value) {
      if (value.length > quota) throw new DOMException("full", "QuotaExceededError");
      items.set(key, value);
    },
    removeItem(key) {
      items.delete(key);
    },
  };
}
