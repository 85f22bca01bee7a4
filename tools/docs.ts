/**
 * Builds the documentation's site and serves it on the loopback interface:
 *
 *     bun tools/docs.ts [--build] [--port 8090]
 *
 * The generator is installed on first use. With --build it ends when the site is built.
 */
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { buildSite, installGenerator, missingGenerator, SITE } from "./docs/build-site.ts";
import { serveFolder } from "./docs/serve-folder.ts";

const { values } = parseArgs({
  options: { build: { type: "boolean", default: false }, port: { type: "string", default: "8090" } },
});
if (missingGenerator() !== undefined) {
  console.error("installing the generator in tools/docs ...");
  await installGenerator();
}
await buildSite();
console.log(`built ${relative(process.cwd(), SITE)}`);
if (!values.build) console.log(`${serveFolder(SITE, Number(values.port)).url} (Ctrl-C stops it)`);
