/**
 * F32 weights, packed: groups of 16 rows, columns in order, 16 floats a column.
 *
 *   group (64 B x columns):  | column 0: row 0 .. row 15 | column 1: row 0 .. row 15 | ...
 *
 * Each lane is one row and adds its products in column order, whatever the number of tokens beside it.
 */
import { splat0, splat1 } from "../simd/lanes";
import { GROUP, interleave_words, store16 } from "./group";

/** Rows of `columns` floats at src into one packed group; rows at or past `rows` become zero. */
export function pack_f32(src: usize, dst: usize, rows: i32, columns: i32): void {
  interleave_words(src, <usize>columns << 2, rows, GROUP, <usize>columns << 2, dst, 0);
}

/** Row r of a packed group as floats. */
export function row_f32(group: usize, r: i32, columns: i32, out: usize): void {
  let p = group + (<usize>r << 2);
  for (let c = 0; c < columns; c++, p += 64, out += 4) store<f32>(out, load<f32>(p));
}

/** Columns of each stream that are read in turn: 256 bytes. */
const TURN: i32 = 4;

/** One group of 16 rows of each stream, `apart` bytes from each other, times one token x[columns] f32: added to out, outApart bytes from each other. */
export function dot_f32(group: usize, streams: i32, apart: usize, columns: i32, x: usize, out: usize, outApart: usize): void {
  const last = out + <usize>streams * outApart;
  for (; columns > 0; columns -= TURN, group += <usize>TURN << 6, x += <usize>TURN << 2) {
    const end = x + (<usize>min(TURN, columns) << 2), pairs = end - 4;
    let block = group, y = out;
    do {
      let a = v128.load(y), b = v128.load(y, 16), c = v128.load(y, 32), d = v128.load(y, 48);
      let w = block, t = x;
      for (; t < pairs; t += 8, w += 128) {
        const two = v128.load64_splat(t), u = splat0(two), v = splat1(two);
        a = f32x4.add(f32x4.add(a, f32x4.mul(u, v128.load(w))), f32x4.mul(v, v128.load(w, 64)));
        b = f32x4.add(f32x4.add(b, f32x4.mul(u, v128.load(w, 16))), f32x4.mul(v, v128.load(w, 80)));
        c = f32x4.add(f32x4.add(c, f32x4.mul(u, v128.load(w, 32))), f32x4.mul(v, v128.load(w, 96)));
        d = f32x4.add(f32x4.add(d, f32x4.mul(u, v128.load(w, 48))), f32x4.mul(v, v128.load(w, 112)));
      }
      if (t < end) {
        const u = v128.load32_splat(t);
        a = f32x4.add(a, f32x4.mul(u, v128.load(w)));
        b = f32x4.add(b, f32x4.mul(u, v128.load(w, 16)));
        c = f32x4.add(c, f32x4.mul(u, v128.load(w, 32)));
        d = f32x4.add(d, f32x4.mul(u, v128.load(w, 48)));
      }
      store16(y, a, b, c, d);
      block += apart;
      y += outApart;
    } while (y < last);
  }
}

/** 16 rows of `columns` packed columns times two tokens whose inputs are xStride and outputs outStride bytes apart. */
function dot2_f32(group: usize, x: usize, xStride: usize, columns: i32, out: usize, outStride: usize): void {
  const next = out + outStride;
  let a = v128.load(out), b = v128.load(out, 16), c = v128.load(out, 32), d = v128.load(out, 48);
  let e = v128.load(next), f = v128.load(next, 16), g = v128.load(next, 32), h = v128.load(next, 48);
  const end = x + (<usize>columns << 2);
  let w = group;
  for (const pairs = x + (<usize>columns >> 1 << 3); x < pairs; x += 8, w += 128) {
    const x2 = v128.load64_splat(x), y2 = v128.load64_splat(x + xStride);
    let s = splat0(x2), t = splat0(y2), v = v128.load(w);
    a = f32x4.add(a, f32x4.mul(s, v)); e = f32x4.add(e, f32x4.mul(t, v)); v = v128.load(w, 16);
    b = f32x4.add(b, f32x4.mul(s, v)); f = f32x4.add(f, f32x4.mul(t, v)); v = v128.load(w, 32);
    c = f32x4.add(c, f32x4.mul(s, v)); g = f32x4.add(g, f32x4.mul(t, v)); v = v128.load(w, 48);
    d = f32x4.add(d, f32x4.mul(s, v)); h = f32x4.add(h, f32x4.mul(t, v));
    s = splat1(x2); t = splat1(y2); v = v128.load(w, 64);
    a = f32x4.add(a, f32x4.mul(s, v)); e = f32x4.add(e, f32x4.mul(t, v)); v = v128.load(w, 80);
    b = f32x4.add(b, f32x4.mul(s, v)); f = f32x4.add(f, f32x4.mul(t, v)); v = v128.load(w, 96);
    c = f32x4.add(c, f32x4.mul(s, v)); g = f32x4.add(g, f32x4.mul(t, v)); v = v128.load(w, 112);
    d = f32x4.add(d, f32x4.mul(s, v)); h = f32x4.add(h, f32x4.mul(t, v));
  }
  for (; x < end; x += 4, w += 64) {
    const s = v128.load32_splat(x);
    const t = v128.load32_splat(x + xStride);
    const w0 = v128.load(w), w1 = v128.load(w, 16), w2 = v128.load(w, 32), w3 = v128.load(w, 48);
    a = f32x4.add(a, f32x4.mul(s, w0));
    b = f32x4.add(b, f32x4.mul(s, w1));
    c = f32x4.add(c, f32x4.mul(s, w2));
    d = f32x4.add(d, f32x4.mul(s, w3));
    e = f32x4.add(e, f32x4.mul(t, w0));
    f = f32x4.add(f, f32x4.mul(t, w1));
    g = f32x4.add(g, f32x4.mul(t, w2));
    h = f32x4.add(h, f32x4.mul(t, w3));
  }
  store16(out, a, b, c, d);
  store16(next, e, f, g, h);
}

/** `columns` packed columns times `tokens` rows of f32, added to out. */
export function tile_f32(group: usize, x: usize, xStride: usize, columns: i32, tokens: i32, out: usize, outStride: usize): void {
  for (; tokens >= 2; tokens -= 2, x += xStride << 1, out += outStride << 1) dot2_f32(group, x, xStride, columns, out, outStride);
  if (tokens > 0) dot_f32(group, 1, 0, columns, x, out, 0);
}
