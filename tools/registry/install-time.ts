import { statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { startRegistry } from "./loopback-registry.ts";
import { newcomer } from "./newcomer.ts";

/** What it costs to get a package from a registry on loopback. */
export interface InstallTime {
  readonly with: string;
  readonly "download kB": number;
  readonly "on disk kB": number;
  /** With an empty cache, and with a cache that has it. */
  readonly "cold s": number;
  readonly "warm s": number;
}

const bytesUnder = (folder: string): number =>
  [...new Bun.Glob("**/*").scanSync({ cwd: folder, absolute: true, dot: true })].reduce(
    (sum, file) => sum + statSync(file).size,
    0,
  );

/** Publishes a tarball and installs it with each package manager that there is. */
export async function installTimes(name: string, tarball: string): Promise<InstallTime[]> {
  const registry = startRegistry();
  const node = Bun.which("node");
  const npm = Bun.which("npm");
  const bun = process.execPath;
  const managers: Record<string, { programs: Record<string, string>; add: string[] }> = {
    bun: { programs: { bun }, add: ["bun", "add", name] },
    ...(node === null || npm === null
      ? {}
      : { npm: { programs: { node, npm, npx: join(dirname(npm), "npx") }, add: ["npm", "install", name] } }),
  };
  try {
    const publisher = newcomer(registry.url, { bun });
    const folder = publisher.folder("publish");
    writeFileSync(join(folder, "package.json"), "{}");
    const { code, err } = await publisher.run(["bun", "publish", tarball], folder);
    if (code !== 0) throw new Error(`${name} cannot be published:\n${err}`);
    publisher.leave();
    const times: InstallTime[] = [];
    for (const [manager, { programs, add }] of Object.entries(managers)) {
      const person = newcomer(registry.url, programs);
      try {
        registry.takeSentBytes();
        const first = person.folder("first");
        const cold = await person.run(add, first);
        if (cold.code !== 0) throw new Error(`${add.join(" ")}:\n${cold.err}`);
        const download = registry.takeSentBytes();
        const warm = await person.run(add, person.folder("second"));
        times.push({
          with: manager,
          "download kB": Math.round(download / 1000),
          "on disk kB": Math.round(bytesUnder(join(first, "node_modules", name)) / 1000),
          "cold s": Number(cold.seconds.toFixed(2)),
          "warm s": Number(warm.seconds.toFixed(2)),
        });
      } finally {
        person.leave();
      }
    }
    return times;
  } finally {
    await registry.stop();
  }
}
