import { expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { BusyError, takeLock } from "../src/index.ts";
import { isLocked } from "../src/lock-node.ts";
import { failure } from "./workbench.ts";

async function inFolder(action: (path: string, folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "realizar-lock-"));
  try {
    await action(join(folder, "deep", "x.lock"), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** No process has it: beyond the largest pid of Linux (2^22) and macOS. */
const DEAD_PID = 2 ** 22 + 12345;

test("one holder at a time; the next waits, then has it", () =>
  inFolder(async (path) => {
    const first = await takeLock(path);
    expect(await isLocked(path)).toBe(true);
    const holders: string[] = [];
    const waiting = takeLock(path, { beatMs: 1, onWait: (holder) => holders.push(holder) });
    await Bun.sleep(10);
    await first.release();
    await first.release();
    const second = await waiting;
    expect(holders).toEqual([`process ${process.pid} on ${hostname()}`]);
    await second.release();
    expect(await isLocked(path)).toBe(false);
  }));

test("waiting ends by time or by abort", () =>
  inFolder(async (path) => {
    await using _held = await takeLock(path);
    expect(await failure(takeLock(path, { waitMs: 5, beatMs: 2 }))).toBeInstanceOf(BusyError);
    const stop = new AbortController();
    const waiting = failure(takeLock(path, { beatMs: 1000, signal: stop.signal }));
    await Bun.sleep(5);
    stop.abort(new Error("stop"));
    expect((await waiting).message).toBe("stop");
  }));

test.each([
  ["whose process is gone", JSON.stringify({ id: "x", pid: DEAD_PID, host: hostname() }), 0],
  [
    "of another host that was not touched for long",
    JSON.stringify({ id: "x", pid: 1, host: "elsewhere" }),
    60,
  ],
  ["that says nothing", "", 60],
])("a lock %s is taken over, by one of those who want it", (_, content, ageSeconds) =>
  inFolder(async (path, folder) => {
    await (await takeLock(path)).release();
    await writeFile(path, content);
    const then = new Date(Date.now() - ageSeconds * 1000);
    await utimes(path, then, then);
    let holding = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        await using _lock = await takeLock(path, { beatMs: 1 });
        most = Math.max(most, ++holding);
        await Bun.sleep(3);
        holding--;
      }),
    );
    expect(most).toBe(1);
    expect(await readdir(join(folder, "deep"))).toEqual([]);
  }),
);

test("a living lock of another host is waited for, and one that changed hands is not deleted", () =>
  inFolder(async (path) => {
    const lock = await takeLock(path, { beatMs: 1 });
    await writeFile(path, JSON.stringify({ id: "other", pid: 1, host: "elsewhere" }));
    expect((await failure(takeLock(path, { waitMs: 0 }))).message).toContain("process 1 on elsewhere");
    await Bun.sleep(5);
    await lock.release();
    expect(await readFile(path, "utf8")).toContain("other");
  }));
