import { newMarkerScan } from "./marker-scan.ts";
import type { Stage } from "./types.ts";

/** Passes text on without the given marks, such as Command R's `<|START_RESPONSE|>`. */
export function newDropMarks(marks: readonly string[], next: Stage): Stage {
  const scan = newMarkerScan(marks);
  return {
    push(text) {
      let rest = text;
      while (rest !== "") {
        const { before, after } = scan.feed(rest);
        if (before !== "") next.push(before);
        rest = after;
      }
    },
    flush() {
      next.push(scan.rest());
      next.flush();
    },
  };
}
