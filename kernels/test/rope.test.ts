import { expect, test } from "bun:test";
import { Bench, randomFloats } from "./bench.ts";

test.each([
  ["interleaved", 0],
  ["halved", 1],
] as const)("rope turns %s pairs and copies the rest", (_, halved) => {
  for (const [headDim, dims] of [
    [8, 8],
    [12, 4],
    [64, 32],
  ] as const) {
    const [rows, heads] = [3, 2];
    const columns = heads * headDim;
    const stride = Math.ceil(columns / 16) * 64;
    const x = randomFloats(rows * columns, headDim);
    const positions = Int32Array.from([2, 0, 5]);
    const half = dims / 2;
    const angle = (p: number, i: number) => p * 10000 ** (-i / half);
    const table = Float32Array.from({ length: 6 * dims }, (_, n) => {
      const [p, i] = [Math.floor(n / dims), (n % dims) >> 1];
      return n % 2 === 0 ? Math.cos(angle(p, i)) : Math.sin(angle(p, i));
    });
    const want = Float32Array.from(x);
    for (let r = 0; r < rows; r++) {
      for (let h = 0; h < heads; h++) {
        for (let i = 0; i < half; i++) {
          const at = r * columns + h * headDim;
          const [first, second] = halved ? [at + i, at + i + half] : [at + 2 * i, at + 2 * i + 1];
          const [c, s] = [Math.cos(angle(positions[r]!, i)), Math.sin(angle(positions[r]!, i))];
          want[first] = x[first]! * c - x[second]! * s;
          want[second] = x[first]! * s + x[second]! * c;
        }
      }
    }
    for (const inPlace of [false, true]) {
      const bench = new Bench();
      const from = bench.putRows(x, columns, stride);
      const out = inPlace ? from : bench.space(rows * stride);
      const args = {
        table: bench.put(table),
        positions: bench.put(positions),
        rows,
        heads,
        headDim,
        dims,
        halved,
        stride,
      };
      bench.run("rope", { out, x: from, ...args }, 2);
      const got = bench.takeRows(out, rows, columns, stride);
      for (const [i, w] of want.entries())
        expect(Math.abs(got[i]! - w)).toBeLessThan(2e-7 * (1 + Math.abs(w)));
    }
  }
});
