/**
 * The commands of a recorded program: opcode and arguments in order (assembly/program.ts has the same table).
 * A command is 32 words of 32 bits; a name ending in "F" is an f32, every other argument an unsigned or signed word:
 * addresses, counts, and strides in bytes.
 */
export const OPS = {
  end: [0],
  embed: [1, "out", "outStride", "weight", "groupBytes", "type", "columns", "indices", "count", "scratch"],
  quantizeQ8Fours: [2, "x", "xStride", "q", "qStride", "scales", "scaleStride", "rows", "columns", "top"],
  quantizeQ8: [3, "x", "xStride", "q", "qStride", "scales", "scaleStride", "sums", "rows", "columns"],
  linear: [
    4,
    "out",
    "outStride",
    "weight",
    "groupBytes",
    "type",
    "groups",
    "columns",
    "q",
    "qStride",
    "scales",
    "sums",
    "scaleStride",
    "tokens",
    "streams",
    "scratch",
  ],
  rmsNorm: [5, "out", "x", "weight", "rows", "columns", "width", "stride", "epsF"],
  layerNorm: [6, "out", "x", "weight", "bias", "rows", "columns", "stride", "epsF"],
  rope: [7, "out", "x", "table", "positions", "rows", "heads", "headDim", "dims", "halved", "stride"],
  kvStore: [
    8,
    "k",
    "v",
    "stride",
    "keys",
    "values",
    "positions",
    "sequences",
    "tables",
    "rows",
    "kvHeads",
    "headDim",
    "type",
  ],
  attention: [
    9,
    "out",
    "q",
    "stride",
    "keys",
    "values",
    "positions",
    "sequences",
    "tables",
    "lengths",
    "sinks",
    "rows",
    "heads",
    "kvHeads",
    "headDim",
    "scaleF",
    "window",
    "capF",
    "type",
    "scratch",
    "scratchBytes",
  ],
  gated: [10, "out", "gate", "up", "kind", "vectors"],
  add: [11, "out", "a", "b", "vectors"],
  multiply: [12, "out", "a", "b", "vectors"],
  scale: [13, "out", "x", "factorF", "vectors"],
  softcap: [14, "out", "x", "capF", "vectors"],
  rows: [15, "out", "x", "indices", "count", "stride"],
  addBias: [16, "out", "x", "bias", "rows", "columns", "stride"],
  route: [17, "ids", "weights", "logits", "stride", "rows", "experts", "k", "mode", "scaleF"],
  linearExperts: [
    18,
    "out",
    "outStride",
    "weight",
    "groupBytes",
    "type",
    "groups",
    "columns",
    "q",
    "qStride",
    "scales",
    "sums",
    "scaleStride",
    "rows",
    "experts",
    "share",
    "streams",
    "scratch",
  ],
  combine: [19, "out", "x", "weights", "rows", "k", "stride"],
  addExpertBias: [20, "out", "x", "bias", "experts", "rows", "columns", "stride"],
  pack: [21, "src", "dst", "type", "rows", "columns", "rowBytes", "groupBytes"],
  meet: [22],
  quantizeQ8K: [23, "x", "xStride", "q", "qStride", "scales", "scaleStride", "rows", "columns"],
  /** Ends a program, which is not waited for. */
  touchAhead: [24, "from", "to", "front", "done"],
  quantizeQ16: [25, "x", "xStride", "q", "qStride", "scales", "scaleStride", "rows", "columns"],
} as const;

export type OpName = keyof typeof OPS;

type ArgumentNames<T> = T extends readonly [number, ...infer Names extends string[]] ? Names[number] : never;
export type OpArguments<N extends OpName> = Record<ArgumentNames<(typeof OPS)[N]>, number>;

/** Words of a command. */
export const COMMAND_WORDS = 32;

/** Writes one command at word index `at`. Missing arguments are an error of the caller's, reported by name. */
export function writeCommand<N extends OpName>(
  words: Uint32Array,
  floats: Float32Array,
  at: number,
  op: N,
  args: OpArguments<N>,
): void {
  const [opcode, ...names] = OPS[op] as readonly [number, ...string[]];
  words[at] = opcode;
  for (const [i, name] of names.entries()) {
    const value = (args as Record<string, number>)[name];
    if (value === undefined) throw new TypeError(`${op}: argument "${name}" is missing`);
    if (name.endsWith("F")) floats[at + 1 + i] = value;
    else words[at + 1 + i] = value;
  }
}

/** Bytes of scratch for each thread that embed, linear and linearExperts take (assembly/weights/group.ts). */
export const LINEAR_SCRATCH_BYTES = 18432;

/** Bytes of scratch for each thread that attention takes (assembly/ops/attention.ts). */
export function attentionScratchBytes(
  kvType: number,
  heads: number,
  kvHeads: number,
  headDim: number,
): number {
  const group = heads / kvHeads;
  const padded = Math.ceil(headDim / 4) * 4;
  const widened = (headDim + padded) * 64;
  const query = Math.ceil(headDim / 128) * 16 + Math.ceil(headDim / 32) * 64;
  const rest = [0, widened, widened, heads * query + group * 32][kvType]!;
  return heads * (16 + padded * 4) + 16 + group * 64 + rest;
}
