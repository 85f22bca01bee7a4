import type { Io } from "../io.ts";
import { bytesText } from "../progress.ts";
import { type Environment, hubOf } from "../resolve-model.ts";

/** Tells where the models of a name lie and what files they have. */
export async function show(
  io: Io,
  environment: Environment,
  name: string,
  flags: { format: "text" | "json" },
): Promise<void> {
  const models = await (await hubOf(environment)).show(name);
  if (flags.format === "json") {
    io.out(`${JSON.stringify(models)}\n`);
    return;
  }
  for (const model of models) {
    const lines = [
      `name      ${model.name}`,
      `source    ${model.source}`,
      ...(model.commit === undefined ? [] : [`commit    ${model.commit}`]),
      `format    ${model.format}${model.tag === undefined ? "" : ` ${model.tag}`}`,
      `size      ${bytesText(model.bytes)}`,
      `path      ${model.path}`,
      ...model.files.map(({ path, bytes }) => `file      ${path} (${bytesText(bytes)})`),
    ];
    io.out(`${lines.join("\n")}\n`);
  }
}
