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

/** Node 22 or later: the system's, or else npm's package of its binary, kept under node_modules/.cache. */
export async function findNode(): Promise<Found> {
  const system = Bun.which("node");
  if (system !== null) {
    const { out } = await run([system, "--version"], ROOT);
    if (Number(/^v(\d+)/.exec(out)?.[1]) >= 22) return { path: system };
  }
  const cache = join(ROOT, "node_modules/.cache/node", NODE);
  const name = `node-${process.platform}-${process.arch}`;
  const path = join(cache, "node_modules", name, "bin/node");
  if (await Bun.file(path).exists()) return { path };
  if (Bun.which("npm") === null) return { missing: "npm is not installed" };
  mkdirSync(cache, { recursive: true });
  const install = [
    "npm",
    "install",
    "--prefix",
    cache,
    "--ignore-scripts",
    "--no-audit",
    "--fetch-retries=0",
  ];
  const { code } = await run([...install, `${name}@${NODE}`], cache);
  return code === 0 ? { path } : { missing: `npm could not install ${name}@${NODE}` };
}

export function findChromium(): Found {
  const path = ["chromium", "chromium-browser", "google-chrome"].map((name) => Bun.which(name)).find(Boolean);
  return path ? { path } : { missing: "Chromium is not installed" };
}
