import type { SourceManifest } from "./workspaces.ts";

/** Where a source file of the package lies in the tarball: `./dist/index.js` of `./src/index.ts`. */
export type PlaceOf = (source: string, ending: ".js" | ".d.ts") => string;

const ENGINES = { node: ">=22" };

/** `process.getBuiltinModule` is there from Node 20.16 on. */
const PROGRAM_ENGINES = { node: ">=20.16" };

type Manifest = Record<string, unknown>;

const mapValues = <A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));

function head({
  name,
  version,
  description,
  keywords,
  license,
  engines = ENGINES,
}: SourceManifest): Manifest {
  return {
    name,
    version,
    description,
    ...(keywords === undefined ? {} : { keywords }),
    license,
    type: "module",
    engines,
    files: ["dist", "CHANGELOG.md"],
  };
}

/**
 * The package.json of a library: built files in place of sources, versions in place of `workspace:*`.
 * @param workers built files that are run for their effects
 * @param versionOf version of a workspace by name
 */
export function libraryManifest(
  source: SourceManifest,
  place: PlaceOf,
  workers: readonly string[],
  versionOf: (name: string) => string,
): Manifest {
  const dependencies = Object.entries(source.dependencies ?? {}).map(([name, range]) => [
    name,
    range.startsWith("workspace:") ? versionOf(name) : range,
  ]);
  return {
    ...head(source),
    sideEffects: workers.length === 0 ? false : workers,
    exports: {
      ...mapValues(source.exports, (file) => ({ types: place(file, ".d.ts"), default: place(file, ".js") })),
      "./package.json": "./package.json",
    },
    ...(dependencies.length === 0 ? {} : { dependencies: Object.fromEntries(dependencies) }),
  };
}

/**
 * The package.json of a program that has its dependencies inside.
 * @param commands command to built file
 */
export function programManifest(
  source: SourceManifest,
  commands: Readonly<Record<string, string>>,
): Manifest {
  return {
    ...head(source),
    engines: PROGRAM_ENGINES,
    bin: commands,
    exports: { "./package.json": "./package.json" },
  };
}
