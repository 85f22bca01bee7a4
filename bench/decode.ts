/** How long does one token take, by depth and threads? `bun bench/decode.ts [FILE] [--threads 1,2]` */
import { openSubject, type SpeedTest } from "../apps/cli/src/speed.ts";
import { modelArguments } from "./model-file.ts";
import { type Bench, report } from "./report.ts";

const DEPTHS = [0, 500, 1000, 2000];

const { file, threads } = await modelArguments();
const subjects = await Promise.all(
  threads.map(async (n) => ({ n, subject: await openSubject(file, { threads: n, contextSize: 2048 }) })),
);
const benches = subjects.flatMap(({ n, subject }) =>
  DEPTHS.map((depth): Bench => {
    const test: SpeedTest = { name: "", kind: "decode", tokens: 1, depth };
    return {
      name: `1 token at ${depth}, ${n} threads`,
      run: () => subject.run(test),
      amount: [1, "tokens"],
    };
  }),
);
await report(`decoding: ${file}`, benches);
for (const { subject } of subjects) subject.close();
