import type { Dtype } from "@realizar/safetensors";
import { FormatsError } from "../errors.ts";

/** Elements as a checkpoint stores them, before they become GGML blocks. */
export interface RawTensor {
  /** The name in the checkpoint, for messages. */
  readonly name: string;
  readonly dtype: Dtype;
  /** Row-major, outermost first. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Fills `dst` with bytes from `offset` within the tensor on. */
  readInto(dst: Uint8Array, offset: number): void | Promise<void>;
}

/** Fills `dst` with the bytes of one group. */
export type ReadGroup = (dst: Uint8Array, group: number) => void | Promise<void>;

/**
 * Makes `readInto` of bytes that are produced `groupBytes` at a time: whole groups go straight to the destination,
 * groups it covers in part are produced aside.
 */
export function grouped(groupBytes: number, readGroup: ReadGroup): RawTensor["readInto"] {
  return async (dst, offset) => {
    for (let at = 0; at < dst.byteLength; ) {
      const group = Math.floor((offset + at) / groupBytes);
      const skip = offset + at - group * groupBytes;
      const length = Math.min(groupBytes - skip, dst.byteLength - at);
      const part = dst.subarray(at, at + length);
      if (length === groupBytes) await readGroup(part, group);
      else {
        const whole = new Uint8Array(groupBytes);
        await readGroup(whole, group);
        part.set(whole.subarray(skip, skip + length));
      }
      at += length;
    }
  };
}

/** The product of dimensions. */
export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** Throws FORMATS_TENSOR_SHAPE, saying what the tensor should be. */
export function refuseShape({ name, shape }: RawTensor, expected: string): never {
  throw new FormatsError(
    "FORMATS_TENSOR_SHAPE",
    `tensor ${name} has shape [${shape.join(", ")}], expected ${expected}; config.json and weights do not belong together`,
    { tensor: name },
  );
}
