/**
 * The kernels of each weight type, by GGML's type id (ggml.h, enum ggml_type).
 *
 * A type's packed blocks are unpacked, some hundred columns at a time, to one of a few forms, and the form's product does the
 * rest; some types have a product of one token that needs no unpacking. All ways give a row the same bits.
 */
import { whole_bias } from "../simd/dot";
import { touch, touched_share } from "../simd/touch";
import { row_bytes32, tile_bytes32 } from "./bytes32";
import { BLOCK256, row_bytes256, tile_bytes256 } from "./bytes256";
import { dot_f32, pack_f32, row_f32, tile_f32 } from "./f32";
import { clear16, UNPACK_BYTES } from "./group";
import { pack_halves } from "./halves";
import { BLOCK_IQ4_NL, BLOCK_IQ4_XS, dot_iq4_nl, dot_iq4_xs, pack_iq4_nl, pack_iq4_xs, unpack_iq4_nl, unpack_iq4_xs } from "./iq4";
import { BLOCK_MXFP4, dot_mxfp4, pack_mxfp4, unpack_mxfp4 } from "./mxfp4";
import { BLOCK_Q2_K, dot_q2_k, pack_q2_k, unpack_q2_k } from "./q2_k";
import { BLOCK_Q3_K, dot_q3_k, pack_q3_k, unpack_q3_k } from "./q3_k";
import { BLOCK_Q4_0, dot_nibbles, pack_q4_0, unpack_q4_0 } from "./q4_0";
import { BLOCK_Q4_1, pack_q4_1, unpack_q4_1 } from "./q4_1";
import { BLOCK_Q4_K, dot_q4_k, pack_q4_k, unpack_q4_k } from "./q4_k";
import { BLOCK_Q5_0, dot_fives, pack_q5_0, unpack_q5_0 } from "./q5_0";
import { BLOCK_Q5_1, pack_q5_1, unpack_q5_1 } from "./q5_1";
import { BLOCK_Q5_K, dot_q5_k, pack_q5_k, unpack_q5_k } from "./q5_k";
import { BLOCK_Q6_K, dot_q6_k, pack_q6_k, unpack_q6_k } from "./q6_k";
import { BLOCK_Q8_0, dot_q8_0, pack_q8_0, unpack_q8_0 } from "./q8_0";
import { BLOCK_TERNARY, pack_tq1_0, pack_tq2_0, unpack_ternary } from "./ternary";
import { row_whole32, tile_whole32, tile_whole32_two } from "./whole32";
import { BLOCK_WORDS, dot_words32, row_words32, tile_words32 } from "./words32";

const F32: i32 = 0;
const F16: i32 = 1;
const Q4_0: i32 = 2;
const Q4_1: i32 = 3;
const Q5_0: i32 = 6;
const Q5_1: i32 = 7;
const Q8_0: i32 = 8;
const Q2_K: i32 = 10;
const Q3_K: i32 = 11;
const Q4_K: i32 = 12;
const Q5_K: i32 = 13;
const Q6_K: i32 = 14;
const IQ4_NL: i32 = 20;
const IQ4_XS: i32 = 23;
const BF16: i32 = 30;
const TQ1_0: i32 = 34;
const TQ2_0: i32 = 35;
const MXFP4: i32 = 39;

/** Forms of the products: columns of f32 and words32.ts as they are packed; whole32.ts, bytes32.ts, bytes256.ts unpacked. */
const FLOATS: i32 = 0;
const WHOLE_32: i32 = 1;
const BYTES_32: i32 = 2;
const BYTES_256: i32 = 3;
const WORDS_32: i32 = 4;

function form_of(type: i32): i32 {
  switch (type) {
    case F16: case BF16: return WORDS_32;
    case Q8_0: case IQ4_NL: case IQ4_XS: return WHOLE_32;
    case Q4_0: case Q4_1: case Q5_0: case Q5_1: case MXFP4: return BYTES_32;
    case Q2_K: case Q3_K: case Q4_K: case Q5_K: case Q6_K: case TQ1_0: case TQ2_0: return BYTES_256;
    default: return FLOATS;
  }
}

