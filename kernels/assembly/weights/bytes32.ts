/**
 * Products of unpacked 7-bit codes with 8-bit activations, a float scale for each row and 32 columns.
 *
 * An unpacked block of 16 rows x 32 columns, 640 bytes; columns in groups of four, j = 0 .. 7, rows v = 0 .. 3:
 *
 *   | d of row 0 .. 15: f32 | m of row 0 .. 15: f32 | j, v: columns 4j .. 4j+3 of rows 4v .. 4v+3: u8 |
 *
 *   w = d (code - centre) + m          m only where a type has minimums
 *
 * The activation (ops/quantize.ts, q8_32): i8, an f32 scale t a block, and a word of two 16-bit sums a block: of the
 * columns 4j, 4j+1 and of 4j+2, 4j+3. A pair of products is at most 2 x 127 x 127; a block is summed in 16-bit lanes
 * that start at -centre x these sums, so that what is left at the end fits: |code - centre| <= 16 gives 16 x 16 x 127.
 * Per row, in block order: y += sum (d t), then with minimums also m (t asum) within the same addition.
 */
import { dot_pairs_i8_u7 } from "../simd/dot";
import { load_f16x4 } from "../simd/half";
import { add_scaled, SCALES } from "./group";

export const BLOCK32: usize = 640;
const M: usize = 64;
export const CODES32: usize = 128;

/** `blocks` unpacked blocks times `tokens` activations, added to out. */
export function tile_bytes32(
  block: usize, blocks: i32, centre: i32, mins: bool,
  q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, tokens: i32, out: usize, outStride: usize,
): void {
  for (; tokens >= 2; tokens -= 2) {
    two(block, blocks, centre, mins, q, qStride, scales, sums, scaleStride, out, outStride);
    q += qStride << 1;
    scales += scaleStride << 1;
    sums += scaleStride << 1;
    out += outStride << 1;
  }
  if (tokens > 0) one(block, blocks, centre, mins, q, scales, sums, out);
}

function two(block: usize, blocks: i32, centre: i32, mins: bool, q: usize, qStride: usize, scales: usize, sums: usize, scaleStride: usize, out: usize, outStride: usize): void {
  const less = i16x8.splat(<i16>-centre);
  for (; blocks > 0; blocks--, block += BLOCK32, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let e = i16x8.mul(v128.load32_splat(sums + scaleStride), less), f = e, g = e, h = e;
    let p = block + CODES32;
    const end = p + 512;
    for (; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q), y = v128.load32_splat(q + qStride);
      const w0 = v128.load(p), w1 = v128.load(p, 16), w2 = v128.load(p, 32), w3 = v128.load(p, 48);
      a = i16x8.add(a, dot_pairs_i8_u7(x, w0));
      e = i16x8.add(e, dot_pairs_i8_u7(y, w0));
      b = i16x8.add(b, dot_pairs_i8_u7(x, w1));
      f = i16x8.add(f, dot_pairs_i8_u7(y, w1));
      c = i16x8.add(c, dot_pairs_i8_u7(x, w2));
      g = i16x8.add(g, dot_pairs_i8_u7(y, w2));
      d = i16x8.add(d, dot_pairs_i8_u7(x, w3));
      h = i16x8.add(h, dot_pairs_i8_u7(y, w3));
    }
    finish(out, a, b, c, d, block, centre, mins, v128.load32_splat(scales), sums);
    finish(out + outStride, e, f, g, h, block, centre, mins, v128.load32_splat(scales + scaleStride), sums + scaleStride);
  }
}

