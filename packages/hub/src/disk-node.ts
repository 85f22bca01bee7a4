import { copyFile, mkdir, readFile, rename, rm, stat, statfs, symlink, writeFile } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { CacheFolderError, CachePermissionError, DiskFullError, HubError } from "./errors.ts";

/** Turns the system's word for a full disk or a missing permission into a named error. */
export function diskError(error: unknown, path: string): unknown {
  if (error instanceof HubError) return error;
  const code = errorCode(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new DiskFullError(path, undefined, undefined, { cause: error });
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return new CachePermissionError(path, error);
  if (code === "ENOTDIR" || code === "EEXIST") return new CacheFolderError(path, error);
  return error;
}

/** Runs what touches the disk, with named errors. */
export async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw diskError(error, path);
  }
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Undefined where there is no such file. */
export async function ifExists<T>(action: Promise<T>): Promise<T | undefined> {
  try {
    return await action;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

/** Bytes of a regular file (through links); undefined where there is none. */
export async function fileBytes(path: string): Promise<number | undefined> {
  const found = await ifExists(stat(path));
  return found?.isFile() ? found.size : undefined;
}

/** @throws {DiskFullError} when the file system has less room than needed */
export async function checkFreeSpace(folder: string, path: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes > freeBytes) throw new DiskFullError(path, neededBytes, freeBytes);
}

/** Writes so that a reader sees the old content or the new, never a part. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const fresh = `${path}.${process.pid}.${crypto.randomUUID()}.tmp`;
  await onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(fresh, text);
    await rename(fresh, path);
  });
}

/** Parsed JSON of a small file; undefined where there is none or it is damaged. */
export async function readJsonFile(path: string): Promise<unknown> {
  const text = await ifExists(readFile(path, "utf8"));
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Link = (target: string, path: string) => Promise<void>;

/** Puts `blob` at `path` by a relative symlink, or a copy where links are not allowed. */
export async function linkOrCopy(blob: string, path: string, link: Link = symlink): Promise<void> {
  await onDisk(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    const fresh = `${path}.${crypto.randomUUID()}.tmp`;
    try {
      await link(relative(dirname(path), blob), fresh);
    } catch (error) {
      if (!["EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "UNKNOWN"].includes(errorCode(error) ?? ""))
        throw error;
      await copyFile(blob, fresh);
    }
    await rename(fresh, path).catch(async (error) => {
      await rm(fresh, { force: true });
      throw error;
    });
  });
}
