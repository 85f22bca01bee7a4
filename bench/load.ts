/** How fast is a warm file loaded, by threads? `bun bench/load.ts [FILE] [--threads 1,2]` */
import { statSync } from "node:fs";
import { openModel } from "@realizar/llm";
import { modelArguments } from "./model-file.ts";
import { report } from "./report.ts";

const { file, threads } = await modelArguments();
const bytes = statSync(file).size;
await Bun.file(file).stream().pipeTo(new WritableStream());
await report(
  `loading: ${file}`,
  threads.map((n) => ({
    name: `load, ${n} threads`,
    run: async () => {
      const model = await openModel(file, { threads: n, contextSize: 512 });
      model.close();
      // What was loaded is freed by the collector alone.
      Bun.gc(true);
    },
    amount: [bytes, "B"],
  })),
);
