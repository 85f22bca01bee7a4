import { elements, grouped, type RawTensor, refuseShape } from "./raw-tensor.ts";

/**
 * Rows of each head reordered from rotating halves to rotating neighbours:
 * output row `2 j + h` of a head is its row `h headDim / 2 + j`.
 * Shape [heads * headDim, columns] or [heads * headDim]. Source: `permute` of llama.cpp's conversion/llama.py.
 */
export function ropePairs(raw: RawTensor, heads: number): RawTensor {
  const [rows = 0] = raw.shape;
  const headRows = rows / heads;
  if (!Number.isInteger(headRows / 2)) refuseShape(raw, `${heads} heads of an even number of rows`);
  const rowBytes = raw.byteLength / rows;
  const headBytes = headRows * rowBytes;
  return {
    ...raw,
    readInto: grouped(headBytes, async (dst, head) => {
      const halves = new Uint8Array(headBytes);
      await raw.readInto(halves, head * headBytes);
      for (let row = 0; row < headRows; row++) {
        const from = ((row % 2) * headRows) / 2 + (row >> 1);
        dst.set(halves.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
      }
    }),
  };
}

/** Tensors of one shape as one of one more dimension, the first varying slowest: [tensors, ...shape]. */
export function stacked(raws: readonly [RawTensor, ...RawTensor[]]): RawTensor {
  const [first] = raws;
  for (const raw of raws) {
    if (raw.dtype !== first.dtype || raw.shape.join() !== first.shape.join()) {
      refuseShape(raw, `[${first.shape.join(", ")}] of ${first.dtype} like ${first.name}`);
    }
  }
  return {
    ...first,
    shape: [raws.length, ...first.shape],
    byteLength: raws.length * first.byteLength,
    readInto: grouped(first.byteLength, (dst, index) => raws[index]!.readInto(dst, 0)),
  };
}

/**
 * Every other slice along the second dimension, from `first` (0 or 1) on:
 * [experts, 2 n, ...] to [experts, n, ...].
 */
export function everyOther(raw: RawTensor, first: 0 | 1): RawTensor {
  const [groups = 0, slices = 0, ...rest] = raw.shape;
  if (slices % 2 !== 0) refuseShape(raw, "an even second dimension");
  const groupBytes = raw.byteLength / groups;
  const sliceBytes = groupBytes / slices;
  return {
    ...raw,
    shape: [groups, slices / 2, ...rest],
    byteLength: raw.byteLength / 2,
    readInto: grouped(groupBytes / 2, async (dst, group) => {
      const whole = new Uint8Array(groupBytes);
      await raw.readInto(whole, group * groupBytes);
      for (let slice = 0; slice < slices / 2; slice++) {
        const from = (2 * slice + first) * sliceBytes;
        dst.set(whole.subarray(from, from + sliceBytes), slice * sliceBytes);
      }
    }),
  };
}

/** The first or second half along the second dimension: [experts, 2 n, columns] to [experts, n, columns]. */
export function half(raw: RawTensor, which: 0 | 1): RawTensor {
  const [groups = 0, slices = 0, ...rest] = raw.shape;
  if (slices % 2 !== 0) refuseShape(raw, "an even second dimension");
  const halfBytes = raw.byteLength / groups / 2;
  return {
    ...raw,
    shape: [groups, slices / 2, ...rest],
    byteLength: raw.byteLength / 2,
    readInto: grouped(halfBytes, (dst, group) => raw.readInto(dst, (2 * group + which) * halfBytes)),
  };
}

/** Each matrix transposed: [matrices, rows, columns] to [matrices, columns, rows]. */
export function transposed(raw: RawTensor): RawTensor {
  const [matrices = 0, rows = 0, columns = 0, ...more] = raw.shape;
  if (more.length > 0 || columns === 0) refuseShape(raw, "three dimensions");
  const matrixBytes = raw.byteLength / matrices;
  const width = raw.byteLength / elements(raw.shape);
  return {
    ...raw,
    shape: [matrices, columns, rows],
    readInto: grouped(matrixBytes, async (dst, matrix) => {
      const whole = new Uint8Array(matrixBytes);
      await raw.readInto(whole, matrix * matrixBytes);
      for (let column = 0; column < columns; column++) {
        for (let row = 0; row < rows; row++) {
          const from = (row * columns + column) * width;
          const to = (column * rows + row) * width;
          for (let byte = 0; byte < width; byte++) dst[to + byte] = whole[from + byte]!;
        }
      }
    }),
  };
}

/** Numbers that are in no file, as a tensor of one dimension. */
export function computed(name: string, values: ArrayLike<number>): RawTensor {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return {
    name,
    dtype: "F32",
    shape: [values.length],
    byteLength: bytes.byteLength,
    readInto: (dst, offset) => dst.set(bytes.subarray(offset, offset + dst.byteLength)),
  };
}
