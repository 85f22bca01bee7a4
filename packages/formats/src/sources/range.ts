import { FormatsError } from "../errors.ts";

/** Throws FORMATS_READ_RANGE unless `length` bytes at `offset` lie within `size`. */
export function checkRange(path: string, offset: number, length: number, size: number): void {
  if (offset >= 0 && offset + length <= size) return;
  throw new FormatsError(
    "FORMATS_READ_RANGE",
    `${path}: ${length} bytes at ${offset} are outside of its ${size}`,
    { path },
  );
}
