import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../../..");

/** Imports point only to a smaller number. */
const LAYERS: Readonly<Record<string, number>> = {
  kernels: 0,
  "packages/cache": 0,
  "packages/chat": 0,
  "packages/demo-model": 0,
  "apps/page": 0,
  "packages/gguf": 0,
  "packages/hub": 0,
  "packages/safetensors": 0,
  "packages/sampling": 0,
  "packages/tensor": 0,
  "packages/tokenizers": 0,
  "packages/formats": 1,
  "packages/model": 2,
  "packages/backend-reference": 2,
  "packages/backend-wasm": 2,
  "packages/backend-webgpu": 2,
  "packages/engine": 3,
  "packages/llm": 4,
  "apps/server": 5,
  "apps/cli": 6,
};

/** May import anything; only tests import it. */
const TESTING = "packages/testing";

/** The lowest layer that names a concrete backend. */
const COMPOSITION = 4;

interface Workspace {
  readonly folder: string;
  readonly name: string;
  readonly dependencies: readonly string[];
  readonly devDependencies: readonly string[];
}

function workspaces(): Workspace[] {
  const folders = ["packages", "apps"].flatMap((parent) =>
    existsSync(join(ROOT, parent)) ? readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`) : [],
  );
  return ["kernels", ...folders]
    .filter((folder) => existsSync(join(ROOT, folder, "package.json")))
    .map((folder) => {
      const manifest = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
      return {
        folder,
        name: manifest.name,
        dependencies: Object.keys(manifest.dependencies ?? {}),
        devDependencies: Object.keys(manifest.devDependencies ?? {}),
      };
    });
}

/** TypeScript files under a folder, but for scripts that make fixtures. */
function sources(folder: string): string[] {
  if (!existsSync(join(ROOT, folder))) return [];
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file) && !/node_modules|fixtures/.test(file))
    .map((file) => join(folder, file));
}

/** What a file imports, exports from, or loads later. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g)].map(([, specifier]) => specifier!);
}

const all = workspaces();
const folderOf = new Map(all.map(({ name, folder }) => [name, folder]));

/** The folder of the workspace that a specifier names; undefined for others' packages. */
function target(specifier: string): string | undefined {
  const [scope, name] = specifier.split("/");
  return folderOf.get(scope!.startsWith("@") ? `${scope}/${name}` : scope!);
}

/** Why a workspace may not depend on another; "" where it may. */
function objection(from: string, to: string): string {
  if (from === to || from === TESTING) return "";
  if (to === TESTING) return "only tests import it";
  if (LAYERS[to]! >= LAYERS[from]!) return `layer ${LAYERS[to]} is not below layer ${LAYERS[from]}`;
  if (to.includes("/backend-") && LAYERS[from]! < COMPOSITION)
    return "only the composition root names backends";
  return "";
}

test("every workspace has a layer", () => {
  for (const { folder } of all)
    expect([folder, folder in LAYERS || folder === TESTING]).toEqual([folder, true]);
});

for (const { folder, dependencies, devDependencies } of all) {
  describe(folder, () => {
    test("depends on lower layers only", () => {
      const objections = dependencies
        .map((name) => ({ name, folder: target(name) }))
        .filter((dependency) => dependency.folder !== undefined)
        .map((dependency) => ({ name: dependency.name, why: objection(folder, dependency.folder!) }))
        .filter(({ why }) => why !== "");
      expect(objections).toEqual([]);
    });

    test("imports what it declares, and never a file of another package", () => {
      const wrong: string[] = [];
      for (const [part, declared] of [
        ["src", dependencies],
        ["test", [...dependencies, ...devDependencies]],
      ] as const) {
        for (const file of sources(`${folder}/${part}`)) {
          for (const specifier of importsOf(file)) {
            const to = specifier.startsWith(".") ? relativeTarget(file, specifier) : target(specifier);
            if (to === undefined || to === folder) continue;
            const name = specifier
              .split("/")
              .slice(0, specifier.startsWith("@") ? 2 : 1)
              .join("/");
            if (specifier.startsWith(".") || !declared.includes(name)) wrong.push(`${file}: ${specifier}`);
          }
        }
      }
      expect(wrong).toEqual([]);
    });
  });
}

/** The workspace that a relative import leads to. */
function relativeTarget(file: string, specifier: string): string | undefined {
  const path = join(file, "..", specifier);
  return all.find(({ folder }) => path.startsWith(`${folder}/`))?.folder;
}