/** Columns of a packed block, of which F16's and BF16's last may lack some; 0 for a type without kernels. */
function columns_of(type: i32): i32 {
  switch (type) {
    case F32: return 1;
    case F16: case BF16: case Q8_0: case IQ4_NL: case Q4_0: case Q4_1: case Q5_0: case Q5_1: case MXFP4: return 32;
    case IQ4_XS: case Q2_K: case Q3_K: case Q4_K: case Q5_K: case Q6_K: case TQ1_0: case TQ2_0: return 256;
    default: return 0;
  }
}

/** Bytes of a packed block. */
function bytes_of(type: i32): usize {
  switch (type) {
    case F32: return 64;
    case F16: case BF16: return BLOCK_WORDS;
    case Q4_0: return BLOCK_Q4_0;
    case Q4_1: return BLOCK_Q4_1;
    case Q5_0: return BLOCK_Q5_0;
    case Q5_1: return BLOCK_Q5_1;
    case Q8_0: return BLOCK_Q8_0;
    case Q2_K: return BLOCK_Q2_K;
    case Q3_K: return BLOCK_Q3_K;
    case Q4_K: return BLOCK_Q4_K;
    case Q5_K: return BLOCK_Q5_K;
    case Q6_K: return BLOCK_Q6_K;
    case IQ4_NL: return BLOCK_IQ4_NL;
    case IQ4_XS: return BLOCK_IQ4_XS;
    case TQ1_0: case TQ2_0: return BLOCK_TERNARY;
    case MXFP4: return BLOCK_MXFP4;
    default: return 0;
  }
}

/** What is taken off a code. */
function centre_of(type: i32): i32 {
  switch (type) {
    case Q4_0: case Q4_1: return 8;
    case Q5_0: case Q5_1: return 16;
    case MXFP4: return 12;
    case Q3_K: return 4;
    case Q6_K: return 32;
    case TQ1_0: case TQ2_0: return 1;
    default: return 0;
  }
}

/** Q4_1 and Q5_1: a minimum is added, and so the centre is not taken off. */
function has_minimum(type: i32): bool {
  return type == Q4_1 || type == Q5_1;
}

/** bytes256: bytes of codes under one scale. */
function step_of(type: i32): usize {
  return type == Q4_K ? 512 : 256;
}

/** bytes256: pairs of minimums. */
function pairs_of(type: i32): i32 {
  return type == Q4_K || type == Q5_K ? 4 : type == Q2_K ? 8 : 0;
}

/** Bytes of 16 packed rows; 0 for a type without kernels. */
export function group_bytes(type: i32, columns: i32): usize {
  const width = columns_of(type);
  return width == 0 ? 0 : <usize>((columns + width - 1) / width) * bytes_of(type);
}

/** Packs up to 16 rows from a file's layout at src; the rest become zero. */
export function pack_group(type: i32, src: usize, dst: usize, rows: i32, columns: i32): void {
  const blocks = columns / columns_of(type);
  switch (type) {
    case F32: pack_f32(src, dst, rows, columns); return;
    case F16: case BF16: pack_halves(type == BF16, src, dst, rows, columns); return;
    case Q4_0: pack_q4_0(src, dst, rows, blocks); return;
    case Q4_1: pack_q4_1(src, dst, rows, blocks); return;
    case Q5_0: pack_q5_0(src, dst, rows, blocks); return;
    case Q5_1: pack_q5_1(src, dst, rows, blocks); return;
    case Q8_0: pack_q8_0(src, dst, rows, blocks); return;
    case Q2_K: pack_q2_k(src, dst, rows, blocks); return;
    case Q3_K: pack_q3_k(src, dst, rows, blocks); return;
    case Q4_K: pack_q4_k(src, dst, rows, blocks); return;
    case Q5_K: pack_q5_k(src, dst, rows, blocks); return;
    case Q6_K: pack_q6_k(src, dst, rows, blocks); return;
    case IQ4_NL: pack_iq4_nl(src, dst, rows, blocks); return;
    case IQ4_XS: pack_iq4_xs(src, dst, rows, blocks); return;
    case TQ1_0: pack_tq1_0(src, dst, rows, blocks); return;
    case TQ2_0: pack_tq2_0(src, dst, rows, blocks); return;
    case MXFP4: pack_mxfp4(src, dst, rows, blocks); return;
    default: unreachable();
  }
}

