import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SHAPES, writeSynthetic } from "./synthetic.ts";

/** What the benches of a model take: `[FILE] [--threads 1,2]`. */
export interface ModelArguments {
  readonly file: string;
  readonly threads: readonly number[];
}

/** The file given, else a synthetic SmolLM in Q8_0, written once to the temporary folder. */
export async function modelArguments(): Promise<ModelArguments> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { threads: { type: "string", short: "t", default: "1,2" } },
  });
  return {
    file: positionals[0] ?? (await defaultFile()),
    threads: values.threads.split(",").map(Number),
  };
}

async function defaultFile(): Promise<string> {
  const path = join(tmpdir(), "realizar-bench-smollm-135m-q8_0.gguf");
  if (!existsSync(path)) await writeSynthetic(SHAPES["smollm-135m"]!, "q8_0", 1, path);
  return path;
}
