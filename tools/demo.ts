/**
 * The main job from a fresh checkout: installs, builds, and serves the demo model until Ctrl-C.
 *
 *     bun tools/demo.ts [option of serve...]
 *
 * Nothing outside Bun and node:* is imported, as nothing is installed when this starts.
 */
import { statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const changed = (path: string) => statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Runs Bun itself; ends this program where that fails. */
async function bun(...words: string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const status = await child.exited;
  if (status !== 0) process.exit(status);
}

if (changed("node_modules") < changed("bun.lock")) {
  console.error("installing");
  await bun("install", "--silent");
}
if (changed("kernels/build/binaries.ts") === 0) console.error("building: this takes a few seconds, once");
await bun("run", "--silent", "build");
process.argv = [process.execPath, "realizar", "serve", "--demo", ...process.argv.slice(2)];
await import(join(root, "apps/cli/src/main.ts"));
