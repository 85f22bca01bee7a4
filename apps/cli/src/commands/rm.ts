import type { Io } from "../io.ts";
import { bytesText } from "../progress.ts";
import { type Environment, hubOf } from "../resolve-model.ts";

/** Removes models from the hub's cache. */
export async function rm(
  io: Io,
  environment: Environment,
  names: readonly string[],
  flags: { format: "text" | "json" },
): Promise<void> {
  const hub = await hubOf(environment);
  const removed: { name: string; models: readonly string[]; freedBytes: number }[] = [];
  for (const name of names) {
    const { names: models, freedBytes } = await hub.remove(name);
    removed.push({ name, models, freedBytes });
    if (flags.format === "text")
      io.out(`removed ${models.length === 0 ? name : models.join(", ")}: ${bytesText(freedBytes)} freed\n`);
  }
  if (flags.format === "json") io.out(`${JSON.stringify(removed)}\n`);
}
