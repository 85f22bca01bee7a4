/** One engine in a process of its own: a JSON answer on standard output for each JSON request on standard input. */
import { createInterface } from "node:readline";
import type { OpenEngine, PeerEngine } from "./engine.ts";

const { engine, ...options } = JSON.parse(process.argv[2]!);
const { open } = (await import(`./engines/${engine}.ts`)) as { open: OpenEngine };

const answer = (value: unknown) => process.stdout.write(`@${JSON.stringify(value)}\n`);

const requests: Record<string, (peer: PeerEngine, argument: never) => unknown> = {
  run: (peer, test) => peer.run(test),
  together: (peer, tokens) => {
    if (peer.together === undefined) throw new Error(`${engine} is not measured with several sequences`);
    return peer.together(tokens);
  },
  peakRssBytes: (peer) => peer.peakRssBytes(),
  close: (peer) => peer.close(),
};

try {
  const peer = await open(options);
  answer({ value: peer.loadSeconds });
  for await (const line of createInterface({ input: process.stdin })) {
    const { call, argument } = JSON.parse(line);
    answer({ value: (await requests[call]!(peer, argument as never)) ?? null });
    if (call === "close") break;
  }
} catch (error) {
  answer({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
}
process.exit();