function one(block: usize, blocks: i32, centre: i32, mins: bool, q: usize, scales: usize, sums: usize, out: usize): void {
  const less = i16x8.splat(<i16>-centre);
  for (; blocks > 0; blocks--, block += BLOCK32, scales += 4, sums += 4) {
    let a = i16x8.mul(v128.load32_splat(sums), less), b = a, c = a, d = a;
    let p = block + CODES32;
    const end = p + 512;
    for (; p < end; p += 64, q += 4) {
      const x = v128.load32_splat(q);
      a = i16x8.add(a, dot_pairs_i8_u7(x, v128.load(p)));
      b = i16x8.add(b, dot_pairs_i8_u7(x, v128.load(p, 16)));
      c = i16x8.add(c, dot_pairs_i8_u7(x, v128.load(p, 32)));
      d = i16x8.add(d, dot_pairs_i8_u7(x, v128.load(p, 48)));
    }
    finish(out, a, b, c, d, block, centre, mins, v128.load32_splat(scales), sums);
  }
}

// @ts-ignore: decorator
@inline
function finish(out: usize, a: v128, b: v128, c: v128, d: v128, block: usize, centre: i32, mins: bool, t: v128, sums: usize): void {
  if (mins) {
    const sum = i32x4.extadd_pairwise_i16x8_s(v128.load32_splat(sums));
    const shifted = i32x4.mul(sum, i32x4.splat(centre));
    const s = f32x4.mul(f32x4.convert_i32x4_s(sum), t);
    add_minimum(out, a, v128.load(block), v128.load(block, M), shifted, t, s);
    add_minimum(out + 16, b, v128.load(block, 16), v128.load(block, M + 16), shifted, t, s);
    add_minimum(out + 32, c, v128.load(block, 32), v128.load(block, M + 32), shifted, t, s);
    add_minimum(out + 48, d, v128.load(block, 48), v128.load(block, M + 48), shifted, t, s);
  } else {
    add_scaled(out, i32x4.extadd_pairwise_i16x8_s(a), v128.load(block), t);
    add_scaled(out + 16, i32x4.extadd_pairwise_i16x8_s(b), v128.load(block, 16), t);
    add_scaled(out + 32, i32x4.extadd_pairwise_i16x8_s(c), v128.load(block, 32), t);
    add_scaled(out + 48, i32x4.extadd_pairwise_i16x8_s(d), v128.load(block, 48), t);
  }
}

// @ts-ignore: decorator
@inline
function add_minimum(out: usize, pairs: v128, d: v128, m: v128, shifted: v128, t: v128, s: v128): void {
  const sum = f32x4.convert_i32x4_s(i32x4.add(i32x4.extadd_pairwise_i16x8_s(pairs), shifted));
  v128.store(out, f32x4.add(v128.load(out), f32x4.add(f32x4.mul(sum, f32x4.mul(d, t)), f32x4.mul(m, s))));
}

/**
 * out[0..3] += a block's pair sums of four rows, as finish() does, d (and with mins m, SCALES bytes on) half floats of a
 * packed block.
 */
// @ts-ignore: decorator
@inline
export function add_packed(out: usize, pairs: v128, d: usize, mins: bool, centre: i32, t: v128, sums: usize): void {
  if (mins) {
    const sum = i32x4.extadd_pairwise_i16x8_s(v128.load32_splat(sums));
    add_minimum(out, pairs, load_f16x4(d), load_f16x4(d + SCALES), i32x4.mul(sum, i32x4.splat(centre)), t, f32x4.mul(f32x4.convert_i32x4_s(sum), t));
  } else add_scaled(out, i32x4.extadd_pairwise_i16x8_s(pairs), load_f16x4(d), t);
}

/** Row r of `blocks` unpacked blocks as floats, each rounded once. */
export function row_bytes32(block: usize, blocks: i32, centre: i32, mins: bool, r: i32, out: usize): void {
  for (; blocks > 0; blocks--, block += BLOCK32) {
    const d = <f64>load<f32>(block + (<usize>r << 2));
    const m: f64 = mins ? <f64>load<f32>(block + (<usize>r << 2), M) : 0;
    for (let i: usize = 0; i < 32; i++, out += 4) {
      const code = <i32>load<u8>(block + CODES32 + ((i >> 2) << 6) + (<usize>r << 2) + (i & 3));
      store<f32>(out, <f32>(mins ? d * <f64>code + m : d * <f64>(code - centre)));
    }
  }
}
