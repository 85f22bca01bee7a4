/**
 * Prepares a release from the changesets: raises every package's version, gives what is unreleased in CHANGELOG.md that
 * version, and brings the lockfile up to date. It commits and publishes nothing.
 *
 *     bun tools/release.ts
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { releaseChangelog } from "./release/changelog.ts";

const root = join(import.meta.dirname, "..");
const changelog = join(root, "CHANGELOG.md");

async function bun(...words: string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, ...words], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const status = await child.exited;
  if (status !== 0) process.exit(status);
}

if (!readdirSync(join(root, ".changeset")).some((name) => name.endsWith(".md"))) {
  console.error("release: there is no changeset, so nothing to release; bun run changeset writes one");
  process.exit(1);
}
const day = new Date().toISOString().slice(0, 10);
// Refuses before anything is changed.
releaseChangelog(readFileSync(changelog, "utf8"), "0.0.0", day);
await bun("run", "changeset", "version");
const { version } = JSON.parse(readFileSync(join(root, "apps/cli/package.json"), "utf8")) as {
  version: string;
};
writeFileSync(changelog, releaseChangelog(readFileSync(changelog, "utf8"), version, day));
await bun("install", "--silent");
console.log(`
${version} is prepared. Look at git diff, then:

  npx -y bun@1.4.5 run verify
  git commit -am "${version}" && git tag v${version}
  bun run pack && for file in dist/*.tgz; do npm publish "$file" --access public; done
`);
