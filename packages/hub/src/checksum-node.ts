import { createHash } from "node:crypto";
import { open } from "node:fs/promises";

/** How the hub names content: sha256 of large files, git's blob id (sha1 of "blob SIZE\0" and the bytes) of others. */
export interface Checksum {
  algorithm: "sha256" | "git-sha1";
  /** Lowercase hex. */
  hex: string;
}

/** The checksum that a hub's etag is; undefined for etags of other kinds. */
export function checksumOfEtag(etag: string): Checksum | undefined {
  if (/^[0-9a-f]{64}$/.test(etag)) return { algorithm: "sha256", hex: etag };
  if (/^[0-9a-f]{40}$/.test(etag)) return { algorithm: "git-sha1", hex: etag };
  return undefined;
}

const CHUNK_BYTES = 4 * 2 ** 20;

/** Hashes a file of `bytes` bytes in windows; `onBytes` hears of each. */
export async function hashFile(
  path: string,
  algorithm: Checksum["algorithm"],
  bytes: number,
  onBytes: (loaded: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const hash = createHash(algorithm === "sha256" ? "sha256" : "sha1");
  if (algorithm === "git-sha1") hash.update(`blob ${bytes}\0`);
  const window = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(bytes, 1)));
  const file = await open(path, "r");
  try {
    for (let at = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(window, 0, window.length, at);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(window.subarray(0, bytesRead));
      at += bytesRead;
      onBytes(at);
    }
  } finally {
    await file.close();
  }
}
