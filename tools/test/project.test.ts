import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, readWorkspaces } from "../pack/workspaces.ts";
import { changelogFaults, releaseChangelog } from "../release/changelog.ts";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("every package is MIT licensed, described, has a README, and has the others' version", () => {
  const packages = [...readWorkspaces().values()].map(({ folder, manifest }) => ({ folder, ...manifest }));
  expect(packages.length).toBeGreaterThan(10);
  expect(packages.filter(({ license }) => license !== "MIT").map(({ name }) => name)).toEqual([]);
  expect(packages.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
  expect(
    packages.filter(({ folder }) => !existsSync(join(folder, "README.md"))).map(({ name }) => name),
  ).toEqual([]);
  expect([...new Set(packages.map(({ version }) => version))].length).toBe(1);
  expect(read("LICENSE")).toStartWith("MIT License");
});

test("changesets keep all packages at one version", () => {
  const { fixed } = JSON.parse(read(".changeset/config.json")) as { fixed: string[][] };
  const patterns = fixed.flat().map((pattern) => new Bun.Glob(pattern));
  const outside = [...readWorkspaces().keys()].filter((name) => !patterns.some((glob) => glob.match(name)));
  expect(outside).toEqual([]);
});

test("the workflow runs the README's two commands", () => {
  const commands = [...read("README.md").matchAll(/^npx -y bun@[\d.]+ run (demo|verify)\b/gm)].map(
    ([command]) => command,
  );
  expect(commands.map((command) => command.split(" ").at(-1)).sort()).toEqual(["demo", "verify"]);
  const workflow = Bun.YAML.parse(read(".github/workflows/verify.yml")) as {
    jobs: Record<string, { steps: { run?: string }[] }>;
  };
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps.map(({ run }) => run ?? ""));
  for (const command of commands) expect(steps.some((step) => step.includes(command))).toBe(true);
});

test("the changelog has Keep a Changelog's form", () => {
  expect(changelogFaults(read("CHANGELOG.md"))).toEqual([]);
  expect(changelogFaults("# Changelog\n\n## 1.0\n\n### Improved\n\n## [1.0.0]\n\n## [Unreleased]\n")).toEqual(
    [
      "there is no Unreleased at the top",
      '3: "## 1.0" is no heading of a version',
      '5: "Improved" is no kind of change',
      "7: 1.0.0 has no day",
      "9: Unreleased comes first",
    ],
  );
});

test("a release moves what is unreleased under its version", () => {
  const text =
    "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- Old.\n";
  const released = releaseChangelog(text, "0.2.0", "2026-02-03");
  expect(released).toBe(
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-02-03\n\n### Added\n\n- A thing.\n\n## [0.1.0] - 2026-01-01\n\n- Old.\n",
  );
  expect(changelogFaults(released)).toEqual([]);
  expect(() => releaseChangelog(released, "0.3.0", "2026-03-04")).toThrow("nothing under Unreleased");
});

test("what computes tokens uses no function whose last bit engines may choose", () => {
  const chosen =
    /\bMath\.(a?(sin|cos|tan)h?|atan2|cbrt|exp|expm1|hypot|log|log10|log1p|log2|pow)\b|(?<!\b2 )\*\*/g;
  const found = [
    "kernels",
    ...["backend-wasm", "engine", "model", "sampling", "tensor"].map((name) => `packages/${name}`),
  ]
    .flatMap((folder) => [...new Bun.Glob(`${folder}/src/**/*.ts`).scanSync(ROOT)])
    .flatMap((path) => {
      const code = read(path).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
      return (code.match(chosen) ?? []).map((name) => `${path}: ${name}`);
    });
  expect(found).toEqual([]);
});
