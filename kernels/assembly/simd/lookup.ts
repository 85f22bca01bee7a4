/** Bytes of `table` by indices 0 .. 15, for which the relaxed instruction is the same everywhere. */
// @ts-ignore: decorator
@inline
export function lookup(table: v128, index: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, index) : i8x16.swizzle(table, index);
}
