import { mkdir, readFile, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { errorCode, ifExists, onDisk } from "./disk-node.ts";
import { BusyError } from "./errors.ts";
import { sleep } from "./sleep.ts";

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** How long to wait for another holder. Default: as long as it lives. */
  waitMs?: number;
  /** How often the holder shows that it lives, and a waiter looks. Default 1,000. */
  beatMs?: number;
  /** A lock that did not beat for so long is dead. Default 30,000. */
  staleMs?: number;
  /** Told once when the lock is another's. */
  onWait?(holder: string): void;
}

export interface Lock extends AsyncDisposable {
  release(): Promise<void>;
}

interface Owner {
  id: string;
  pid: number;
  host: string;
}

/**
 * A lock file: one writer among all processes that share the folder. Its holder touches it regularly; a lock whose
 * process is gone (same host) or that was not touched for long (any host) is taken over.
 *
 * @throws {BusyError} when another holds it for longer than `waitMs`
 */
export async function takeLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const { signal, waitMs = Number.POSITIVE_INFINITY, beatMs = 1000, staleMs = 30_000, onWait } = options;
  const own: Owner = { id: crypto.randomUUID(), pid: process.pid, host: hostname() };
  const started = performance.now();
  await onDisk(path, () => mkdir(dirname(path), { recursive: true }));
  for (let waited = false; ; ) {
    signal?.throwIfAborted();
    if (await create(path, own)) return hold(path, own, beatMs);
    const owner = await readOwner(path);
    if ((await isStale(path, owner, staleMs)) && (await breakLock(path, staleMs))) continue;
    const holder = owner === undefined ? "another process" : `process ${owner.pid} on ${owner.host}`;
    if (performance.now() - started >= waitMs) throw new BusyError(path, holder);
    if (!waited) onWait?.(holder);
    waited = true;
    await sleep(beatMs, signal);
  }
}

/** Whether a living process holds the lock. */
export async function isLocked(path: string, staleMs = 30_000): Promise<boolean> {
  return (await ifExists(stat(path))) !== undefined && !(await isStale(path, await readOwner(path), staleMs));
}

async function create(path: string, own: Owner): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: "wx" });
    return true;
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    return onDisk(path, () => Promise.reject(error));
  }
}

function hold(path: string, own: Owner, beatMs: number): Lock {
  const timer = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => {});
  }, beatMs);
  timer.unref();
  const release = async () => {
    clearInterval(timer);
    if ((await readOwner(path))?.id === own.id) await rm(path, { force: true });
  };
  return { release, [Symbol.asyncDispose]: release };
}

async function readOwner(path: string): Promise<Owner | undefined> {
  const text = await ifExists(readFile(path, "utf8"));
  try {
    const owner = JSON.parse(text ?? "");
    return typeof owner?.pid === "number" && typeof owner.host === "string" ? owner : undefined;
  } catch {
    return undefined;
  }
}

async function isStale(path: string, owner: Owner | undefined, staleMs: number): Promise<boolean> {
  const found = await ifExists(stat(path));
  if (found === undefined) return false;
  if (owner?.host === hostname() && !isAlive(owner.pid)) return true;
  return Date.now() - found.mtimeMs > staleMs;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === "EPERM";
  }
}

/**
 * Deletes a dead lock. One at a time may, and looks again first: between a waiter's look and its deletion another
 * may have deleted the dead lock and made a living one. False where another is at it.
 */
async function breakLock(path: string, staleMs: number): Promise<boolean> {
  const guard = `${path}.break`;
  try {
    await mkdir(guard);
  } catch {
    const found = await ifExists(stat(guard));
    if (found !== undefined && Date.now() - found.mtimeMs > staleMs) await ifExists(rmdir(guard));
    return false;
  }
  try {
    if (await isStale(path, await readOwner(path), staleMs)) await rm(path, { force: true });
    return true;
  } finally {
    await rmdir(guard);
  }
}
