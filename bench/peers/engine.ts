import type { SpeedTest } from "../../apps/cli/src/speed.ts";

export type { SpeedTest };

/** An engine with a model in it, ready to be measured. */
export interface PeerEngine {
  readonly loadSeconds: number;
  /** Tokens a second of one run. */
  run(test: SpeedTest): Promise<number>;
  /** Tokens a second of all sequences together, each decoding so many greedily; absent where an engine has one sequence. */
  together?(tokens: number): Promise<number>;
  /** Most memory held so far by all processes of the engine. */
  peakRssBytes(): Promise<number> | number;
  close(): Promise<void> | void;
}

export interface OpenPeer {
  /** A GGUF file. */
  readonly file: string;
  readonly threads: number;
  /** Of each sequence. */
  readonly contextSize: number;
  /** Sequences that decode at once; 1 by default. */
  readonly sequences?: number;
}

export type OpenEngine = (options: OpenPeer) => Promise<PeerEngine>;

/** Most memory of this process: `ru_maxrss`, in kilobytes. */
export const ownPeakRss = (): number => process.resourceUsage().maxRSS * 1024;

/** A token for each position, the same every time and for every engine. */
export const tokenAt = (position: number, vocabSize: number): number =>
  (Math.imul(position + 1, 0x9e3779b1) >>> 0) % vocabSize;
