import { existsSync } from "node:fs";
import { join } from "node:path";

/** The shared test data: REALIZAR_TEST_DATA, or ../shared/data beside the repository. */
export const DATA = process.env.REALIZAR_TEST_DATA ?? join(import.meta.dir, "../../../../shared/data");
export const hasData = existsSync(join(DATA, "tokenizers"));
/** For suite titles. */
export const reason = hasData ? "" : " (skipped: no test data, set REALIZAR_TEST_DATA)";

export const bytesOf = async (path: string): Promise<Uint8Array> => Bun.file(join(DATA, path)).bytes();
export const textOf = async (path: string): Promise<string> => Bun.file(join(DATA, path)).text();
// biome-ignore lint/suspicious/noExplicitAny: reference files of many shapes
export const jsonOf = async (path: string): Promise<any> => Bun.file(join(DATA, path)).json();
