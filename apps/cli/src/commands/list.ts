import type { Io } from "../io.ts";
import { bytesText } from "../progress.ts";
import { type Environment, hubOf } from "../resolve-model.ts";

/** Lists the models in the hub's cache. */
export async function list(
  io: Io,
  environment: Environment,
  flags: { format: "text" | "json" },
): Promise<void> {
  const hub = await hubOf(environment);
  const models = await hub.list();
  if (flags.format === "json") {
    io.out(`${JSON.stringify(models)}\n`);
    return;
  }
  if (models.length === 0)
    io.err(`no models in ${hub.settings.cacheDir}; to get one: realizar pull org/name\n`);
  const width = Math.max(4, ...models.map(({ name }) => name.length));
  for (const { name, format, bytes, modifiedMs } of models) {
    const day = new Date(modifiedMs).toISOString().slice(0, 10);
    io.out(`${name.padEnd(width)}  ${format.padEnd(11)}  ${bytesText(bytes).padStart(9)}  ${day}\n`);
  }
}
