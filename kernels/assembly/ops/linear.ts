import { split_from, split_to } from "../split";
import { UNPACK_BYTES } from "../weights/group";
import { dot_group, pack_group, unpack_row } from "../weights/table";

/**
 * out[token][row] = W[row] . x[token], 16 rows at a time; groups are shared among threads.
 * W: packed groups of groupBytes; out rows outStride bytes apart, padded to whole groups.
 * scratch: UNPACK_BYTES for each thread.
 */
export function linear(
  out: usize, outStride: usize, weight: usize, groupBytes: usize, type: i32, groups: i32, columns: i32,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, tokens: i32, scratch: usize, rank: i32, threads: i32,
): void {
  const mine = scratch + <usize>rank * UNPACK_BYTES;
  const to = split_to(groups, rank, threads);
  for (let g = split_from(groups, rank, threads); g < to; g++) {
    dot_group(type, weight + <usize>g * groupBytes, q, qStride, scales, sums, scaleStride, columns, tokens, out + (<usize>g << 6), outStride, mine);
  }
}

/**
 * Each activation row times the matrix of its own expert: experts[i] names it, i = 0 .. rows - 1; row i reads
 * activation i / share (share rows in turn read the same activation).
 */
export function linear_experts(
  out: usize, outStride: usize, weight: usize, groupBytes: usize, type: i32, groups: i32, columns: i32,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, rows: i32, experts: usize, share: i32, scratch: usize, rank: i32, threads: i32,
): void {
  const to = split_to(groups, rank, threads);
  const mine = scratch + <usize>rank * UNPACK_BYTES;
  const expertBytes = groupBytes * <usize>groups;
  for (let g = split_from(groups, rank, threads); g < to; g++) {
    for (let i = 0; i < rows; i++) {
      const matrix = weight + <usize>load<i32>(experts + (<usize>i << 2)) * expertBytes;
      const token = <usize>(i / share);
      dot_group(type, matrix + <usize>g * groupBytes, q + token * qStride, qStride, scales + token * scaleStride, sums + token * scaleStride, scaleStride, columns, 1, out + <usize>i * outStride + (<usize>g << 6), outStride, mine);
    }
  }
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
