/**
 * Builds the page and serves it with the headers that make it cross-origin isolated:
 *
 *     bun examples/browser/serve.ts [PORT]
 */
import { join, normalize } from "node:path";
import { buildExample } from "./build.ts";

const folder = join(import.meta.dirname, "dist");
await buildExample(folder);

/** https://developer.mozilla.org/docs/Web/API/Window/crossOriginIsolated */
const headers = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2] ?? 8000),
  async fetch(request) {
    const { pathname } = new URL(request.url);
    const file = Bun.file(join(folder, normalize(pathname === "/" ? "/index.html" : pathname)));
    if (!(await file.exists())) return new Response("not found", { status: 404, headers });
    return new Response(file, { headers });
  },
});
console.log(`serving on ${server.url}`);