/** Unpacks so many columns, of K-quants 256. */
function unpack(type: i32, src: usize, dst: usize, columns: i32): void {
  const blocks = columns >> 5;
  switch (type) {
    case Q4_0: unpack_q4_0(src, dst, blocks); return;
    case Q4_1: unpack_q4_1(src, dst, blocks); return;
    case Q5_0: unpack_q5_0(src, dst, blocks); return;
    case Q5_1: unpack_q5_1(src, dst, blocks); return;
    case Q8_0: unpack_q8_0(src, dst, blocks); return;
    case Q2_K: unpack_q2_k(src, dst); return;
    case Q3_K: unpack_q3_k(src, dst); return;
    case Q4_K: unpack_q4_k(src, dst); return;
    case Q5_K: unpack_q5_k(src, dst); return;
    case Q6_K: unpack_q6_k(src, dst); return;
    case IQ4_NL: unpack_iq4_nl(src, dst, blocks); return;
    case IQ4_XS: unpack_iq4_xs(src, dst, blocks >> 3); return;
    case TQ1_0: case TQ2_0: unpack_ternary(src, dst); return;
    case MXFP4: unpack_mxfp4(src, dst, blocks); return;
    default: unreachable();
  }
}

/** Row r (0 to 15) of a packed group as floats. scratch: UNPACK_BYTES. */
export function unpack_row(type: i32, group: usize, r: i32, columns: i32, out: usize, scratch: usize): void {
  switch (type) {
    case F32: row_f32(group, r, columns, out); return;
    case F16: case BF16: row_words32(group, r, columns, out); return;
  }
  const form = form_of(type);
  const bytes = group_bytes(type, 256);
  for (let c = 0; c < columns; c += 256, group += bytes, out += 1024) {
    const count = min(256, columns - c);
    unpack(type, group, scratch, count);
    if (form == WHOLE_32) row_whole32(scratch, count >> 5, whole_bias(<i32>(count > 0)), r, out);
    else if (form == BYTES_32) row_bytes32(scratch, count >> 5, centre_of(type), has_minimum(type), r, out);
    else row_bytes256(scratch, step_of(type), centre_of(type), pairs_of(type), r, out);
  }
}

/**
 * `groups` groups of 16 packed rows, groupBytes apart, times `tokens` activation rows, 64 bytes a token and group to out.
 * q, scales, sums: the activation in the form that the type takes (ops/quantize.ts), or f32 rows at q.
 * streams: groups that a product without unpacking reads in turn, a quarter to one kilobyte of each: hardware runs ahead in all of
 * them. scratch: UNPACK_BYTES of the thread's own.
 */
