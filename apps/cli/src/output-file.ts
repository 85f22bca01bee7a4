import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DiskFullError, OutputError, SameFileError } from "./errors.ts";

/**
 * Writes a file under a name of its own and gives it its true name at the end, so that no half of a file is ever taken
 * for a whole one.
 * @param pieces the file's bytes in order
 * @param onBytes hears how many bytes have been written
 * @returns bytes written
 * @throws DiskFullError, OutputError; what `pieces` throws
 */
export async function writeOutput(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  { signal, onBytes }: { signal?: AbortSignal; onBytes?: (bytes: number) => void } = {},
): Promise<number> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.part`;
  const file = await named(path, () => open(temporary, "wx"));
  let bytes = 0;
  try {
    try {
      for await (const piece of pieces) {
        signal?.throwIfAborted();
        for (let at = 0; at < piece.byteLength; ) {
          const { bytesWritten } = await named(path, () =>
            file.write(piece, at, piece.byteLength - at, bytes + at),
          );
          at += bytesWritten;
        }
        bytes += piece.byteLength;
        onBytes?.(bytes);
      }
      await named(path, () => file.sync());
    } finally {
      await file.close();
    }
    await named(path, () => rename(temporary, path));
    return bytes;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Refuses to write over what is being read. @throws SameFileError */
export async function refuseSameFile(input: string, output: string): Promise<void> {
  const target = await stat(output).catch(() => undefined);
  if (target === undefined) return;
  if (target.isDirectory()) throw new OutputError(output, "it is a folder; name a file");
  for (const path of await filesOf(input)) {
    const source = await stat(path).catch(() => undefined);
    if (source?.ino === target.ino && source.dev === target.dev) throw new SameFileError(output);
  }
}

/** A file of a model in parts: its name before and after the part's number. */
const PART = /^(.*-)\d{5}(-of-\d{5}\.\w+)$/;

/** The files that a model may be read from: those of its folder, itself, or all its parts. */
async function filesOf(input: string): Promise<string[]> {
  if ((await stat(input)).isDirectory()) return (await readdir(input)).map((name) => join(input, name));
  const part = PART.exec(basename(input));
  if (part === null) return [input];
  const [, before, after] = part as unknown as [string, string, string];
  const names = await readdir(dirname(input));
  return names
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => join(dirname(input), name));
}

/** Runs an action on the output file; failures get a name. */
async function named<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw outputFailure(path, cause as NodeJS.ErrnoException);
  }
}

/** By error code of open(2). */
const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: "its folder does not exist",
  ENOTDIR: "what should be its folder is a file",
  EACCES: "this user may not write there",
  EROFS: "that disk is read-only",
};

/** What a failed call on an output file is to a person. */
export function outputFailure(path: string, cause: NodeJS.ErrnoException): DiskFullError | OutputError {
  const full = cause.code === "ENOSPC" || cause.code === "EDQUOT";
  if (full) return new DiskFullError(path, { cause });
  return new OutputError(path, PROBLEMS[cause.code ?? ""] ?? cause.message, { cause });
}
