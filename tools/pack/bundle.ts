import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { toBuiltWorkers } from "./emit.ts";
import { loaderOf, moduleGraph, packageOf } from "./module-graph.ts";
import type { Workspace } from "./workspaces.ts";

/**
 * Builds programs with all of their dependencies and workers inside, for Node and Bun.
 * The outputs lie flat in `dist`: `main.js` of `src/main.ts`, and a worker's file beside the code that starts it.
 * @returns the built files of the programs and, after these, of their workers
 */
export async function bundlePrograms(
  mains: readonly string[],
  workspaces: ReadonlyMap<string, Workspace>,
  dist: string,
): Promise<string[]> {
  const sourceOf = (specifier: string): string | undefined => {
    const name = packageOf(specifier);
    const workspace = workspaces.get(name);
    const file = workspace?.manifest.exports[specifier.replace(name, ".")];
    return workspace === undefined || file === undefined ? undefined : join(workspace.folder, file);
  };
  const modules = moduleGraph(mains, sourceOf);
  const starters = new Set(modules.filter(({ workers }) => workers.length > 0).map(({ file }) => file));
  const entrypoints = [...mains, ...new Set(modules.flatMap(({ workers }) => workers))];
  await Bun.build({
    entrypoints,
    outdir: dist,
    target: "node",
    format: "esm",
    splitting: true,
    minify: { whitespace: true, syntax: true, identifiers: false },
    naming: { entry: "[name].js", chunk: "[name]-[hash].js" },
    plugins: [
      {
        name: "worker files",
        setup(build) {
          build.onLoad({ filter: /\.tsx?$/ }, ({ path }) => {
            const text = readFileSync(path, "utf8").replace(/^#!.*/, "#!/usr/bin/env node");
            return { contents: starters.has(path) ? toBuiltWorkers(text) : text, loader: loaderOf(path) };
          });
        },
      },
    ],
  });
  return entrypoints.map((file) => join(dist, basename(file).replace(/\.tsx?$/, ".js")));
}
