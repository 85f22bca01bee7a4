import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createServer, workerOpener } from "@realizar/server";
import { VERSION } from "../../apps/cli/src/version.ts";
import { menuOf, writePages } from "./pages.ts";
import { type OpenApi, restPage } from "./rest-page.ts";

const ROOT = join(import.meta.dirname, "../..");
const HERE = import.meta.dirname;
export const SITE = join(HERE, "build/site");

/** Why the site cannot be built here, or nothing. */
export const missingGenerator = (): string | undefined =>
  existsSync(join(HERE, "node_modules/vitepress"))
    ? undefined
    : "the generator is not installed: bun install --cwd tools/docs";

async function run(what: string, ...words: string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: HERE,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${what} failed:\n${out}${err}`);
}

/** Installs the generator from its lockfile, beside this file and outside the workspaces. */
export const installGenerator = (): Promise<void> => run("install", "install", "--frozen-lockfile");

async function openApiDocument(): Promise<OpenApi> {
  const server = createServer({
    models: [],
    opener: workerOpener({ model: {} }),
    version: VERSION,
  });
  const answer = await server.app.request("/openapi.json");
  await server.close();
  return (await answer.json()) as OpenApi;
}

/**
 * Builds the site: written pages, every export from docstrings, every endpoint from the server's schemas.
 * @throws Error with the generator's words, as for a link that leads nowhere
 */
export async function buildSite({ api = true }: { readonly api?: boolean } = {}): Promise<void> {
  const pages = join(HERE, "build/pages");
  rmSync(join(HERE, "build"), { recursive: true, force: true });
  mkdirSync(pages, { recursive: true });
  if (api) await run("typedoc", "node_modules/typedoc/bin/typedoc");
  else await Bun.write(join(pages, "api/index.md"), "# Every export\n");
  writePages(ROOT, pages);
  await Bun.write(join(pages, "reference/rest-schemas.md"), restPage(await openApiDocument()));
  const modules = readdirSync(join(pages, "api"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && name !== "index.md")
    .map((name) => name.replace(/\.md$/, ""))
    .sort();
  writeFileSync(join(HERE, "build/menu.json"), JSON.stringify(menuOf(ROOT, modules)));
  await run("vitepress", "node_modules/vitepress/bin/vitepress.js", "build");
}
