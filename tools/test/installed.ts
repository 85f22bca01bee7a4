import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../pack/pack.ts";
import { run } from "./environment.ts";

const PREFIX = "realizar-packed-";

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A folder of this process. Those of processes that have ended are removed: a test runner tells nobody of its end. */
function workFolder(): string {
  for (const name of readdirSync(tmpdir()))
    if (name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length))))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  const folder = join(tmpdir(), `${PREFIX}${process.pid}`);
  mkdirSync(folder);
  return folder;
}

const work = workFolder();

/** All packages that can be published, packed once for all tests. */
export const packages = new Map(
  (await pack({ out: join(work, "packed") })).map((packed) => [packed.name, packed]),
);

export function packageNamed(name: string) {
  const found = packages.get(name);
  if (found === undefined) throw new Error(`${name} was not packed`);
  return found;
}

export interface PublishedManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly sideEffects?: boolean | readonly string[];
  readonly bin?: Readonly<Record<string, string>>;
  readonly scripts?: unknown;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export const manifestOf = (folder: string): PublishedManifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** Packages that import nothing but each other: they install without a registry. */
export const selfContained = [...packages.values()].filter(
  ({ name, folder }) =>
    name.startsWith("@realizar/") && reach(folder).every((dependency) => packages.has(dependency)),
);

function reach(folder: string): string[] {
  const direct = Object.keys(manifestOf(folder).dependencies ?? {});
  return direct.flatMap((name) => {
    const found = packages.get(name);
    return [name, ...(found === undefined ? [] : reach(found.folder))];
  });
}

/** An empty project outside the repository into which npm installed the tarballs, from nowhere else. */
export async function installed(label: string, names: readonly string[]): Promise<string> {
  const folder = join(work, label);
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "a-project", private: true, type: "module" }),
  );
  const tarballs = names.map((name) => packageNamed(name).tarball);
  const { code, err } = await run(
    ["npm", "install", "--offline", "--no-audit", "--no-fund", ...tarballs],
    folder,
  );
  if (code !== 0) throw new Error(`npm install failed:\n${err}`);
  return folder;
}

/** The import map of a page that is served from an installed project. */
export function importMap(folder: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.map((name) => {
      const main = manifestOf(join(folder, "node_modules", name)).exports["."];
      if (typeof main !== "object") throw new Error(`${name} has no main module`);
      return [name, `/node_modules/${name}/${main.default.slice(2)}`];
    }),
  );
}

/** The first program of a package's README, and what the README says that it prints. */
export function readmeProgram(name: string): { readonly program: string; readonly prints: string } {
  const readme = readFileSync(join(packageNamed(name).folder, "README.md"), "utf8");
  const found = /```ts\n(.*?)```\n\n```text\n(.*?)```/s.exec(readme);
  if (found === null) throw new Error(`the README of ${name} has no program with its output`);
  return { program: found[1]!, prints: found[2]! };
}

export const toJavaScript = (program: string): string =>
  new Bun.Transpiler({ loader: "ts", target: "browser" }).transformSync(program);
