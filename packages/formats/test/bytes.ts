import type { CheckpointTensor } from "../src/index.ts";

/** All bytes of a tensor. */
export async function bytesOf(tensor: CheckpointTensor): Promise<Uint8Array> {
  const bytes = new Uint8Array(tensor.byteLength);
  await tensor.readInto(bytes, 0);
  return bytes;
}

/** All elements of an F32 tensor. */
export async function floatsOf(tensor: CheckpointTensor | undefined): Promise<number[]> {
  if (tensor?.type !== "F32") throw new Error(`expected an F32 tensor, found ${tensor?.type}`);
  return [...new Float32Array((await bytesOf(tensor)).buffer)];
}

/** The code of the error `promise` fails with, or "none". */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
