import type { Method } from "./attributes.ts";
import { bind } from "./runtime.ts";
import { Dict, DictView, orElse } from "./values.ts";

/** The methods of dict that change nothing. */
export const dictMethods: ReadonlyMap<string, Method<Dict>> = new Map<string, Method<Dict>>([
  ["items", view("items")],
  ["keys", view("keys")],
  ["values", view("values")],
  [
    "get",
    (dict, args) => {
      const [key, fallback] = bind("dict.get()", args, ["key", "default"], 1);
      return orElse(dict.get(key!), () => orElse(fallback, () => null));
    },
  ],
  [
    "copy",
    (dict, args) => {
      bind("dict.copy()", args, []);
      const out = new Dict();
      for (const [key, value] of dict.entries()) out.set(key, value);
      return out;
    },
  ],
]);

function view(part: "items" | "keys" | "values"): Method<Dict> {
  return (dict, args) => {
    bind(`dict.${part}()`, args, []);
    return new DictView(dict, part);
  };
}
