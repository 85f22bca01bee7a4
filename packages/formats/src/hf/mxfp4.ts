import type { CheckpointTensor } from "../checkpoint.ts";
import { grouped, type RawTensor, refuseShape } from "./raw-tensor.ts";

/** Elements, scale bytes and code bytes of a block. Source: block_mxfp4 of ggml/src/ggml-common.h. */
const BLOCK_ELEMENTS = 32;
const CODE_BYTES = 16;
const BLOCK_BYTES = 1 + CODE_BYTES;

/**
 * OpenAI's MXFP4 pair as GGML's MXFP4.
 *
 * `blocks` is U8 [experts, rows, blocks, 16], byte i holding elements 2 i (low nibble) and 2 i + 1;
 * `scales` is U8 [experts, rows, blocks], E8M0. A GGML block is the scale, then 16 bytes,
 * byte i holding elements i (low nibble) and i + 16.
 * Source: `repack_mxfp4` of llama.cpp's conversion/gpt_oss.py.
 */
export function mxfp4(name: string, blocks: RawTensor, scales: RawTensor): CheckpointTensor {
  const [experts = 0, rows = 0, count = 0, codes] = blocks.shape;
  if (blocks.dtype !== "U8" || blocks.shape.length !== 4 || codes !== CODE_BYTES) {
    refuseShape(blocks, "[experts, rows, blocks, 16] of U8");
  }
  if (scales.dtype !== "U8" || scales.shape.join() !== [experts, rows, count].join()) {
    refuseShape(scales, `[${experts}, ${rows}, ${count}] of U8 like ${blocks.name}`);
  }
  const perExpert = rows * count;
  return {
    name,
    type: "MXFP4",
    shape: [experts, rows, count * BLOCK_ELEMENTS],
    byteLength: experts * perExpert * BLOCK_BYTES,
    readInto: grouped(perExpert * BLOCK_BYTES, async (dst, expert) => {
      const packed = new Uint8Array(perExpert * CODE_BYTES);
      const exponents = new Uint8Array(perExpert);
      await blocks.readInto(packed, expert * packed.byteLength);
      await scales.readInto(exponents, expert * exponents.byteLength);
      for (let block = 0; block < perExpert; block++) {
        const to = block * BLOCK_BYTES;
        dst[to] = exponents[block]!;
        regroup(packed, block * CODE_BYTES, dst, to + 1);
      }
    }),
  };
}

/** 32 codes from neighbours a byte to halves a byte. */
function regroup(from: Uint8Array, source: number, to: Uint8Array, target: number): void {
  for (let i = 0; i < CODE_BYTES; i++) {
    const shift = (i & 1) * 4;
    const low = (from[source + (i >> 1)]! >> shift) & 15;
    const high = (from[source + 8 + (i >> 1)]! >> shift) & 15;
    to[target + i] = low | (high << 4);
  }
}