export function dot_groups(
  type: i32, group: usize, groups: i32, groupBytes: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, tokens: i32, streams: i32, out: usize, outStride: usize, scratch: usize,
): void {
  if (tokens > RUN) {
    for (let t: usize = 0; t < <usize>tokens; t += RUN) {
      const at = t * scaleStride;
      dot_groups(type, group, groups, groupBytes, q + t * qStride, qStride, scales + at, sums + at, scaleStride, columns, min(RUN, tokens - <i32>t), streams, out + t * outStride, outStride, scratch);
    }
    return;
  }
  const width = <usize>groups << 6;
  for (let t: usize = 0; t < <usize>tokens; t++) clear_groups(out + t * outStride, width);
  if (tokens >= tiled_from(type)) {
    const most = form_of(type) == WHOLE_32 ? 2 : 1;
    for (let g = 0; g < groups; g += most, group += groupBytes * <usize>most, out += <usize>most << 6) {
      const count = min(most, groups - g);
      dot_tiled(type, group, count, groupBytes, q, qStride, scales, sums, scaleStride, columns, tokens, out, outStride, scratch);
      for (let t: usize = 0; t < <usize>tokens; t++) multiply_scale(type, out + t * outStride, <usize>count << 6, scales + t * scaleStride);
    }
    return;
  }
  dot_packed(type, group, groups, groupBytes, q, qStride, scales, sums, scaleStride, columns, tokens, streams, out, outStride, scratch);
}

/** Sets `bytes` bytes at out, of whole groups, to zero. */
// @ts-ignore: decorator
@inline
function clear_groups(out: usize, bytes: usize): void {
  for (const end = out + bytes; out < end; out += 64) clear16(out);
}

/** `groups` groups times a few tokens without unpacking, to out, which is clear. */
function dot_packed(
  type: i32, group: usize, groups: i32, groupBytes: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, tokens: i32, streams: i32, out: usize, outStride: usize, scratch: usize,
): void {
  const first = out, width = <usize>groups << 6;
  // Each stream goes through neighbours; what does not divide by the streams is read in fewer.
  for (let left = groups; left > 0; ) {
    streams = min(streams, left);
    const each = left / streams, apart = <usize>each * groupBytes, outApart = <usize>each << 6;
    for (let g = 0; g < each; g++, group += groupBytes, out += 64) {
      for (let t: usize = 0; t < <usize>tokens; t++) {
        const at = t * scaleStride;
        dot_streams(type, group, streams, apart, q + t * qStride, scales + at, sums + at, columns, out + t * outStride, outApart, scratch);
      }
    }
    group += apart * <usize>(streams - 1);
    out += outApart * <usize>(streams - 1);
    left -= each * streams;
  }
  for (let t: usize = 0; t < <usize>tokens; t++) multiply_scale(type, first + t * outStride, width, scales + t * scaleStride);
}

/** `bytes` bytes at out times an activation's scale t, where the type's activations have one for a row. */
// @ts-ignore: decorator
@inline
function multiply_scale(type: i32, out: usize, bytes: usize, scale: usize): void {
  const form = form_of(type);
  if (form != WHOLE_32 && form != BYTES_32) return;
  const t = v128.load32_splat(scale);
  for (const end = out + bytes; out < end; out += 16) v128.store(out, f32x4.mul(v128.load(out), t));
}

/** Bytes of an activation's t before what its blocks have. */
const ROW_SCALE: usize = 4;

/** Tokens whose activations are read for all groups before others': they stay in a core's own cache. */
const RUN: i32 = 128;

/** One token times one group of each stream, `apart` bytes from each other, without unpacking; added to out, outApart bytes from each other. */
function dot_streams(
  type: i32, group: usize, streams: i32, apart: usize, q: usize, scales: usize, sums: usize, columns: i32, out: usize, outApart: usize, scratch: usize,
): void {
  const blocks = columns >> 5, runs = columns >> 8;
  switch (type) {
    case F32: dot_f32(group, streams, apart, columns, q, out, outApart); return;
    case F16: case BF16: dot_words32(group, streams, apart, (columns + 31) >> 5, q, scales, out, outApart, scratch); return;
    case Q8_0: dot_q8_0(group, streams, apart, blocks, q, out, outApart, scratch); return;
    case IQ4_NL: dot_iq4_nl(group, streams, apart, blocks, q, out, outApart); return;
    case IQ4_XS: dot_iq4_xs(group, streams, apart, runs, q, out, outApart, scratch); return;
    case Q4_0: case Q4_1: dot_nibbles(type == Q4_1, group, streams, apart, blocks, q, scales + ROW_SCALE, sums, out, outApart); return;
    case Q5_0: case Q5_1: dot_fives(type == Q5_1, group, streams, apart, blocks, q, scales + ROW_SCALE, sums, out, outApart); return;
    case MXFP4: dot_mxfp4(group, streams, apart, blocks, q, scales + ROW_SCALE, sums, out, outApart); return;
    case Q2_K: dot_q2_k(group, streams, apart, runs, q, scales, out, outApart, scratch); return;
    case Q3_K: dot_q3_k(group, streams, apart, runs, q, scales, out, outApart, scratch); return;
    case Q4_K: dot_q4_k(group, streams, apart, runs, q, scales, out, outApart, scratch); return;
    case Q5_K: dot_q5_k(group, streams, apart, runs, q, scales, out, outApart, scratch); return;
    case Q6_K: dot_q6_k(group, streams, apart, runs, q, scales, out, outApart, scratch); return;
    default: unreachable();
  }
}

