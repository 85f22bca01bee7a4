import { dequantize, GGML_TYPES, type GgmlTypeName, quantize } from "@realizar/gguf";
import { type DtypeName, isDtypeName, type WeightSource } from "@realizar/tensor";
import { TensorTypeError } from "./errors.ts";
import type { StoredWeight } from "./weight-table.ts";

/** Elements converted at a time: whole blocks of every type, and small beside any tensor. */
const CHUNK = 1 << 16;

/** Types whose numbers a half cannot hold without loss of range. */
const WIDE: ReadonlySet<GgmlTypeName> = new Set(["F32", "F64", "BF16", "I32", "I64"]);

/**
 * Makes weights of any type ones that a backend takes: vectors and wide types become F32, other matrices that
 * `dtypes` lacks become F16, or F32 where that is lacking too. @throws TensorTypeError where neither is there
 */
export function convertFor(dtypes: ReadonlySet<DtypeName>): (stored: StoredWeight) => WeightSource {
  return (stored) => {
    const target = targetOf(stored, dtypes);
    const { name, shape, use, layer } = stored;
    const readInto =
      stored.type === target
        ? stored.readInto
        : (dst: Uint8Array, offset: number) => convert(stored, target, dst, offset);
    return { name, dtype: target, shape, use, layer, readInto };
  };
}

function targetOf({ name, type, use }: StoredWeight, dtypes: ReadonlySet<DtypeName>): DtypeName {
  if (use === "vector") return "F32";
  if (isDtypeName(type) && dtypes.has(type)) return type;
  if (dtypes.has("F16") && !WIDE.has(type)) return "F16";
  if (dtypes.has("F32")) return "F32";
  throw new TensorTypeError(name, type);
}

/** dst becomes bytes [offset, offset + length) of the weight in the target type, which is F32 or F16. */
async function convert(
  stored: StoredWeight,
  target: DtypeName,
  dst: Uint8Array,
  offset: number,
): Promise<void> {
  const { blockLength, blockBytes } = GGML_TYPES[stored.type];
  const elementBytes = GGML_TYPES[target].blockBytes;
  const elements = stored.shape.reduce((product, size) => product * size, 1);
  const end = offset + dst.length;
  const firstBlock = Math.floor(offset / elementBytes / blockLength);
  for (let element = firstBlock * blockLength; element * elementBytes < end; element += CHUNK) {
    const count = Math.min(CHUNK, elements - element);
    const bytes = new Uint8Array((count / blockLength) * blockBytes);
    await stored.readInto(bytes, (element / blockLength) * blockBytes);
    const floats = dequantize(stored.type, bytes);
    const converted =
      target === "F32" ? new Uint8Array(floats.buffer, 0, floats.byteLength) : quantize("F16", floats, count);
    const start = element * elementBytes;
    const from = Math.max(offset, start);
    const to = Math.min(end, start + converted.length);
    dst.set(converted.subarray(from - start, to - start), from - offset);
  }
}
