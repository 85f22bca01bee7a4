/**
 * Bundles the page: the script from src/main.tsx, the style, the icon, and the document that names them. Writes all of
 * it as texts into build/page.ts, so that a server, a single-file executable included, has it in memory.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Asset } from "./src/asset-routes.ts";

const here = import.meta.dirname;

const hashOf = (text: string): string =>
  new Bun.CryptoHasher("sha256").update(text).digest("hex").slice(0, 16);

const asset = (path: string, contentType: string, body: string): Asset => ({
  path,
  contentType,
  etag: `"${hashOf(body)}"`,
  body,
});

/** A file whose name changes with what it holds. */
const hashed = (name: string, extension: string, contentType: string, body: string): Asset =>
  asset(`/assets/${name}-${hashOf(body)}.${extension}`, contentType, body);

async function bundle(entry: string): Promise<string> {
  const { outputs, success, logs } = await Bun.build({
    entrypoints: [join(here, "src", entry)],
    target: "browser",
    format: "esm",
    minify: true,
    sourcemap: "none",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  const [output] = outputs;
  if (!success || output === undefined) throw new AggregateError(logs, `${entry} cannot be bundled`);
  return output.text();
}

/** Addresses are relative, so that the page also works below a path of a proxy. */
const documentOf = (script: Asset, style: Asset, icon: Asset): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>realizar</title>
<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="#141718" media="(prefers-color-scheme: dark)">
<link rel="icon" type="image/svg+xml" href=".${icon.path}">
<link rel="stylesheet" href=".${style.path}">
<script type="module" src=".${script.path}"></script>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript; the API does not.</noscript>
</body>
</html>
`;

/** The page's files. */
export async function buildPage(): Promise<Asset[]> {
  const script = hashed("page", "js", "text/javascript; charset=utf-8", await bundle("main.tsx"));
  const style = hashed("page", "css", "text/css; charset=utf-8", await bundle("styles.css"));
  const icon = hashed("icon", "svg", "image/svg+xml", readFileSync(join(here, "src/icon.svg"), "utf8"));
  const document = asset("/", "text/html; charset=utf-8", documentOf(script, style, icon));
  return [document, script, style, icon];
}

if (import.meta.main) {
  const assets = await buildPage();
  const out = join(here, "build");
  mkdirSync(out, { recursive: true });
  const head = `import type { Asset } from "../src/asset-routes.ts";\n\n/** The page's files. Made by build.ts. */\n`;
  writeFileSync(
    join(out, "page.ts"),
    `${head}export const assets: readonly Asset[] = ${JSON.stringify(assets, null, 2)};\n`,
  );
  for (const { path, body } of assets) console.log(`apps/page ${path} ${body.length} characters`);
}
