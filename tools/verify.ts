/**
 * Everything that must hold before a change lands: build, lint, types, tests, coverage.
 * The last line is "N passed, N failed, N skipped"; the exit status is 0 only if every step passed.
 */
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const LINE_COVERAGE = 95.8;

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
}

async function step(name: string, command: readonly string[]): Promise<Outcome> {
  console.log(`\n== ${name}: ${command.join(" ")}`);
  const start = performance.now();
  const child = Bun.spawn([...command], { cwd: root, stdout: "inherit", stderr: "inherit", stdin: "ignore" });
  const code = await child.exited;
  return { name, ok: code === 0, seconds: (performance.now() - start) / 1000 };
}

/** Lines found and hit of every source file; a file that no test imports counts all its lines as missed. */
function coverage(lcov: string): { percent: number; missing: string[] } {
  const files = new Map<string, { found: number; hit: number }>();
  let file = "";
  for (const line of lcov.split("\n")) {
    if (line.startsWith("SF:")) file = line.slice(3);
    const found = /^LF:(\d+)/.exec(line);
    const hit = /^LH:(\d+)/.exec(line);
    const entry = files.get(file) ?? { found: 0, hit: 0 };
    if (found) entry.found = Number(found[1]);
    if (hit) entry.hit = Number(hit[1]);
    if (file !== "") files.set(file, entry);
  }
  const missing: string[] = [];
  let found = 0;
  let hit = 0;
  const sources = ["kernels/src", "packages/*/src", "apps/*/src"].flatMap((folder) =>
    ["ts", "tsx"].flatMap((ending) => [...new Bun.Glob(`${folder}/**/*.${ending}`).scanSync({ cwd: root })]),
  );
  for (const path of sources) {
    if (path.startsWith("packages/testing/") || path.endsWith(".d.ts")) continue;
    const entry = files.get(path);
    if (entry !== undefined) {
      found += entry.found;
      hit += entry.hit;
      continue;
    }
    const text = readFileSync(join(root, path), "utf8");
    // A file of types alone, or of re-exports alone, has no lines to run.
    if (!/^(export )?(async )?(function|const|let|class)|^await |^\w+\(/m.test(text)) continue;
    missing.push(path);
    found += text.split("\n").filter((line) => line.trim() !== "").length;
  }
  return { percent: (100 * hit) / Math.max(1, found), missing };
}

/** Runs the tests and reads the runner's closing counts. */
async function tests(): Promise<{
  outcome: Outcome;
  passed: number;
  failed: number;
  skipped: number;
  percent: number;
}> {
  console.log("\n== test: bun test --coverage");
  const start = performance.now();
  const out = mkdtempSync(join(tmpdir(), "realizar-verify-"));
  const child = Bun.spawn(
    ["bun", "test", "--coverage", "--coverage-reporter=lcov", `--coverage-dir=${out}`, "--timeout=120000"],
    { cwd: root, stdout: "inherit", stderr: "pipe", stdin: "ignore" },
  );
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stderr) {
    const piece = decoder.decode(chunk, { stream: true });
    process.stdout.write(piece);
    text += piece;
  }
  const code = await child.exited;
  const count = (word: string) =>
    Number([...text.matchAll(new RegExp(`^\\s*(\\d+) ${word}$`, "gm"))].at(-1)?.[1] ?? 0);
  const lcov = join(out, "lcov.info");
  const { percent, missing } = coverage(existsSync(lcov) ? readFileSync(lcov, "utf8") : "");
  for (const path of missing) console.log(`no test imports ${path}`);
  const passed = count("pass");
  const failed = count("fail") + count("errors?");
  return {
    outcome: {
      name: "test",
      ok: code === 0 && failed === 0 && passed > 0,
      seconds: (performance.now() - start) / 1000,
    },
    passed,
    failed,
    skipped: count("skip"),
    percent,
  };
}

const outcomes = [
  await step("build", ["bun", "run", "build"]),
  await step("lint", ["bunx", "biome", "check", "--error-on-warnings", "."]),
  await step("types", ["bunx", "tsc", "--noEmit"]),
];
const { outcome, passed, failed, skipped, percent } = await tests();
outcomes.push(outcome, {
  name: `coverage ${percent.toFixed(2)} % of lines (floor ${LINE_COVERAGE})`,
  ok: percent >= LINE_COVERAGE,
  seconds: 0,
});

console.log("");
for (const { name, ok, seconds } of outcomes)
  console.log(`${ok ? "ok    " : "FAILED"} ${name}${seconds > 0 ? ` (${seconds.toFixed(1)} s)` : ""}`);
const ok = outcomes.every((o) => o.ok);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(ok ? 0 : 1);
