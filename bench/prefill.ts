/** How fast is a prompt, by length and threads? `bun bench/prefill.ts [FILE] [--threads 1,2]` */
import { openSubject, type SpeedTest } from "../apps/cli/src/speed.ts";
import { modelArguments } from "./model-file.ts";
import { type Bench, report } from "./report.ts";

const LENGTHS = [2, 4, 8, 16, 32, 64, 128, 256, 512];

const { file, threads } = await modelArguments();
const subjects = await Promise.all(
  threads.map(async (n) => ({ n, subject: await openSubject(file, { threads: n, contextSize: 512 }) })),
);
const benches = subjects.flatMap(({ n, subject }) =>
  LENGTHS.map((tokens): Bench => {
    const test: SpeedTest = { name: "", kind: "prompt", tokens, depth: 0 };
    return {
      name: `${tokens} tokens, ${n} threads`,
      run: () => subject.run(test),
      amount: [tokens, "tokens"],
    };
  }),
);
await report(`prompts: ${file}`, benches);
for (const { subject } of subjects) subject.close();
