import { existsSync, readFileSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, totalmem } from "node:os";
import { dirname } from "node:path";
import { bestVariant, type KernelVariant } from "@realizar/kernels";
import { defaultThreads } from "@realizar/llm";

/** What this machine and runtime offer. */
export interface Machine {
  readonly runtime: "Bun" | "Node";
  readonly runtimeVersion: string;
  /** "linux-x64". */
  readonly platform: string;
  readonly processor: string;
  readonly logicalCores: number;
  /** Compute threads by default: cores, as two threads of one core share its vector units. */
  readonly threads: number;
  /** Cores' worth of time that the control group allows; undefined where it sets no limit. */
  readonly coreQuota: number | undefined;
  readonly kernels: KernelVariant;
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
}

export function readMachine(): Machine {
  const { bun, node } = process.versions;
  return {
    runtime: bun === undefined ? "Node" : "Bun",
    runtimeVersion: bun ?? node,
    platform: `${process.platform}-${process.arch}`,
    processor: cpus()[0]?.model.trim() || "unknown",
    logicalCores: availableParallelism(),
    threads: defaultThreads(),
    coreQuota: quotaOf(textOf("/sys/fs/cgroup/cpu.max")),
    kernels: bestVariant(),
    ...memory(),
  };
}

/** Linux's control group v2, cpu.max: "max 100000" or "150000 100000", microseconds of each period. */
export function quotaOf(text: string | undefined): number | undefined {
  const [, quota, period] = /^(\d+) (\d+)/.exec(text ?? "") ?? [];
  return quota === undefined ? undefined : Number(quota) / Number(period);
}

/** Linux's own estimate of what can be had without swapping, in bytes; /proc/meminfo, proc(5). */
export function availableOf(text: string | undefined): number | undefined {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(text ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** Memory of the machine, or of the control group where that has less. */
function memory(): Pick<Machine, "memoryBytes" | "freeMemoryBytes"> {
  const limit = Number(textOf("/sys/fs/cgroup/memory.max"));
  const used = Number(textOf("/sys/fs/cgroup/memory.current"));
  const available = availableOf(textOf("/proc/meminfo")) ?? freemem();
  const total = totalmem();
  if (!Number.isFinite(limit) || limit >= total) return { memoryBytes: total, freeMemoryBytes: available };
  return { memoryBytes: limit, freeMemoryBytes: Math.min(available, Math.max(0, limit - (used || 0))) };
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Free bytes of the disk on which a folder lies or would lie; undefined where the system does not tell. */
export async function freeDiskBytes(folder: string): Promise<number | undefined> {
  let place = folder;
  while (!existsSync(place) && dirname(place) !== place) place = dirname(place);
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
