import { expect, test } from "bun:test";
import type { Found } from "./environment.ts";

const SECONDS = 60_000;

/** Runs where the program is there. In CI a missing system package is a failure, not a reason to skip. */
export function needs(
  found: Found,
  title: string,
  body: (path: string) => Promise<void>,
  required = false,
): void {
  if ("path" in found) test(title, () => body(found.path), SECONDS);
  else if (required && process.env.CI === "true") test(title, () => expect.unreachable(found.missing));
  else test.skip(`${title} (${found.missing})`, () => {});
}
