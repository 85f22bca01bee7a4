import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { loaderOf, type SourceModule, WORKER_URL } from "./module-graph.ts";

/** Relative imports of TypeScript files, in built code and in declarations. */
const RELATIVE = /(\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}\/[^"]+)\.tsx?"/g;

const toBuiltImports = (text: string): string => text.replace(RELATIVE, '$1"$2.js"');

export const toBuiltWorkers = (text: string): string =>
  text.replace(WORKER_URL, 'new URL("$1.js", import.meta.url)');

export function write(file: string, text: string | Uint8Array): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/**
 * Writes each module as a JavaScript module of its own: types and comments dropped, nothing joined, so that a bundler
 * leaves out every module that is not asked for.
 */
export function emitModules(modules: readonly SourceModule[], base: string, dist: string): void {
  for (const { file, text } of modules) {
    const loader = loaderOf(file);
    const code = new Bun.Transpiler({ loader, target: "browser" }).transformSync(text, loader);
    write(join(dist, relative(base, file).replace(/\.tsx?$/, ".js")), toBuiltWorkers(toBuiltImports(code)));
  }
}

/**
 * Writes the declarations reachable from the entries' own.
 * @param declarations folder of tsc's output for `base`
 * @param entries paths without ending, relative to `base`
 */
export function emitDeclarations(declarations: string, entries: readonly string[], dist: string): void {
  const pending = [...entries];
  const done = new Set<string>();
  for (let path = pending.shift(); path !== undefined; path = pending.shift()) {
    if (done.has(path)) continue;
    done.add(path);
    const text = readFileSync(join(declarations, `${path}.d.ts`), "utf8");
    for (const [, , imported] of text.matchAll(RELATIVE)) pending.push(join(dirname(path), imported!));
    write(join(dist, `${path}.d.ts`), toBuiltImports(text));
  }
}
