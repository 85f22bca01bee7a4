import type { GgmlTypeName } from "@realizar/gguf";
import { type Dtype, toFloat32 } from "@realizar/safetensors";
import type { CheckpointTensor } from "../checkpoint.ts";
import { FormatsError } from "../errors.ts";
import { elements, grouped, type RawTensor } from "./raw-tensor.ts";

/** Dtypes of weights, and the GGML type a matrix of them is shown as. */
const MATRIX_TYPES: Partial<Record<Dtype, GgmlTypeName>> = {
  F32: "F32",
  F16: "F16",
  BF16: "BF16",
  F64: "F32",
};

/** Names that are F32 in every GGUF file. Source: `prepare_tensors` of llama.cpp's conversion/base.py. */
const ALWAYS_F32 = /_norm\.weight$|ffn_gate_inp\.weight$|^position_embd\.weight$|^token_types\.weight$/;

/**
 * A tensor of a checkpoint under its GGUF name: matrices keep F32, F16 and BF16; vectors, norms, biases and
 * routers become F32, as llama.cpp's converter writes them.
 * @param add added to every element, in F32
 */
export function ggufTensor(name: string, raw: RawTensor, add = 0): CheckpointTensor {
  const matrixType = MATRIX_TYPES[raw.dtype];
  if (!matrixType) {
    throw new FormatsError(
      "FORMATS_UNSUPPORTED",
      `tensor ${raw.name} is ${raw.dtype}; weights of F32, F16, BF16 and F64 can be read. Use an unquantized checkpoint, or a GGUF file.`,
      { tensor: raw.name },
    );
  }
  const wide = raw.shape.length <= 1 || ALWAYS_F32.test(name) || !name.endsWith(".weight") || add !== 0;
  const type = wide ? "F32" : matrixType;
  if (type === raw.dtype && add === 0) return { ...raw, name, type };
  const row = raw.shape.at(-1) ?? 1;
  const rowBytes = (raw.byteLength / elements(raw.shape)) * row;
  return {
    name,
    type: "F32",
    shape: raw.shape,
    byteLength: elements(raw.shape) * 4,
    readInto: grouped(row * 4, async (dst, index) => {
      const bytes = new Uint8Array(rowBytes);
      await raw.readInto(bytes, index * rowBytes);
      const floats = toFloat32(raw.dtype, bytes);
      if (add !== 0) for (let i = 0; i < floats.length; i++) floats[i]! += add;
      dst.set(new Uint8Array(floats.buffer));
    }),
  };
}
