import { split_from, split_to } from "../split";

/**
 * Rotary position embedding (arXiv:2104.09864) of rows of heads x headDim; the first `dims` of each head turn,
 * the rest are copied. table[position] holds dims / 2 pairs (cos, sin), f32.
 *   interleaved: pairs (2i, 2i + 1)         halved: pairs (i, i + dims / 2)
 */
export function rope(out: usize, x: usize, table: usize, positions: usize, rows: i32, heads: i32, headDim: i32, dims: i32, halved: i32, stride: usize, rank: i32, threads: i32): void {
  const to = split_to(rows, rank, threads);
  const half = dims >> 1;
  const step: usize = halved ? 4 : 8;
  const mate: usize = halved ? <usize>half << 2 : 4;
  for (let r = split_from(rows, rank, threads); r < to; r++) {
    const angles = table + <usize>load<i32>(positions + (<usize>r << 2)) * (<usize>dims << 2);
    for (let h = 0; h < heads; h++) {
      const at = <usize>r * stride + (<usize>(h * headDim) << 2);
      let from = x + at, into = out + at;
      for (let i = 0; i < half; i++, from += step, into += step) {
        const c = load<f32>(angles + (<usize>i << 3)), s = load<f32>(angles + (<usize>i << 3), 4);
        const a = load<f32>(from), b = load<f32>(from + mate);
        store<f32>(into, a * c - b * s);
        store<f32>(into + mate, a * s + b * c);
      }
      if (out != x) for (let i = dims; i < headDim; i++) store<f32>(out + at + (<usize>i << 2), load<f32>(x + at + (<usize>i << 2)));
    }
  }
}
