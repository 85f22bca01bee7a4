/**
 * Files and lines of every package, what it weighs packed and unpacked, and how long the program takes to install:
 *
 *     bun tools/size.ts
 */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "./pack/pack.ts";
import { readWorkspaces } from "./pack/workspaces.ts";
import { installTimes } from "./registry/install-time.ts";

interface Counted {
  readonly files: number;
  readonly lines: number;
}

function count(folder: string, pattern: string): Counted {
  const files = [...new Bun.Glob(pattern).scanSync({ cwd: folder, absolute: true })];
  const lines = files.map((file) => readFileSync(file, "utf8").split("\n").length - 1);
  return { files: files.length, lines: lines.reduce((sum, n) => sum + n, 0) };
}

const bytesUnder = (folder: string): number =>
  [...new Bun.Glob("**/*").scanSync({ cwd: folder, absolute: true })].reduce(
    (sum, file) => sum + statSync(file).size,
    0,
  );

const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(1);

const out = mkdtempSync(join(tmpdir(), "realizar-size-"));
const packed = new Map((await pack({ out })).map((entry) => [entry.name, entry]));
const rows = [...readWorkspaces()].map(([name, { folder }]) => {
  const source = count(folder, "{src,assembly}/**/*.{ts,tsx}");
  const tests = count(folder, "test/**/*.{ts,tsx}");
  const entry = packed.get(name);
  return {
    package: name,
    files: source.files,
    lines: source.lines,
    "test lines": tests.lines,
    "packed kB": entry === undefined ? "-" : kilobytes(statSync(entry.tarball).size),
    "unpacked kB": entry === undefined ? "-" : kilobytes(bytesUnder(entry.folder)),
  };
});

const total = (key: "files" | "lines" | "test lines") => rows.reduce((sum, row) => sum + row[key], 0);
console.table([
  ...rows,
  { package: "all", files: total("files"), lines: total("lines"), "test lines": total("test lines") },
]);
console.table(await installTimes("realizar", packed.get("realizar")!.tarball));
rmSync(out, { recursive: true });
