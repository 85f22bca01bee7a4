import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../pack/workspaces.ts";

/** A program that tests run, or why there is none. */
export type Found = { readonly path: string } | { readonly missing: string };

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end, with nothing on its standard input. */
export async function run(
  command: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const child = Bun.spawn([...command], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, out, err };
}

/** The release of Node that packages are tried on where the system's own is older than 22. */
const NODE = "22.23.3";

/** Node 22 or later: the system's, or else npm's package of its binary. */
export async function findNode(): Promise<Found> {
  const system = Bun.which("node");
  if (system !== null) {
    const { out } = await run([system, "--version"], ROOT);
    if (Number(/^v(\d+)/.exec(out)?.[1]) >= 22) return { path: system };
  }
  const name = `node-${process.platform}-${process.arch}`;
  return fromNpm({ [name]: NODE }, `${name}/bin/node`);
}

/** The script that starts verdaccio, the registry that most people run themselves. Its newer versions need Node 22. */
export function findVerdaccio(): Promise<Found> {
  // It asks for node-fetch by a tag, which registries that mirror versions need not have.
  return fromNpm({ verdaccio: "6.5.0" }, "verdaccio/bin/verdaccio", { "node-fetch": "2.7.0" });
}

type Versions = Readonly<Record<string, string>>;

/** A file of a package that is kept under node_modules/.cache, installed on first use. */
async function fromNpm(dependencies: Versions, file: string, overrides: Versions = {}): Promise<Found> {
  const spec = Object.entries(dependencies)
    .map(([name, version]) => `${name}@${version}`)
    .join(" ");
  const cache = join(ROOT, "node_modules/.cache/npm", spec);
  const path = join(cache, "node_modules", file);
  if (await Bun.file(path).exists()) return { path };
  if (Bun.which("npm") === null) return { missing: "npm is not installed" };
  mkdirSync(cache, { recursive: true });
  await Bun.write(join(cache, "package.json"), JSON.stringify({ private: true, dependencies, overrides }));
  const { code } = await run(
    ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0"],
    cache,
  );
  return code === 0 ? { path } : { missing: `npm could not install ${spec}` };
}

export function findChromium(): Found {
  const path = ["chromium", "chromium-browser", "google-chrome"].map((name) => Bun.which(name)).find(Boolean);
  return path ? { path } : { missing: "Chromium is not installed" };
}
