import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeFile, openCheckpoint, openTokenizer } from "../src/index.ts";

const folder = mkdtempSync(join(tmpdir(), "realizar-name-file-"));
afterAll(() => rmSync(folder, { recursive: true }));

const readers = { openCheckpoint, describeFile, openTokenizer };
for (const [name, read] of Object.entries(readers)) {
  test(`${name} says which file is damaged`, async () => {
    const path = join(folder, "model.gguf");
    writeFileSync(path, "");
    expect(read(path)).rejects.toThrow(`${path}: the file is empty`);
    writeFileSync(path, "plain text");
    expect(read(path)).rejects.toThrow(`${path}: not a GGUF file`);
    expect(read(folder)).rejects.toMatchObject({ code: "GGUF_BAD_MAGIC" });
  });
}
