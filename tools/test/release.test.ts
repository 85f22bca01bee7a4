import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../pack/workspaces.ts";
import { run } from "./environment.ts";

/** What a release reads and writes: the project without its sources and what is installed. */
const isCopied = (path: string) =>
  !/\/(node_modules|src|test|build|dist|\.git)$/.test(path) &&
  (!/\.[a-z]+$/.test(path) || /\.(json|lock|md|changeset)$|\/tools\/release/.test(path));

describe("bun run release", () => {
  const folder = mkdtempSync(join(tmpdir(), "realizar-release-"));
  const manifests = () =>
    [...new Bun.Glob("{apps,packages}/*/package.json").scanSync(folder), "kernels/package.json"].map(
      (path) => JSON.parse(readFileSync(join(folder, path), "utf8")) as { name: string; version: string },
    );
  const bun = (...words: string[]) => run([process.execPath, ...words], folder);

  beforeAll(async () => {
    cpSync(ROOT, folder, { recursive: true, filter: isCopied });
    for (const name of readdirSync(join(folder, ".changeset")))
      if (name.endsWith(".md")) rmSync(join(folder, ".changeset", name));
    expect(await bun("install", "--silent")).toMatchObject({ code: 0 });
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  test("without a changeset refuses, and changes nothing", async () => {
    const before = manifests();
    const { code, err } = await bun("run", "release");
    expect(code).toBe(1);
    expect(err).toContain("there is no changeset");
    expect(manifests()).toEqual(before);
  });

  test("raises every version alike, dates the changelog and uses up the changeset", async () => {
    const [{ version = "" } = {}] = manifests();
    const [major, minor] = version.split(".").map(Number);
    const raised = `${major}.${minor! + 1}.0`;
    const changeset = join(folder, ".changeset", "one.md");
    writeFileSync(changeset, '---\n"realizar": minor\n---\n\nSomething new.\n');
    const { code, out } = await bun("run", "release");
    expect(code).toBe(0);
    expect(out).toContain(`${raised} is prepared`);
    expect(manifests().map(({ name, version }) => `${name} ${version}`)).toEqual(
      manifests().map(({ name }) => `${name} ${raised}`),
    );
    expect(readFileSync(join(folder, "CHANGELOG.md"), "utf8")).toMatch(
      new RegExp(`## \\[Unreleased\\]\\n\\n## \\[${raised}\\] - \\d{4}-\\d\\d-\\d\\d\\n`),
    );
    expect(existsSync(changeset)).toBe(false);
  }, 60_000);
});
