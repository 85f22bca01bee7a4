import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A TypeDoc plugin: calls each module what its package is called, instead of `packages/gguf/src`. */
export function load(app) {
  app.converter.on("resolveBegin", ({ project }) => {
    for (const module of project.children ?? []) {
      const manifest = join(ROOT, dirname(module.name), "package.json");
      module.name = JSON.parse(readFileSync(manifest, "utf8")).name;
    }
  });
}