/** `count` columns at group as the type's product takes them: unpacked to scratch, or as they are. */
// @ts-ignore: decorator
@inline
function block_of(type: i32, group: usize, scratch: usize, count: i32): usize {
  const form = form_of(type);
  if (form == FLOATS || form == WORDS_32) return group;
  unpack(type, group, scratch, count);
  return scratch;
}

/** One group times many tokens, or two of whole32.ts, unpacked on the way; added to out. */
function dot_tiled(
  type: i32, group: usize, groups: i32, groupBytes: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, tokens: i32, out: usize, outStride: usize, scratch: usize,
): void {
  const form = form_of(type), step = step_columns(type, tokens);
  const bytes = group_bytes(type, step);
  for (let c = 0; c < columns; c += step, group += bytes) {
    const count = min(step, columns - c);
    const block = block_of(type, group, scratch, count);
    if (groups == 2) {
      const other = scratch + (UNPACK_BYTES >> 1);
      unpack(type, group + groupBytes, other, count);
      tile_whole32_two(block, other, count >> 5, q + (<usize>c << 1), qStride, tokens, out, outStride);
      continue;
    }
    if (tokens > FEW || form == WHOLE_32 || block == group) {
      tile(type, block, c, count, q, qStride, scales, sums, scaleStride, tokens, out, outStride, scratch);
      continue;
    }
    // Memory would idle while a few tokens are multiplied: the next columns are on their way meanwhile.
    const next = group + bytes, share = share_of(next, bytes, tokens);
    for (let t: usize = 0; t < <usize>tokens; t += 2) {
      const from = next + (t >> 1) * share;
      touch(from, from + share);
      tile(type, block, c, count, q + t * qStride, qStride, scales + t * scaleStride, sums + t * scaleStride, scaleStride, min(2, tokens - <i32>t), out + t * outStride, outStride, scratch);
    }
  }
}

/** Most tokens beside whose products the next columns are touched; whole bytes, and what is not unpacked, gain nothing by it. */
const FEW: i32 = 24;

/** Bytes that each pair of tokens touches of the `bytes` at next; 0 where those would leave the memory. */
function share_of(next: usize, bytes: usize, tokens: i32): usize {
  const share = touched_share(bytes, tokens);
  return <u64>next + <u64>share * <u64>((tokens + 1) >> 1) > <u64>memory.size() << 16 ? 0 : share;
}

/**
 * `groups` groups of 16 packed rows times the activation rows that `list` numbers (i32): row i reads activation i / share and
 * writes to out + i outStride.
 */
