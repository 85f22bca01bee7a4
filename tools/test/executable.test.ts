import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildExecutable } from "../executable.ts";
import { answerOf, serving } from "./serving.ts";

describe("the executable", () => {
  const folder = mkdtempSync(join(tmpdir(), "realizar-executable-test-"));
  const program = join(folder, "realizar");
  const empty = join(folder, "empty");
  beforeAll(async () => {
    mkdirSync(empty);
    await buildExecutable(program);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("serves the demo model from an empty folder, without a runtime beside it", async () => {
    const child = Bun.spawn([program, "serve", "--demo", "--port", "0"], {
      cwd: empty,
      env: { HOME: empty },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    try {
      expect(await answerOf(await serving(child))).toMatch(/[a-z]+ [a-z]+/);
    } finally {
      child.kill();
      expect(await child.exited).toBe(0);
    }
  }, 60_000);
});
