import { readFileSync } from "node:fs";
import { arch, cpus, loadavg, platform, release, totalmem } from "node:os";

/** What a figure was measured on. */
export interface Machine {
  readonly cpu: string;
  readonly logicalCores: number;
  readonly memoryBytes: number;
  readonly system: string;
  readonly runtime: string;
  /** Processes that wanted a core, over the last minute: what else was running. */
  readonly load: number;
  /** The source tree that was measured; undefined outside git. */
  readonly commit: string | undefined;
  /** ISO 8601. */
  readonly time: string;
}

export function machine(): Machine {
  return {
    cpu: cpuName(),
    logicalCores: cpus().length,
    memoryBytes: totalmem(),
    system: `${platform()} ${release()} ${arch()}`,
    runtime:
      process.versions.bun === undefined ? `Node ${process.versions.node}` : `Bun ${process.versions.bun}`,
    load: loadavg()[0]!,
    commit: commit(),
    time: new Date().toISOString(),
  };
}

/** The marketing name; where a virtual machine hides it, family and model. */
function cpuName(): string {
  const name = cpus()[0]?.model ?? "unknown";
  if (platform() !== "linux" || !/unknown/i.test(name)) return name;
  const info = readFileSync("/proc/cpuinfo", "utf8");
  const field = (key: string) => new RegExp(`^${key}\\s*: (.*)$`, "m").exec(info)?.[1] ?? "?";
  return `${field("vendor_id")} family ${field("cpu family")} model ${field("model")}`;
}

function commit(): string | undefined {
  const { exitCode, stdout } = Bun.spawnSync(["git", "rev-parse", "--short", "HEAD"], {
    cwd: import.meta.dir,
    stderr: "ignore",
  });
  return exitCode === 0 ? stdout.toString().trim() : undefined;
}
