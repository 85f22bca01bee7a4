import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface SourceModule {
  readonly file: string;
  readonly text: string;
  /** Files of the same package that it imports; JSON and the like among them. */
  readonly imports: readonly string[];
  /** Files that it starts as workers: `new URL("./x.ts", import.meta.url)`. */
  readonly workers: readonly string[];
  /** Everything else that it imports: `node:fs`, `@realizar/gguf`, `zod/v4`. */
  readonly bare: readonly string[];
}

/** A worker's file beside the module that starts it. Groups: the path without its ending. */
export const WORKER_URL = /new URL\(\s*"(\.{1,2}\/[^"]+)\.tsx?",\s*import\.meta\.url,?\s*\)/g;

export const loaderOf = (file: string): "ts" | "tsx" => (file.endsWith(".tsx") ? "tsx" : "ts");

function readModule(file: string): SourceModule {
  const text = readFileSync(file, "utf8").replace(/^#!.*/, "");
  const paths = new Bun.Transpiler({ loader: loaderOf(file) }).scanImports(text).map(({ path }) => path);
  const here = dirname(file);
  return {
    file,
    text,
    imports: paths.filter((path) => path.startsWith(".")).map((path) => join(here, path)),
    workers: [...text.matchAll(WORKER_URL)].map(([, path]) => join(here, `${path}.ts`)),
    bare: paths.filter((path) => !path.startsWith(".")),
  };
}

/**
 * The TypeScript modules reachable from `entries`, each once, in the order found.
 * @param follow the file that a bare import stands for, where the graph goes on into it
 */
export function moduleGraph(
  entries: readonly string[],
  follow: (specifier: string) => string | undefined = () => undefined,
): SourceModule[] {
  const modules = new Map<string, SourceModule>();
  const pending = [...entries];
  for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
    if (modules.has(file)) continue;
    if (!/\.tsx?$/.test(file)) continue;
    const module = readModule(file);
    modules.set(file, module);
    const further = module.bare.map(follow).filter((path) => path !== undefined);
    pending.push(...module.imports, ...module.workers, ...further);
  }
  return [...modules.values()];
}

/** The package of a bare specifier: `@realizar/gguf` of `@realizar/gguf/x`. */
export function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
