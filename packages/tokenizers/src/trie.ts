import { pairTable } from "./pair-table.ts";

/** A prefix tree over UTF-16 code units, in flat tables. */
export interface Trie {
  /** The node behind `node` by a code unit, or -1. The root is 0. */
  next(node: number, unit: number): number;
  /** The value stored at a node, or -1. */
  value(node: number): number;
}

/** Stores each text's value; of a text that occurs twice the first counts. Empty texts are left out. */
export function trieOf(entries: Iterable<readonly [text: string, value: number]>): Trie {
  const list = Array.from(entries);
  let letters = 1;
  for (const [text] of list) letters += text.length;
  const children = pairTable(letters);
  const values = new Int32Array(letters + 1).fill(-1);
  let nodes = 1;
  for (const [text, value] of list) {
    let node = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      let child = children.get(node, unit);
      if (child < 0) {
        child = nodes++;
        children.setIfAbsent(node, unit, child);
      }
      node = child;
    }
    if (node !== 0 && values[node]! < 0) values[node] = value;
  }
  return { next: (node, unit) => children.get(node, unit), value: (node) => values[node]! };
}
