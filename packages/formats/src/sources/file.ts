import type { ByteSource } from "../checkpoint.ts";
import { FormatsError } from "../errors.ts";
import type { Folder } from "../folder.ts";
import { checkRange } from "./range.ts";

/** What lies at a path of the file system. */
export type PathKind = "file" | "folder" | "absent";

/** The system's fs module. Only called where there is a file system: importing this file needs none. */
function fs() {
  return process.getBuiltinModule("node:fs");
}

/** The largest read asked of the system at once: Linux moves at most 2^31 - 4096 bytes a call. */
const MAX_READ_BYTES = 1 << 30;

/**
 * A file of the file system, read straight into the destination without a copy between;
 * `dst` may view a SharedArrayBuffer or a WebAssembly memory.
 * @throws FormatsError FORMATS_NOT_FOUND, FORMATS_UNREADABLE
 */
export function fileSource(path: string): ByteSource {
  const { openSync, fstatSync, readSync, closeSync } = fs();
  const descriptor = attempt(path, () => openSync(path, "r"));
  const stat = fstatSync(descriptor);
  let open = true;
  const close = () => {
    if (open) closeSync(descriptor);
    open = false;
  };
  if (!stat.isFile()) {
    close();
    throw new FormatsError("FORMATS_UNREADABLE", `${path} is not a file`, { path });
  }
  return {
    size: stat.size,
    readInto(dst, offset) {
      checkRange(path, offset, dst.byteLength, stat.size);
      if (!open)
        throw new FormatsError("FORMATS_UNREADABLE", `${path} was closed before this read`, { path });
      for (let at = 0; at < dst.byteLength; ) {
        const length = Math.min(dst.byteLength - at, MAX_READ_BYTES);
        const read = attempt(path, () => readSync(descriptor, dst, at, length, offset + at));
        if (read === 0) {
          throw new FormatsError("FORMATS_UNREADABLE", `${path} became shorter while it was read`, { path });
        }
        at += read;
      }
    },
    close,
  };
}

/** A folder of the file system. */
export function fileFolder(path: string): Folder {
  return {
    path,
    names: () => attempt(path, () => fs().readdirSync(path)),
    open: (name) => fileSource(join(path, name)),
  };
}

/** What lies at `path`. */
export function kindOfPath(path: string): PathKind {
  const stat = fs().statSync(path, { throwIfNoEntry: false });
  if (!stat) return "absent";
  return stat.isDirectory() ? "folder" : "file";
}

/** The folder a file lies in, and its name there. */
export function splitPath(path: string): { folder: string; name: string } {
  const { dirname, basename } = process.getBuiltinModule("node:path");
  return { folder: dirname(path), name: basename(path) };
}

function join(folder: string, name: string): string {
  return process.getBuiltinModule("node:path").join(folder, name);
}

/** Turns a system error into one of this package. */
function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const code = (cause as { code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new FormatsError(
        "FORMATS_NOT_FOUND",
        `${path} does not exist; check the path`,
        { path },
        { cause },
      );
    }
    throw new FormatsError("FORMATS_UNREADABLE", `${path} cannot be read (${code})`, { path }, { cause });
  }
}
