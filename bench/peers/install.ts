import { existsSync } from "node:fs";
import { join } from "node:path";

/** Installs the peers beside this file where they are not yet: by the lockfile, outside the workspaces. */
export function installPeers(): void {
  if (existsSync(join(import.meta.dir, "node_modules", "node-llama-cpp"))) return;
  console.error("installing the engines to compare with ...");
  const { exitCode } = Bun.spawnSync([process.execPath, "install", "--frozen-lockfile"], {
    cwd: import.meta.dir,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error("bun install failed in bench/peers");
}
