/** The kernels of each weight type, by GGML's type id (ggml.h, enum ggml_type). */
import { dot2_bf16, dot_bf16, group_bytes_bf16, pack_bf16, row_bf16 } from "./bf16";
import { dot2_f16, dot_f16, group_bytes_f16, pack_f16, row_f16 } from "./f16";
import { dot2_f32, dot_f32, group_bytes_f32, pack_f32, row_f32 } from "./f32";
import { dot_q4_0, group_bytes_q4_0, pack_q4_0, row_q4_0 } from "./q4_0";
import { dot4_q8_0, dot_q8_0, group_bytes_q8_0, pack_q8_0, row_q8_0 } from "./q8_0";

export const F32: i32 = 0;
export const F16: i32 = 1;
export const Q4_0: i32 = 2;
export const Q8_0: i32 = 8;
export const BF16: i32 = 30;

/** Bytes of 16 packed rows; 0 for a type without kernels. */
export function group_bytes(type: i32, columns: i32): usize {
  switch (type) {
    case F32: return group_bytes_f32(columns);
    case F16: return group_bytes_f16(columns);
    case BF16: return group_bytes_bf16(columns);
    case Q8_0: return group_bytes_q8_0(columns);
    case Q4_0: return group_bytes_q4_0(columns);
    default: return 0;
  }
}

/** Packs up to 16 rows from a file's layout at src. */
export function pack_group(type: i32, src: usize, dst: usize, rows: i32, columns: i32): void {
  switch (type) {
    case F32: pack_f32(src, dst, rows, columns); return;
    case F16: pack_f16(src, dst, rows, columns); return;
    case BF16: pack_bf16(src, dst, rows, columns); return;
    case Q8_0: pack_q8_0(src, dst, rows, columns); return;
    case Q4_0: pack_q4_0(src, dst, rows, columns); return;
    default: unreachable();
  }
}

/** Row r (0 to 15) of a packed group as floats. */
export function unpack_row(type: i32, group: usize, r: i32, columns: i32, out: usize): void {
  switch (type) {
    case F32: row_f32(group, r, columns, out); return;
    case F16: row_f16(group, r, columns, out); return;
    case BF16: row_bf16(group, r, columns, out); return;
    case Q8_0: row_q8_0(group, r, columns, out); return;
    case Q4_0: row_q4_0(group, r, columns, out); return;
    default: unreachable();
  }
}

/**
 * 16 packed rows times `tokens` activation rows, 64 bytes a token to out.
 * q, scales, sums: the activation in the form that the type takes (ops/quantize.ts), or f32 rows at q.
 */
export function dot_group(
  type: i32, group: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, tokens: i32, out: usize, outStride: usize,
): void {
  let t = 0;
  switch (type) {
    case F32:
      for (; t + 2 <= tokens; t += 2, q += qStride * 2, out += outStride * 2) dot2_f32(group, q, qStride, columns, out, outStride);
      if (t < tokens) dot_f32(group, q, columns, out);
      return;
    case F16:
      for (; t + 2 <= tokens; t += 2, q += qStride * 2, out += outStride * 2) dot2_f16(group, q, qStride, columns, out, outStride);
      if (t < tokens) dot_f16(group, q, columns, out);
      return;
    case BF16:
      for (; t + 2 <= tokens; t += 2, q += qStride * 2, out += outStride * 2) dot2_bf16(group, q, qStride, columns, out, outStride);
      if (t < tokens) dot_bf16(group, q, columns, out);
      return;
    case Q8_0:
      for (; t + 4 <= tokens; t += 4, q += qStride * 4, scales += scaleStride * 4, out += outStride * 4) dot4_q8_0(group, q, qStride, scales, scaleStride, columns, out, outStride);
      for (; t < tokens; t++, q += qStride, scales += scaleStride, out += outStride) dot_q8_0(group, q, scales, columns, out);
      return;
    case Q4_0:
      for (; t < tokens; t++, q += qStride, scales += scaleStride, sums += scaleStride, out += outStride) dot_q4_0(group, q, scales, sums, columns, out);
      return;
    default: unreachable();
  }
}
