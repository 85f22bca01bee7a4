import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Sends what the program prints, or the error that ended it, back to the server. */
const PAGE = (imports: Readonly<Record<string, string>>) => `<!doctype html>
<meta charset="utf-8">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
const lines = [];
console.log = (...values) => lines.push(values.join(" "));
try {
  await import("/program.js");
} catch (error) {
  lines.push("failed: " + error);
}
await fetch("/printed", { method: "POST", body: lines.map((line) => line + "\\n").join("") });
</script>
`;

export interface PageProgram {
  readonly chromium: string;
  /** Served from the root: the folder into which packages were installed. */
  readonly folder: string;
  /** Import map: specifier to path. */
  readonly imports: Readonly<Record<string, string>>;
  /** A JavaScript module; may await at its top level. */
  readonly program: string;
  /** Sent with every file. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Runs a program in a page of its own, from native modules that nothing bundled; gives what it printed. */
export async function runInPage({
  chromium,
  folder,
  imports,
  program,
  headers,
}: PageProgram): Promise<string> {
  const printed = Promise.withResolvers<string>();
  const fixed: Record<string, [type: string, text: string]> = {
    "/": ["text/html", PAGE(imports)],
    "/program.js": ["text/javascript", program],
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === "/printed") {
        printed.resolve(await request.text());
        return new Response();
      }
      const page = fixed[pathname];
      if (page !== undefined)
        return new Response(page[1], { headers: { "content-type": page[0], ...headers } });
      const file = Bun.file(join(folder, normalize(pathname)));
      return (await file.exists()) ? new Response(file, { headers }) : new Response(null, { status: 404 });
    },
  });
  const profile = mkdtempSync(join(tmpdir(), "realizar-chromium-"));
  const browser = Bun.spawn([chromium, ...FLAGS, `--user-data-dir=${profile}`, server.url.href], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const messages = new Response(browser.stderr).text();
  try {
    const ended = browser.exited.then(async (code) => {
      throw new Error(`Chromium ended with ${code}: ${await messages}`);
    });
    return await Promise.race([printed.promise, ended]);
  } finally {
    browser.kill();
    await browser.exited;
    await server.stop(true);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