export function dot_rows(
  type: i32, group: usize, groups: i32, groupBytes: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, list: usize, rows: i32, share: i32, streams: i32, out: usize, outStride: usize, scratch: usize,
): void {
  const end = list + (<usize>rows << 2), width = <usize>groups << 6;
  for (let p = list; p < end; p += 4) clear_groups(out + <usize>load<i32>(p) * outStride, width);
  if (rows < tiled_from(type)) {
    for (let p = list; p < end; p += 4) {
      const row = load<i32>(p);
      const token = <usize>(row / share);
      dot_packed(type, group, groups, groupBytes, q + token * qStride, 0, scales + token * scaleStride, sums + token * scaleStride, 0, columns, 1, streams, out + <usize>row * outStride, 0, scratch);
    }
    return;
  }
  for (; groups > 0; groups--, group += groupBytes, out += 64) rows_tiled(type, group, q, qStride, scales, sums, scaleStride, columns, list, rows, share, out, outStride, scratch);
}

/** One group times those rows, unpacked on the way. */
function rows_tiled(
  type: i32, group: usize, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, columns: i32, list: usize, rows: i32, share: i32, out: usize, outStride: usize, scratch: usize,
): void {
  const end = list + (<usize>rows << 2), step = step_columns(type, rows);
  const bytes = group_bytes(type, step);
  for (let c = 0; c < columns; c += step, group += bytes) {
    const count = min(step, columns - c);
    const block = block_of(type, group, scratch, count);
    for (let p = list; p < end; p += 8) {
      // Two rows are as far apart as they are; the last may be alone.
      const row = load<i32>(p);
      const pair = p + 4 < end;
      const mate = pair ? load<i32>(p, 4) : row;
      const token = <usize>(row / share);
      const apart = <usize>(mate / share) - token;
      tile(
        type, block, c, count, q + token * qStride, apart * qStride, scales + token * scaleStride, sums + token * scaleStride, apart * scaleStride,
        pair ? 2 : 1, out + <usize>row * outStride, <usize>(mate - row) * outStride, scratch,
      );
    }
  }
  for (let p = list; p < end; p += 4) {
    const row = load<i32>(p);
    multiply_scale(type, out + <usize>row * outStride, 64, scales + <usize>(row / share) * scaleStride);
  }
}

/** Tokens from which a tile's product pays; below, a type with a product of one token that needs no unpacking uses that, which reads more streams. */
function tiled_from(type: i32): i32 {
  switch (type) {
    case F16: case BF16: case Q8_0: return 9;
    case F32: return 6;
    case Q4_0: return 5;
    case Q4_1: return 4;
    case Q5_0: case Q5_1: case MXFP4: case IQ4_NL: case IQ4_XS: case Q3_K: case Q4_K: case Q6_K: return 3;
    case Q2_K: case Q5_K: return 2;
    default: return 0;
  }
}

/** Columns that a tile goes over: many, for each call of it costs some, and what is unpacked within half of UNPACK_BYTES for whole32.ts. */
function step_columns(type: i32, tokens: i32): i32 {
  const form = form_of(type);
  return form == WHOLE_32 || form == WORDS_32 || (form == BYTES_32 && tokens > FEW) ? 512 : 256;
}

/** `count` columns as the form has them, of which the first is column c, times `tokens` activations, added to out. */
function tile(
  type: i32, block: usize, c: i32, count: i32, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize, scratch: usize,
): void {
  const at = <usize>c;
  switch (form_of(type)) {
    case WHOLE_32:
      tile_whole32(block, count >> 5, q + (at << 1), qStride, tokens, out, outStride);
      return;
    case BYTES_32:
      tile_bytes32(block, count >> 5, centre_of(type), has_minimum(type), q + at, qStride, scales + ROW_SCALE + (at >> 3), sums + (at >> 3), scaleStride, tokens, out, outStride);
      return;
    case BYTES_256:
      tile_bytes256(block, step_of(type), centre_of(type), pairs_of(type), q + at, qStride, scales + (at >> 1), scaleStride, tokens, out, outStride, scratch + BLOCK256);
      return;
    case WORDS_32:
      tile_words32(block, (count + 31) >> 5, q + (at << 1), qStride, scales + (at >> 3), scaleStride, tokens, out, outStride, scratch);
      return;
    default:
      tile_f32(block, q + (at << 2), qStride, count, tokens, out, outStride);
  }
}
