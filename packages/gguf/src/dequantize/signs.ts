/**
 * The sign bytes that 7 bits select: bit 7 makes the number of minus signs even.
 * Source: ksigns_iq2xs of ggml-common.h.
 */
export const EVEN_SIGNS = Uint8Array.from({ length: 128 }, (_, i) => {
  let parity = i ^ (i >> 4);
  parity ^= parity >> 2;
  parity ^= parity >> 1;
  return i | ((parity & 1) << 7);
});
