import { join } from "node:path";
import { write } from "./emit.ts";
import { ROOT, type Workspace } from "./workspaces.ts";

/** Has TypeScript write the declarations of all entries, and of what they import, under `out` at their paths from the root. */
export async function compileDeclarations(
  entries: readonly string[],
  workspaces: Iterable<Workspace>,
  out: string,
): Promise<void> {
  // Without this, what is found through node_modules counts as a library, for which nothing is written.
  const paths = [...workspaces].flatMap(({ folder, manifest }) =>
    Object.entries(manifest.exports).map(([subpath, file]) => [
      join(manifest.name, subpath),
      [join(folder, file)],
    ]),
  );
  const project = join(out, "tsconfig.json");
  write(
    project,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        paths: Object.fromEntries(paths),
        rootDir: ROOT,
        outDir: out,
        typeRoots: [join(ROOT, "node_modules/@types")],
        jsx: "react-jsx",
        jsxImportSource: "hono/jsx",
      },
      files: entries,
    }),
  );
  const tsc = Bun.spawn([join(ROOT, "node_modules/.bin/tsc"), "-p", project], {
    cwd: ROOT,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, text] = await Promise.all([tsc.exited, new Response(tsc.stdout).text()]);
  if (code !== 0) throw new Error(`the packages do not compile:\n${text}`);
}
