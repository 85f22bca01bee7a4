import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { bundlePrograms } from "./bundle.ts";
import { compileDeclarations } from "./declarations.ts";
import { emitDeclarations, emitModules, write } from "./emit.ts";
import { libraryManifest, type PlaceOf, programManifest } from "./manifest.ts";
import { moduleGraph, packageOf, type SourceModule } from "./module-graph.ts";
import { chooseWorkspaces, ROOT, readWorkspaces, type Workspace } from "./workspaces.ts";

export interface Packed {
  readonly name: string;
  readonly version: string;
  /** The files of the tarball, unpacked. */
  readonly folder: string;
  readonly tarball: string;
  /** Documents that it should hold and that are not there. */
  readonly missing: readonly string[];
}

export interface PackOptions {
  /** Folder for the tarballs, and for a folder a package with their contents. */
  readonly out: string;
  /** Package or folder names; all that are not private unless given. */
  readonly names?: readonly string[];
}

/** Packages that ship as one program with everything inside, and the commands they install. */
const PROGRAMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  realizar: { realizar: "./src/main.ts" },
};

/** Files of every tarball: the package's own, or else the repository's. */
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];
const DOCUMENT_FOLDERS = [ROOT, import.meta.dirname];

/** The longest folder that holds all files. */
export function commonFolder(files: readonly string[]): string {
  const [first = [], ...others] = files.map((file) => dirname(file).split(sep));
  const length = first.findIndex((part, i) => others.some((other) => other[i] !== part));
  return first.slice(0, length === -1 ? first.length : length).join(sep);
}

/** @throws Error where a module imports a package that its package.json does not name, or a file that is no module */
function checkImports({ manifest }: Workspace, modules: readonly SourceModule[]): void {
  for (const { file, imports, bare } of modules) {
    for (const path of imports)
      if (!/\.tsx?$/.test(path))
        throw new Error(`${file} imports ${path}: libraries hold TypeScript modules only`);
    for (const specifier of bare)
      if (!specifier.startsWith("node:") && manifest.dependencies?.[packageOf(specifier)] === undefined)
        throw new Error(`${file} imports "${specifier}", which is no dependency of ${manifest.name}`);
  }
}

/** Copies the documents that there are, and names those that are missing. */
function copyDocuments({ folder }: Workspace, target: string): string[] {
  return DOCUMENTS.filter((document) => {
    const folders = document === "README.md" ? [folder] : [folder, ...DOCUMENT_FOLDERS];
    const found = folders.map((place) => join(place, document)).find(existsSync);
    if (found !== undefined) copyFileSync(found, join(target, document));
    return found === undefined && document !== "CHANGELOG.md";
  });
}

async function makeTarball(
  folder: string,
  out: string,
  { name, version }: Workspace["manifest"],
): Promise<string> {
  const tarball = join(out, `${name.replace("@", "").replace("/", "-")}-${version}.tgz`);
  const child = Bun.spawn([process.execPath, "pm", "pack", "--quiet", "--filename", tarball], {
    cwd: folder,
    stdout: "ignore",
    stderr: "pipe",
  });
  const [code, text] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code !== 0) throw new Error(`bun pm pack of ${name} failed:\n${text}`);
  return tarball;
}

const entriesOf = ({ folder, manifest }: Workspace): string[] =>
  Object.values(manifest.exports).map((file) => join(folder, file));

/** Writes a library's modules and declarations, and gives its package.json. */
function emitLibrary(
  workspace: Workspace,
  dist: string,
  declarations: string,
  versionOf: (name: string) => string,
): Record<string, unknown> {
  const entries = entriesOf(workspace);
  const modules = moduleGraph(entries);
  checkImports(workspace, modules);
  const base = commonFolder(modules.map(({ file }) => file));
  const stemOf = (file: string) => relative(base, file).replace(/\.tsx?$/, "");
  emitModules(modules, base, dist);
  emitDeclarations(join(declarations, relative(ROOT, base)), entries.map(stemOf), dist);
  const place: PlaceOf = (source, ending) => `./dist/${stemOf(join(workspace.folder, source))}${ending}`;
  const workers = modules.flatMap((module) => module.workers).map((file) => `./dist/${stemOf(file)}.js`);
  return libraryManifest(workspace.manifest, place, workers, versionOf);
}

/** Builds the chosen workspaces and packs each into a tarball that can be published. */
export async function pack({ out: outPath, names }: PackOptions): Promise<Packed[]> {
  const out = resolve(outPath);
  const workspaces = readWorkspaces();
  const chosen = chooseWorkspaces(workspaces, names);
  const versionOf = (name: string): string => {
    const found = workspaces.get(name);
    if (found === undefined) throw new Error(`"${name}" is no workspace`);
    return found.manifest.version;
  };

  const declarations = join(out, "declarations");
  await compileDeclarations(
    chosen.filter(({ manifest }) => !(manifest.name in PROGRAMS)).flatMap(entriesOf),
    workspaces.values(),
    declarations,
  );

  const packed: Packed[] = [];
  for (const workspace of chosen) {
    const { manifest } = workspace;
    const folder = join(out, manifest.name.replace("@", "").replace("/", "-"));
    const dist = join(folder, "dist");
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(dist, { recursive: true });

    const commands = PROGRAMS[manifest.name];
    let published: Record<string, unknown>;
    if (commands === undefined) {
      published = emitLibrary(workspace, dist, declarations, versionOf);
    } else {
      const mains = Object.values(commands).map((file) => join(workspace.folder, file));
      await bundlePrograms(mains, workspaces, dist);
      const built = Object.entries(commands).map(([command, file]) => [
        command,
        `dist/${basename(file).replace(/\.tsx?$/, ".js")}`,
      ]);
      published = programManifest(manifest, Object.fromEntries(built));
    }
    write(join(folder, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
    const missing = copyDocuments(workspace, folder);
    const tarball = await makeTarball(folder, out, manifest);
    packed.push({ name: manifest.name, version: manifest.version, folder, tarball, missing });
  }
  rmSync(declarations, { recursive: true });
  return packed;
}
