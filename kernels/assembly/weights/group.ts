import { load_f16x4 } from "../simd/half";

/** Rows of a weight that are packed together: four vectors of four lanes, one row a lane. */
export const GROUP: i32 = 16;

/** Bytes of 16 half-float scales, one a row. */
export const SCALES: usize = 32;

/** Scratch of a thread: 256 columns of a group in the largest form (words32.ts), and a list of rows (ops/linear.ts). */
export const UNPACK_BYTES: usize = 9216;

/** Sets 16 floats to zero. */
// @ts-ignore: decorator
@inline
export function clear16(out: usize): void {
  const zero = f32x4.splat(0);
  v128.store(out, zero);
  v128.store(out, zero, 16);
  v128.store(out, zero, 32);
  v128.store(out, zero, 48);
}

/** 16 half floats at p as f32 at out. */
// @ts-ignore: decorator
@inline
export function widen_scales(p: usize, out: usize): void {
  v128.store(out, load_f16x4(p));
  v128.store(out, load_f16x4(p + 8), 16);
  v128.store(out, load_f16x4(p + 16), 32);
  v128.store(out, load_f16x4(p + 24), 48);
}

/** out[0..3] += sum x (d x t): how every block's integer sum joins the results of four rows. */
// @ts-ignore: decorator
@inline
export function add_scaled(out: usize, sum: v128, d: v128, t: v128): void {
  v128.store(out, f32x4.add(v128.load(out), f32x4.mul(f32x4.convert_i32x4_s(sum), f32x4.mul(d, t))));
}

/**
 * Interleaves 4-byte words: word i of the `bytes` bytes at src, rows stride apart, goes to dst + 64 i, four bytes a
 * row; rows at or past `rows` get `filler`.
 */
export function interleave_words(src: usize, stride: usize, rows: i32, bytes: usize, dst: usize, filler: u32): void {
  for (let i: usize = 0; i < bytes; i += 4, dst += 64) {
    let from = src + i;
    let to = dst;
    const stop = dst + (<usize>rows << 2);
    for (; to < stop; to += 4, from += stride) store<u32>(to, load<u32>(from));
    for (const end = dst + 64; to < end; to += 4) store<u32>(to, filler);
  }
}

/** Interleaves 2-byte words the same way, to dst + 32 i; missing rows get zero. */
export function interleave_halves(src: usize, stride: usize, rows: i32, bytes: usize, dst: usize): void {
  for (let i: usize = 0; i < bytes; i += 2, dst += 32) {
    let from = src + i;
    let to = dst;
    const stop = dst + (<usize>rows << 1);
    for (; to < stop; to += 2, from += stride) store<u16>(to, load<u16>(from));
    for (const end = dst + 32; to < end; to += 2) store<u16>(to, 0);
  }
}

/** How far ahead weights are touched. */
const AHEAD: usize = 2048;

/** Distance at which weights up to `end` are touched ahead: 0 where that would leave the memory. */
// @ts-ignore: decorator
@inline
export function ahead_of(end: usize): usize {
  return <i32>(end >> 16) + 1 < memory.size() ? AHEAD : 0;
}

/** Reads from each cache line of `bytes` bytes at p; sink as in touch(). */
export function touch_lines(p: usize, bytes: usize, sink: usize): void {
  let all: u32 = 0;
  for (const end = p + bytes; p < end; p += 64) all |= load<u32>(p);
  store<u32>(sink, all);
}

/**
 * Reads from three cache lines from p on, for weights that are not read in an order that hardware follows by itself.
 * `sink` keeps what is read, so that no compiler leaves it out.
 */
// @ts-ignore: decorator
@inline
export function touch(p: usize, sink: usize): void {
  store<u32>(sink, load<u32>(p) | load<u32>(p, 64) | load<u32>(p, 128));
}
