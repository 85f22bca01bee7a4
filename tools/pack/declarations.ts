import { join } from "node:path";
import { write } from "./emit.ts";
import { ROOT } from "./workspaces.ts";

/** Has TypeScript write the declarations of all entries, and of what they import, under `out` at their paths from the root. */
export async function compileDeclarations(entries: readonly string[], out: string): Promise<void> {
  const project = join(out, "tsconfig.json");
  write(
    project,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.base.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
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
