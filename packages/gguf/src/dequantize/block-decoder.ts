/**
 * Turns `blocks` blocks at the start of `src` into floats at the start of `out`. Every product of a stored scale and a
 * stored quant is exact in a double, so each result is rounded to float32 once, when it is stored in `out`.
 */
export type BlockDecoder = (src: Uint8Array, out: Float32Array, blocks: number) => void;
