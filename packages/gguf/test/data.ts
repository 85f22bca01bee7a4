import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of real and crafted files, or undefined where it is absent. */
export const testData: string | undefined = [
  process.env.REALIZAR_TEST_DATA,
  join(import.meta.dir, "../../../../shared/data"),
].find((folder) => folder !== undefined && existsSync(folder));

/** A file of that folder; only for suites that skip without it. */
export async function dataFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return Bun.file(join(testData!, path)).bytes();
}

/** The GGUF files in a subfolder of it. */
export function dataFiles(folder: string): string[] {
  const glob = new Bun.Glob("*.gguf");
  return testData ? [...glob.scanSync(join(testData, folder))].sort().map((name) => `${folder}/${name}`) : [];
}
