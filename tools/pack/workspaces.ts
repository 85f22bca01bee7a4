import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The fields of a workspace's package.json that packing reads. */
export interface SourceManifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly private?: boolean;
  readonly keywords?: readonly string[];
  /** Subpath to source file: `{ ".": "./src/index.ts" }`. */
  readonly exports: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  readonly folder: string;
  readonly manifest: SourceManifest;
}

export const ROOT = join(import.meta.dirname, "../..");

/** Every workspace of the repository, by name. */
export function readWorkspaces(root = ROOT): Map<string, Workspace> {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    workspaces: string[];
  };
  const found = workspaces.flatMap((pattern) => [
    ...new Bun.Glob(`${pattern}/package.json`).scanSync({ cwd: root, absolute: true }),
  ]);
  return new Map(
    found.sort().map((file) => {
      const manifest = JSON.parse(readFileSync(file, "utf8")) as SourceManifest;
      return [manifest.name, { folder: dirname(file), manifest }];
    }),
  );
}

/** The named workspaces, by package name or by folder name; without names, all that are not private. */
export function chooseWorkspaces(
  all: ReadonlyMap<string, Workspace>,
  names: readonly string[] = [],
): Workspace[] {
  if (names.length === 0) return [...all.values()].filter(({ manifest }) => manifest.private !== true);
  return names.map((name) => {
    const found = all.get(name) ?? [...all.values()].find(({ folder }) => basename(folder) === name);
    if (found === undefined)
      throw new Error(`no workspace is called "${name}"; there are ${[...all.keys()].join(", ")}`);
    return found;
  });
}
