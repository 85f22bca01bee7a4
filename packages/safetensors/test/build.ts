/** A file of a header given as text and `dataBytes` bytes 0, 1, 2, ... of data. */
export function fileOf(header: string | Uint8Array, dataBytes = 0): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const file = new Uint8Array(8 + text.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.byteLength), true);
  file.set(text, 8);
  for (let i = 0; i < dataBytes; i++) file[8 + text.byteLength + i] = i;
  return file;
}

/** The code of the error `promise` fails with, or "accepted". */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "accepted";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
