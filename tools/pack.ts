/**
 * Builds workspaces into tarballs that can be published:
 *
 *     bun tools/pack.ts [--out DIR] [package...]
 *
 * Without names it packs every workspace that is not private.
 */
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { pack } from "./pack/pack.ts";
import { ROOT } from "./pack/workspaces.ts";

const { values, positionals } = parseArgs({
  options: { out: { type: "string", default: join(ROOT, "dist") } },
  allowPositionals: true,
});
for (const { name, tarball, missing } of await pack({ out: values.out, names: positionals })) {
  console.log(`${relative(process.cwd(), tarball)} ${Bun.file(tarball).size} bytes`);
  for (const document of missing) console.error(`${name} has no ${document}`);
}
