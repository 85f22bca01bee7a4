import { expect, test } from "bun:test";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkFreeSpace, diskError, errorCode, linkOrCopy, onDisk, readJsonFile } from "../src/disk-node.ts";
import { CachePermissionError, DiskFullError } from "../src/index.ts";
import { failure } from "./workbench.ts";

const systemError = (code: string) => Object.assign(new Error(code), { code });

test.each([
  ["ENOSPC", DiskFullError],
  ["EDQUOT", DiskFullError],
  ["EACCES", CachePermissionError],
  ["EPERM", CachePermissionError],
  ["EROFS", CachePermissionError],
])("%s has a name, a path and advice", async (code, kind) => {
  const error = await failure(onDisk("/cache/x", () => Promise.reject(systemError(code))));
  expect(error).toBeInstanceOf(kind);
  expect(error.message).toContain("/cache/x");
  expect(error.message).toContain("HF_HUB_CACHE");
  expect(diskError(error, "/other")).toBe(error);
});

test("other errors stay as they are", () => {
  const error = systemError("EIO");
  expect(diskError(error, "/x")).toBe(error);
  expect(errorCode("no error")).toBeUndefined();
});

test("too little room is said with both numbers, before anything is fetched", async () => {
  const error = await failure(checkFreeSpace(tmpdir(), "/x", 2 ** 60));
  expect(error).toBeInstanceOf(DiskFullError);
  expect(error.neededBytes).toBe(2 ** 60);
  expect(error.freeBytes).toBeLessThan(2 ** 60);
});

test("a link that fails for another reason is an error; nothing is left behind", async () => {
  const folder = await mkdtemp(join(tmpdir(), "realizar-disk-"));
  await writeFile(join(folder, "blob"), "x");
  const link = () => Promise.reject(systemError("EIO"));
  expect((await failure(linkOrCopy(join(folder, "blob"), join(folder, "a", "f"), link))).code).toBe("EIO");
  await linkOrCopy(join(folder, "blob"), join(folder, "a", "f"));
  expect(await readFile(join(folder, "a", "f"), "utf8")).toBe("x");
  expect(await failure(linkOrCopy(join(folder, "blob"), join(folder, "a")))).toBeInstanceOf(Error);
  await writeFile(join(folder, "bad.json"), "{");
  expect(await readJsonFile(join(folder, "bad.json"))).toBeUndefined();
  await rm(folder, { recursive: true });
});
