import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of real models, or undefined where it is absent. */
export const testData: string | undefined = existing(
  process.env.REALIZAR_TEST_DATA ?? join(import.meta.dir, "../../../../shared/data"),
);

function existing(folder: string): string | undefined {
  return existsSync(folder) ? folder : undefined;
}

/** A suite's title, saying why it is skipped. */
export const titled = (title: string): string => (testData ? title : `${title} (no test data)`);
