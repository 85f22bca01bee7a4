/** Writes a precompiled charsmap for a few keys: the double array by trying offsets until all children fit. */
export function buildCharsmap(entries: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const replacements: number[] = [];
  interface Node {
    readonly children: Map<number, Node>;
    place: number;
  }
  const root: Node = { children: new Map(), place: -1 };
  for (const [key, replacement] of Object.entries(entries)) {
    let node = root;
    for (const byte of encoder.encode(key)) {
      const child = node.children.get(byte) ?? { children: new Map(), place: -1 };
      node.children.set(byte, child);
      node = child;
    }
    node.place = replacements.length;
    replacements.push(...encoder.encode(replacement), 0);
  }
  const units: number[] = [0];
  const used = new Set([0]);
  const put = (node: Node, index: number, label: number) => {
    const labels = [...(node.place >= 0 ? [0] : []), ...node.children.keys()];
    let offset = 1;
    while (labels.some((each) => used.has(index ^ offset ^ each))) offset++;
    units[index] = ((offset << 10) | (node.place >= 0 ? 1 << 8 : 0) | label) >>> 0;
    for (const each of labels) used.add(index ^ offset ^ each);
    if (node.place >= 0) units[index ^ offset] = (0x8000_0000 | node.place) >>> 0;
    for (const [byte, child] of node.children) put(child, index ^ offset ^ byte, byte);
  };
  put(root, 0, 0);
  const bytes = new Uint8Array(4 + units.length * 4 + replacements.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, units.length * 4, true);
  for (let i = 0; i < units.length; i++) view.setUint32(4 + i * 4, units[i] ?? 0, true);
  bytes.set(replacements, 4 + units.length * 4);
  return bytes;
}
