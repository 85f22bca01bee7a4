import { DTYPES, type DtypeName } from "@realizar/tensor";

/** Where the blocks of each type keep their half floats, in 16-bit words (ggml-common.h). */
const HALF_WORDS: Partial<Record<DtypeName, readonly number[]>> = {
  Q4_0: [0],
  Q4_1: [0, 1],
  Q5_0: [0],
  Q5_1: [0, 1],
  Q8_0: [0],
  Q2_K: [40, 41],
  Q3_K: [54],
  Q4_K: [0, 1],
  Q5_K: [0, 1],
  Q6_K: [104],
  IQ4_NL: [0],
  IQ4_XS: [0],
  TQ1_0: [26],
  TQ2_0: [32],
};

/**
 * The first number that is NaN or infinite, or whose block's scale is, among whole blocks at an address that is a
 * multiple of 4; -1 for none. A number is not finite when its exponent is all ones: adding one there carries into the sign.
 */
export function firstNonFinite(dtype: DtypeName, bytes: Uint8Array): number {
  const { blockLength, blockBytes } = DTYPES[dtype];
  if (dtype === "F32") return scan(words32(bytes), 0x7f800000, 0x00800000, 1);
  if (dtype === "F16") return scanHalves(bytes, 0x7c00, 0x0400);
  if (dtype === "BF16") return scanHalves(bytes, 0x7f80, 0x0080);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  let first = -1;
  for (const word of blockBytes % 2 === 0 ? (HALF_WORDS[dtype] ?? []) : []) {
    const stride = blockBytes / 2;
    let seen = 0;
    for (let i = word; i < halves.length; i += stride) seen |= (halves[i]! & 0x7c00) + 0x400;
    if ((seen & 0x8000) === 0) continue;
    for (let i = word; i < halves.length; i += stride) {
      if ((halves[i]! & 0x7c00) !== 0x7c00) continue;
      const element = ((i - word) / stride) * blockLength;
      first = first < 0 ? element : Math.min(first, element);
      break;
    }
  }
  return first;
}

/** Numbers of 16 bits, two a word; of an odd count the last is alone. */
function scanHalves(bytes: Uint8Array, exponent: number, one: number): number {
  const at = scan(words32(bytes), exponent * 0x10001, one * 0x10001, 2);
  if (at >= 0 || bytes.length % 4 === 0) return at;
  const [last = 0] = new Uint16Array(bytes.buffer, bytes.byteOffset + bytes.length - 2, 1);
  return (last & exponent) === exponent ? bytes.length / 2 - 1 : -1;
}

function words32(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2);
}

/** `perWord` numbers a word: whether any has all bits of `exponent` set, and then which is the first. */
function scan(words: Uint32Array, exponent: number, one: number, perWord: number): number {
  const signs = perWord === 1 ? 0x80000000 : 0x80008000;
  let seen = 0;
  for (let i = 0; i < words.length; i++) seen |= (words[i]! & exponent) + one;
  if ((seen & signs) === 0) return -1;
  const at = words.findIndex((word) => (((word & exponent) + one) & signs) !== 0);
  const low = perWord === 1 || (((words[at]! & exponent) + one) & 0x8000) !== 0;
  return at * perWord + (low ? 0 : 1);
}
