import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The project's shared test data; suites that need it are skipped where it is absent. */
const root = process.env.REALIZAR_TEST_DATA ?? join(import.meta.dir, "../../../../shared/data");

export const hasSharedData = existsSync(join(root, "chat-templates"));

export const title = (name: string) =>
  hasSharedData ? name : `${name} (skipped: set REALIZAR_TEST_DATA to the shared test data)`;

export function readShared(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

export function listShared(folder: string, end: string): string[] {
  return hasSharedData
    ? readdirSync(join(root, folder))
        .filter((name) => name.endsWith(end))
        .sort()
    : [];
}
