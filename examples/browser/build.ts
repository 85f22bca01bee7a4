import { copyFileSync } from "node:fs";
import { join } from "node:path";

/** Writes the page and all it needs into a folder that any static server can serve. */
export async function buildExample(out: string): Promise<void> {
  await Bun.build({
    entrypoints: ["page.ts", "worker.ts"].map((name) => join(import.meta.dirname, name)),
    outdir: out,
    target: "browser",
    splitting: true,
    minify: true,
  });
  copyFileSync(join(import.meta.dirname, "index.html"), join(out, "index.html"));
}

if (import.meta.main) await buildExample(join(import.meta.dirname, "dist"));
