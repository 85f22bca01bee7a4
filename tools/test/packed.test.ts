import { beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { moduleGraph } from "../pack/module-graph.ts";
import { commonFolder } from "../pack/pack.ts";
import { ROOT } from "../pack/workspaces.ts";
import { run } from "./environment.ts";
import { installed, manifestOf, packageNamed, packages, readmeProgram, selfContained } from "./installed.ts";

const SECONDS = 60_000;
const LEAVES = [
  "gguf",
  "safetensors",
  "tensor",
  "tokenizers",
  "sampling",
  "chat",
  "hub",
  "demo-model",
  "kernels",
].map((name) => `@realizar/${name}`);
const libraries = [...packages.values()].filter(({ name }) => name.startsWith("@realizar/"));
const builtFiles = (folder: string, ending: string) =>
  [...new Bun.Glob(`dist/**/*${ending}`).scanSync(folder)].map((path) => ({
    path,
    text: readFileSync(join(folder, path), "utf8"),
  }));

/** Files that may import modules of Node and Bun at their top: named for it. */
const SYSTEM_FILE = /(-node|-bun)\.js$/;

describe.each(libraries.map((packed) => [packed.name, packed] as const))(
  "the tarball of %s",
  (name, packed) => {
    const manifest = manifestOf(packed.folder);

    test("holds exactly what its folder holds", async () => {
      const listed = await new Bun.Archive(await Bun.file(packed.tarball).bytes()).files();
      const files = [...new Bun.Glob("**/*").scanSync(packed.folder)].map((path) => `package/${path}`);
      expect([...listed.keys()].sort()).toEqual(files.sort());
    });

    test("names versions, not workspaces, and runs no scripts", () => {
      for (const [dependency, range] of Object.entries(manifest.dependencies ?? {}))
        expect(range).toBe(
          packages.get(dependency)?.version ?? range.replace(/^(workspace:.*|latest|\*)$/, "a version"),
        );
      expect(manifest.scripts).toBeUndefined();
    });

    test("has every file that its exports and its modules name, and a licence", () => {
      const targets = Object.values(manifest.exports).flatMap((target) =>
        typeof target === "string" ? [target] : [target.types, target.default],
      );
      for (const target of [...targets, "LICENSE"])
        expect(existsSync(join(packed.folder, target))).toBe(true);
      for (const { path, text } of [
        ...builtFiles(packed.folder, ".js"),
        ...builtFiles(packed.folder, ".d.ts"),
      ])
        for (const [, relative] of text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
          expect(relative).toEndWith(".js");
          const target = join(packed.folder, path, "..", relative!);
          expect(existsSync(path.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target)).toBe(true);
        }
    });

    test("imports modules of Node in files named for it alone", () => {
      const importing = builtFiles(packed.folder, ".js").filter(({ text }) =>
        /\b(from|import)\s*\(?\s*"(node|bun)[:"]/.test(text),
      );
      expect(importing.map(({ path }) => path).filter((path) => !SYSTEM_FILE.test(path))).toEqual([]);
    });

    if (LEAVES.includes(name))
      test("has no dependencies", () => expect(manifest.dependencies).toBeUndefined());
  },
);

describe("packages installed together, without a registry", () => {
  let folder = "";
  const names = selfContained.map(({ name }) => name);

  beforeAll(async () => {
    folder = await installed("together", names);
  }, SECONDS);

  test.each(names)("importing %s does nothing", async (name) => {
    const watch = `
const names = () => Object.getOwnPropertyNames(globalThis).sort().join();
const before = names();
await import("${name}");
console.log(names() === before);`;
    expect(await run([process.execPath, "-e", watch], folder)).toEqual({ code: 0, out: "true\n", err: "" });
  });

  test.each([
    ["@realizar/gguf", "f16ToF32", 700],
    ["@realizar/safetensors", "toFloat32", 6_000],
    ["@realizar/tokenizers", "characterTokenizer", 10_000],
    ["@realizar/sampling", "createCoin", 1_500],
    ["@realizar/chat", "parseAnswer", 16_000],
  ])("a bundle of %s with %s alone leaves the rest out", async (name, wanted, most) => {
    const entry = join(folder, `shaken-${wanted}.js`);
    writeFileSync(entry, `import { ${wanted} } from "${name}"; console.log(${wanted});`);
    const { outputs } = await Bun.build({ entrypoints: [entry], target: "browser", minify: true });
    expect(outputs[0]!.size).toBeLessThan(most);
  });

  test.each([
    ["NodeNext", "NodeNext"],
    ["ESNext", "Bundler"],
  ])(
    "the README programs and all declarations compile with module %s",
    async (module, moduleResolution) => {
      const programs = ["gguf", "safetensors", "tokenizers", "sampling", "chat"].map((name) => {
        writeFileSync(join(folder, `${name}.ts`), readmeProgram(`@realizar/${name}`).program);
        return `${name}.ts`;
      });
      const all = names.map((name, i) => `import * as package${i} from "${name}"; console.log(package${i});`);
      writeFileSync(join(folder, "all.ts"), all.join("\n"));
      writeFileSync(
        join(folder, "tsconfig.json"),
        JSON.stringify({
          compilerOptions: {
            target: "ES2024",
            lib: ["ESNext", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
            types: [],
            strict: true,
            noEmit: true,
            module,
            moduleResolution,
          },
          files: [...programs, "all.ts"],
        }),
      );
      const compiled = await run([join(ROOT, "node_modules/.bin/tsc"), "-p", folder], folder);
      expect(compiled).toEqual({ code: 0, out: "", err: "" });
    },
    SECONDS,
  );
});

/** A program of the root's node_modules, or of the path. */
const tool = (name: string) =>
  Bun.which(name, { PATH: `${join(ROOT, "node_modules/.bin")}:${process.env.PATH}` }) ?? undefined;

describe.each([
  ["publint", (tarball: string) => ["run", tarball, "--strict"]],
  ["attw", (tarball: string) => [tarball, "--profile", "esm-only"]],
] as const)("%s", (name, argumentsFor) => {
  const path = tool(name);
  test.skipIf(path === undefined).each([...packages.keys()])(
    `finds nothing in %s${path === undefined ? ` (${name} is not installed)` : ""}`,
    async (key) => {
      const { code, out } = await run([path!, ...argumentsFor(packageNamed(key).tarball)], ROOT);
      expect(code === 0 ? "" : out).toBe("");
    },
    SECONDS,
  );
});

describe("packing", () => {
  test("finds the longest folder that files share", () => {
    expect(commonFolder(["/a/b/c.ts"])).toBe("/a/b");
    expect(commonFolder(["/a/b/c.ts", "/a/b/d/e.ts"])).toBe("/a/b");
    expect(commonFolder(["/a/src/c.ts", "/a/build/e.ts"])).toBe("/a");
  });

  test("follows imports, workers and types that are erased not at all", () => {
    const folder = join(import.meta.dirname, "fixtures");
    const modules = moduleGraph([join(folder, "entry.ts")]);
    expect(modules.map(({ file }) => file.slice(folder.length + 1))).toEqual([
      "entry.ts",
      "value.ts",
      "worker.ts",
    ]);
    expect(modules[0]!.bare).toEqual(["node:path"]);
  });
});
