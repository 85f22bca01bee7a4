/**
 * Builds realizar as one file that runs by itself: the runtime, the program, its kernels, its page and the demo model.
 *
 *     bun tools/executable.ts [--out FILE] [--target bun-linux-arm64]
 *
 * Targets are those of `bun build --compile`; this machine's by default.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundlePrograms } from "./pack/bundle.ts";
import { ROOT, readWorkspaces } from "./pack/workspaces.ts";

export async function buildExecutable(outfile: string, target?: string): Promise<void> {
  const dist = mkdtempSync(join(tmpdir(), "realizar-executable-"));
  try {
    const files = await bundlePrograms([join(ROOT, "apps/cli/src/main.ts")], readWorkspaces(), dist);
    // The command line, as the target may be of another system.
    const command = ["build", "--compile", ...(target === undefined ? [] : ["--target", target])];
    const child = Bun.spawn([process.execPath, ...command, "--outfile", outfile, ...files], {
      cwd: dist,
      stdout: "ignore",
      stderr: "pipe",
    });
    const [code, err] = await Promise.all([child.exited, new Response(child.stderr).text()]);
    if (code !== 0) throw new Error(`the executable cannot be built:\n${err}`);
  } finally {
    rmSync(dist, { recursive: true });
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { out: { type: "string", default: join(ROOT, "dist/realizar") }, target: { type: "string" } },
  });
  await buildExecutable(resolve(values.out), values.target);
  console.log(`${values.out} ${statSync(values.out).size} bytes`);
}
