/** A stretch of activation memory from the command that writes it to the last that reads it. */
export interface Buffer {
  readonly segment: number;
  readonly bytes: number;
  /** Indices of the defining and the last reading command. */
  first: number;
  last: number;
  /** Byte offset in the segment's arena. */
  offset: number;
}

/** Gives each buffer of one segment an offset, first fit, none overlapping while both live. Returns the arena's size. */
export function placeBuffers(buffers: readonly Buffer[]): number {
  const live: Buffer[] = [];
  let size = 0;
  for (const buffer of [...buffers].sort((a, b) => a.first - b.first)) {
    for (let i = live.length - 1; i >= 0; i--) if (live[i]!.last < buffer.first) live.splice(i, 1);
    live.sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of live) {
      if (offset + buffer.bytes <= other.offset) break;
      offset = Math.max(offset, other.offset + other.bytes);
    }
    buffer.offset = offset;
    live.push(buffer);
    size = Math.max(size, offset + buffer.bytes);
  }
  return size;
}
