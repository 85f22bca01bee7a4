/**
 * Several streams at once, in turn: realizar's server over HTTP, and llama.cpp's native build with as many sequences in
 * one context.
 *
 *   bun bench/peers/streams.ts FILE [--streams 1,8] [--threads 2] [-n 32] [-r 3] [-o table|json]
 */
import { parseArgs } from "node:util";
import { machine } from "../machine.ts";
import { median, promptMaker, rateTogether, startServer, stream } from "../served-stream.ts";
import { installPeers } from "./install.ts";
import { startPeer } from "./remote-peer.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    streams: { type: "string", default: "1,8" },
    threads: { type: "string", short: "t", default: "2" },
    tokens: { type: "string", short: "n", default: "32" },
    repetitions: { type: "string", short: "r", default: "3" },
    output: { type: "string", short: "o", default: "table" },
  },
});
const [file] = positionals;
if (file === undefined) {
  console.error(
    "usage: bun bench/peers/streams.ts FILE [--streams 1,8] [-t 2] [-n 32] [-r 3] [-o table|json]",
  );
  process.exit(2);
}
const threads = Number(values.threads);
const tokens = Number(values.tokens);
const counts = values.streams.split(",").map(Number);

installPeers();
const server = await startServer(file, threads, "--parallel", "4");
const peers = new Map<number, Awaited<ReturnType<typeof startPeer>>>();
for (const sequences of counts)
  peers.set(sequences, await startPeer("node-llama-cpp", { file, threads, contextSize: 512, sequences }));
const prompt = promptMaker(32000);

/** Rounds by number of streams. Streams start one after another: so many more tokens, that all of them run at once. */
const served = async (count: number) => {
  const length = count === 1 ? tokens : 2 * tokens;
  const all = Array.from({ length: count }, () => stream(server, prompt(8), length));
  return rateTogether(await Promise.all(all));
};
const rounds = new Map(counts.map((count) => [count, [] as { served: number; native: number }[]]));
for (let round = 0; round <= Number(values.repetitions); round++) {
  for (const count of counts) {
    const pair = { served: await served(count), native: await peers.get(count)!.together!(tokens) };
    if (round > 0) rounds.get(count)!.push(pair); // the first one warms up
  }
}
for (const peer of peers.values()) await peer.close();
await server.stop();

const figures = counts.map((streams) => {
  const pairs = rounds.get(streams)!;
  return {
    streams,
    server: median(pairs.map((pair) => pair.served)),
    native: median(pairs.map((pair) => pair.native)),
    ratio: median(pairs.map((pair) => pair.served / pair.native)),
    pairs,
  };
});
if (values.output === "json") {
  console.log(JSON.stringify({ machine: machine(), file, threads, tokens, figures }, null, 1));
} else {
  for (const { streams, server: ours, native, ratio } of figures)
    console.log(
      `${streams} streams: server ${ours.toFixed(1)}, node-llama-cpp ${native.toFixed(1)} tokens/s, ratio ${ratio.toFixed(2)}`,
    );
}
process.exit(0);
