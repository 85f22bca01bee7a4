/**
 * Turns the floats of `src`, whole blocks of one row after another, into blocks at the start of `dst`. Arithmetic is
 * rounded to float32 where ggml's is, so that both choose the same quants.
 */
export type BlockEncoder = (src: Float32Array, dst: Uint8Array, blocks: number) => void;
