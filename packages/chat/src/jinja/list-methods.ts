import type { Method } from "./attributes.ts";
import { fail } from "./fault.ts";
import { bind } from "./runtime.ts";
import { equals, indexOf, itemsOf, type Tuple, type Value } from "./values.ts";

type Sequence = Value[] | Tuple;

/** The methods of list and tuple that change nothing. */
export const listMethods: ReadonlyMap<string, Method<Sequence>> = new Map<string, Method<Sequence>>([
  [
    "count",
    (list, args, rt) => {
      const [wanted] = bind("list.count()", args, ["value"], 1);
      return BigInt(itemsOf(list)!.filter((item) => equals(item, wanted!, rt.budget)).length);
    },
  ],
  [
    "index",
    (list, args, rt) => {
      const [wanted, start, stop] = bind("list.index()", args, ["value", "start", "stop"], 1);
      const items = itemsOf(list)!;
      const clamp = (i: number) => Math.max(0, i < 0 ? i + items.length : i);
      const from = start === undefined ? 0 : clamp(indexOf(start, "start"));
      const to = stop === undefined ? items.length : Math.min(items.length, clamp(indexOf(stop, "stop")));
      for (let i = from; i < to; i++) if (equals(items[i]!, wanted!, rt.budget)) return BigInt(i);
      return fail("the value is not in the list");
    },
  ],
  [
    "copy",
    (list, args) => {
      bind("list.copy()", args, []);
      return [...itemsOf(list)!];
    },
  ],
]);
