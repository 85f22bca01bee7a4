/** Writes demo.gguf as base64 into build/demo.ts, so that every runtime and bundler finds it without reading a file. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const source = join(import.meta.dirname, "demo.gguf");
const target = join(import.meta.dirname, "build/demo.ts");
const changed = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changed(target) < Math.max(changed(source), changed(import.meta.filename))) {
  const bytes = readFileSync(source);
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, `export const demo: string =\n  "${bytes.toString("base64")}";\n`);
  console.log(`packages/demo-model/build/demo.ts ${bytes.length} bytes`);
}
