import { piece_from, split_from, split_to, take } from "../split";
import { UNPACK_BYTES } from "../weights/group";
import { dot_groups, dot_rows, pack_group, unpack_row } from "../weights/table";

/**
 * out[token][row] = W[row] . x[token], 16 rows at a time; threads take groups as they come for them.
 * W: packed groups of groupBytes; out rows outStride bytes apart, padded to whole groups.
 * streams: groups that one token's product reads in turn, at most 64: their sums are in scratch.
 * scratch: UNPACK_BYTES for each thread.
 */
export function linear(
  out: usize, outStride: usize, weight: usize, groupBytes: usize, type: i32, groups: i32, columns: i32,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, tokens: i32, streams: i32, scratch: usize, taken: usize, rank: i32, threads: i32,
): void {
  const mine = scratch + <usize>rank * UNPACK_BYTES;
  for (let piece = take(taken); ; piece = take(taken)) {
    const from = piece_from(piece, groups, threads), to = piece_from(piece + 1, groups, threads);
    if (from >= groups) break;
    dot_groups(type, weight + <usize>from * groupBytes, to - from, groupBytes, q, qStride, scales, sums, scaleStride, columns, tokens, streams, out + (<usize>from << 6), outStride, mine);
  }
}

/** Words of a list of rows, kept at the end of a thread's scratch. */
const LIST: i32 = 64;

/**
 * Each activation row times the matrix of its own expert: experts[i] names it, i = 0 .. rows - 1; row i reads
 * activation i / share (share rows in turn read the same activation). Rows of one expert are multiplied together.
 */
export function linear_experts(
  out: usize, outStride: usize, weight: usize, groupBytes: usize, type: i32, groups: i32, columns: i32,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, rows: i32, experts: usize, share: i32, streams: i32, scratch: usize, taken: usize, rank: i32, threads: i32,
): void {
  const mine = scratch + <usize>rank * UNPACK_BYTES;
  const list = mine + UNPACK_BYTES - (<usize>LIST << 2);
  const expertBytes = groupBytes * <usize>groups;
  for (let piece = take(taken); ; piece = take(taken)) {
    const from = piece_from(piece, groups, threads), to = piece_from(piece + 1, groups, threads);
    if (from >= groups) break;
    for (let i = 0; i < rows; i++) {
      if (seen(experts, i)) continue;
      const matrix = weight + <usize>load<i32>(experts + (<usize>i << 2)) * expertBytes;
      let next = i;
      while (next < rows) {
        next = list_rows(experts, i, next, rows, list);
        dot_rows(
          type, matrix + <usize>from * groupBytes, to - from, groupBytes, q, qStride, scales, sums, scaleStride, columns, list + 4, load<i32>(list), share, streams,
          out + (<usize>from << 6), outStride, mine,
        );
      }
    }
  }
}

/** Whether an earlier row has the expert of row i. */
function seen(experts: usize, i: i32): bool {
  const own = load<i32>(experts + (<usize>i << 2));
  for (let j = 0; j < i; j++) if (load<i32>(experts + (<usize>j << 2)) == own) return true;
  return false;
}

/** Lists rows from `next` on that have row i's expert: their count, then their numbers. Gives the row to go on from. */
function list_rows(experts: usize, i: i32, next: i32, rows: i32, list: usize): i32 {
  const own = load<i32>(experts + (<usize>i << 2));
  let count = 0;
  for (; next < rows && count < LIST - 1; next++) {
    if (load<i32>(experts + (<usize>next << 2)) == own) {
      count++;
      store<i32>(list + (<usize>count << 2), next);
    }
  }
  store<i32>(list, count);
  return next;
}

/** out[i] = row indices[i] of the packed matrix, as floats. */
export function embed(out: usize, outStride: usize, weight: usize, groupBytes: usize, type: i32, columns: i32, indices: usize, count: i32, scratch: usize, rank: i32, threads: i32): void {
  const to = split_to(count, rank, threads);
  for (let i = split_from(count, rank, threads); i < to; i++) {
    const row = load<i32>(indices + (<usize>i << 2));
    unpack_row(type, weight + <usize>(row >> 4) * groupBytes, row & 15, columns, out + <usize>i * outStride, scratch + <usize>rank * UNPACK_BYTES);
  }
}

/** Packs `rows` rows of rowBytes at src into groups at dst. */
export function pack(src: usize, dst: usize, type: i32, rows: i32, columns: i32, rowBytes: usize, groupBytes: usize, rank: i32, threads: i32): void {
  const groups = (rows + 15) >> 4;
  const to = split_to(groups, rank, threads);
  for (let g = split_from(groups, rank, threads); g < to; g++) {
    pack_group(type, src + (<usize>g << 4) * rowBytes, dst + <usize>g * groupBytes, min(16, rows - (g << 4)), columns);
  }
}

/** Bytes that a thread touches before it takes its next piece: some huge pages, of which no two threads should clear the same. */
const TOUCHED_PIECE: usize = 16 << 20;

/**
 * Touches each page of the memory from .. to, multiples of 4, that is not below the address in `front`, which is most of what filling fresh
 * memory costs: threads 1 and up, from the end on, while thread 0 fills it from the beginning. Adding nothing is safe beside
 * a thread that writes there. Adds 1 to `done`.
 */
export function touch_pages(from: usize, to: usize, front: usize, done: usize, rank: i32, threads: i32): void {
  const pieces = <i32>((to - from + TOUCHED_PIECE - 1) / TOUCHED_PIECE);
  for (let piece = rank - 1; piece < pieces; piece += threads - 1) {
    const end = to - <usize>piece * TOUCHED_PIECE;
    for (let at = end - min(end - from, TOUCHED_PIECE); at < end; at += 4096) {
      if (at >= <usize>atomic.load<u32>(front)) atomic.add<i32>(at, 0);
    }
  }
  atomic.add<i32>(done, 1);
}
