import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DiskFullError, OutputError } from "../src/errors.ts";
import { outputFailure, writeOutput } from "../src/output-file.ts";
import { temporaryFolder } from "./cli.ts";

const folder = temporaryFolder();
afterAll(folder.remove);

async function* pieces(...all: readonly (readonly number[])[]) {
  for (const bytes of all) yield Uint8Array.from(bytes);
}

describe("writing a file", () => {
  test("pieces in order, told as they are written", async () => {
    const path = join(folder.path, "whole");
    const told: number[] = [];
    const onBytes = (bytes: number) => {
      told.push(bytes);
    };
    expect(await writeOutput(path, pieces([1, 2], [], [3]), { onBytes })).toBe(3);
    expect([...(await readFile(path))]).toEqual([1, 2, 3]);
    expect(told).toEqual([2, 2, 3]);
  });

  test("a failure of the pieces leaves nothing", async () => {
    const path = join(folder.path, "half");
    const broken = (async function* () {
      yield Uint8Array.of(1);
      throw new RangeError("no more");
    })();
    await expect(writeOutput(path, broken)).rejects.toThrow("no more");
    expect((await readdir(folder.path)).filter((name) => name.startsWith("half"))).toEqual([]);
  });

  test("a full disk and a full quota have a name of their own", () => {
    for (const code of ["ENOSPC", "EDQUOT"]) {
      const cause = Object.assign(new Error("write failed"), { code });
      const failure = outputFailure("out.gguf", cause);
      expect(failure).toBeInstanceOf(DiskFullError);
      expect(failure).toMatchObject({ code: "CLI_DISK_FULL", path: "out.gguf", cause });
      expect(failure.message).toContain("no space left for out.gguf");
    }
    const other = outputFailure("out.gguf", Object.assign(new Error("EACCES: denied"), { code: "EACCES" }));
    expect(other).toBeInstanceOf(OutputError);
    expect(other.message).toBe("cannot write out.gguf: this user may not write there");
  });

  test("a folder that is absent is an error with the path", async () => {
    const failure = await writeOutput(join(folder.path, "absent", "file"), pieces([1])).catch((e) => e);
    expect(failure).toBeInstanceOf(OutputError);
    expect(failure).toMatchObject({ code: "CLI_OUTPUT", path: join(folder.path, "absent", "file") });
  });
});
