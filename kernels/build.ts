/**
 * Compiles assembly/ to WebAssembly, one module per variant:
 *   relaxed | simd    with relaxed SIMD's integer dot products, or with their plain twins
 *   threads | single  shared memory, or a memory of one thread's own
 *
 * and writes them as base64 into build/binaries.ts, so that every runtime and bundler finds them without reading a file.
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const out = join(here, "build");
mkdirSync(out, { recursive: true });

const sources = [
  join(here, "build.ts"),
  ...[...new Bun.Glob("assembly/**/*.ts").scanSync({ cwd: here, absolute: true })],
];
const newestSource = Math.max(...sources.map((file) => statSync(file).mtimeMs));

const variants: string[] = [];
for (const simd of ["relaxed", "simd"]) {
  for (const memory of ["threads", "single"]) {
    variants.push(`${simd}-${memory}`);
    const file = join(out, `${simd}-${memory}.wasm`);
    if (
      !process.argv.includes("--force") &&
      (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) > newestSource
    )
      continue;
    // Only where there is something to compile: loading the compiler takes longer than all the rest.
    const { default: asc } = await import("assemblyscript/asc");
    const { error, stderr } = await asc.main([
      join(here, "assembly/index.ts"),
      "--outFile",
      file,
      "-O3",
      "--noAssert",
      "--runtime",
      "stub",
      "--importMemory",
      "--initialMemory",
      "1",
      "--maximumMemory",
      "65536",
      "--enable",
      "simd",
      "--enable",
      "threads",
      ...(simd === "relaxed" ? ["--enable", "relaxed-simd"] : []),
      ...(memory === "threads" ? ["--sharedMemory"] : []),
    ]);
    if (error) {
      console.error(stderr.toString());
      throw error;
    }
    console.log(`kernels/build/${simd}-${memory}.wasm ${statSync(file).size} bytes`);
  }
}

const entries = variants.map(
  (name) => `  "${name}":\n    "${readFileSync(join(out, `${name}.wasm`)).toString("base64")}",`,
);
const text = `/** The compiled kernels, base64. Made by build.ts. */\nexport const binaries = {\n${entries.join("\n")}\n} as const;\n`;
const binaries = join(out, "binaries.ts");
if (!(await Bun.file(binaries).exists()) || (await Bun.file(binaries).text()) !== text)
  writeFileSync(binaries, text);
