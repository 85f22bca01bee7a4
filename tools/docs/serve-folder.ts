import { existsSync, statSync } from "node:fs";
import { join, normalize } from "node:path";

/** Serves the files of a folder on the loopback interface. */
export function serveFolder(folder: string, port: number): ReturnType<typeof Bun.serve> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port,
    fetch(request) {
      // A URL's path has no dot segments left, but %2e%2e and %5c still hide some.
      let path: string;
      try {
        path = normalize(decodeURIComponent(new URL(request.url).pathname));
      } catch {
        return new Response("Not found", { status: 404 });
      }
      if (path.split(/[/\\]/).includes("..")) return new Response("Not found", { status: 404 });
      const found = [path, `${path}.html`, join(path, "index.html")]
        .map((name) => join(folder, name))
        .find((name) => existsSync(name) && statSync(name).isFile());
      if (found !== undefined) return new Response(Bun.file(found));
      return new Response(Bun.file(join(folder, "404.html")), { status: 404 });
    },
  });
}
