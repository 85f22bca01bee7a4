import { expect, test } from "bun:test";
import { rope } from "../../src/ops/rope.ts";
import { close, filled } from "../filled.ts";

const spec = { headDim: 4, dims: 4, magnitude: 1, frequencies: Float64Array.of(Math.PI / 2, 0) };

test("interleaved pairs are neighbours", () => {
  // position 1 turns the first pair by a quarter: (a, b) to (-b, a)
  close(
    rope(filled(1, 4, [1, 2, 3, 4]), { ...spec, pairing: "interleaved" }, Int32Array.of(1)),
    [-2, 1, 3, 4],
  );
});

test("halved pairs are half a head apart", () => {
  close(rope(filled(1, 4, [1, 2, 3, 4]), { ...spec, pairing: "halved" }, Int32Array.of(1)), [-3, 2, 1, 4]);
});

test("each row turns by its own position, each head alike", () => {
  const x = filled(2, 8, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8]);
  const y = rope(x, { ...spec, pairing: "halved" }, Int32Array.of(0, 2));
  close(y, [1, 2, 3, 4, 5, 6, 7, 8, -1, 2, -3, 4, -5, 6, -7, 8]);
});

test("numbers beyond dims pass, and the magnitude scales what turns", () => {
  const partial = {
    ...spec,
    dims: 2,
    magnitude: 2,
    frequencies: Float64Array.of(0),
    pairing: "halved",
  } as const;
  close(rope(filled(1, 4, [1, 2, 3, 4]), partial, Int32Array.of(5)), [2, 4, 3, 4]);
});

test("shapes that do not fit are refused", () => {
  const x = filled(1, 6, [1, 2, 3, 4, 5, 6]);
  expect(() => rope(x, { ...spec, pairing: "halved" }, Int32Array.of(0))).toThrow("no heads of 4");
  expect(() => rope(x, { ...spec, headDim: 6, dims: 6, pairing: "halved" }, Int32Array.of(0))).toThrow(
    "frequencies",
  );
});
