import { UnsafePathError } from "./errors.ts";

/** Windows device names, reserved with any extension. */
const DEVICE_NAME = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/**
 * A path inside a repository ("a/b.gguf") that stays inside the folder it is joined to, on any system.
 *
 * @throws {UnsafePathError} for `..`, `.`, empty segments, absolute paths, drive letters, backslash, NUL and
 * control characters, device names, and names over 255 bytes
 */
export function checkFilePath(path: string): string {
  const refuse = (problem: string): never => {
    throw new UnsafePathError(path, problem);
  };
  if (path.length === 0) refuse("it is empty");
  if (path.length > 4096) refuse("it is longer than 4096 characters");
  if (path.startsWith("/")) refuse("it is absolute");
  if (/[\\:*?"<>|]/.test(path)) refuse("it has a character that is special in paths");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(path)) refuse("it has a control character");
  for (const segment of path.split("/")) {
    if (segment === "") refuse("it has an empty segment");
    if (segment === "." || segment === "..") refuse(`it has a "${segment}" segment`);
    if (new TextEncoder().encode(segment).length > 255) refuse("a segment is longer than 255 bytes");
    if (DEVICE_NAME.test(segment)) refuse("a segment is a device name");
    if (/[. ]$/.test(segment)) refuse("a segment ends in a dot or a space");
  }
  return path;
}

/**
 * An etag or commit as a file name: letters, digits, `_`, `-` and inner dots.
 *
 * @throws {UnsafePathError}
 */
export function checkBlobName(name: string): string {
  if (!/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/.test(name))
    throw new UnsafePathError(name, "it is no etag or commit");
  return checkFilePath(name);
}

/** An ETag header without `W/` and quotes; undefined where there is none. */
export function bareEtag(header: string | null): string | undefined {
  const bare = header
    ?.trim()
    .replace(/^W\//, "")
    .replace(/^"(.*)"$/, "$1");
  return bare === "" ? undefined : bare;
}
