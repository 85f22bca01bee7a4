import { openSubject } from "../../../apps/cli/src/speed.ts";
import { type OpenEngine, ownPeakRss } from "../engine.ts";

export const open: OpenEngine = async ({ file, threads, contextSize }) => {
  const subject = await openSubject(file, { threads, contextSize });
  return {
    loadSeconds: subject.loadSeconds,
    run: async (test) => test.tokens / (await subject.run(test)),
    peakRssBytes: ownPeakRss,
    close: subject.close,
  };
};
