/**
 * Records what llama.cpp's native build makes of the tiny models that packages/model tests its architectures with:
 * likeliest next tokens, or the pooled vector of an encoder.
 *
 *   bun bench/peers/record.ts [NAME...]     those without numbers yet, and those named
 *
 * Add an entry with its architecture and options to the fixture first. `oracle` renames the architecture for llama.cpp
 * and adds what that one needs, where it has the mathematics under another name only.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GgufTensorSource, type GgufValue, writeGgufBytes } from "@realizar/gguf";
import { type TinyOptions, tinyCheckpoint } from "@realizar/testing";
import { installPeers } from "./install.ts";

const FIXTURE = join(import.meta.dir, "../../packages/model/test/fixtures/llama-cpp.json");
/** Positions whose likeliest tokens are kept, how many of them, and numbers kept of a pooled vector. */
const POSITIONS = [0, 4, 9, 22, 40];
const TOP = 4;
const PARTS = 16;

interface Entry {
  readonly architecture: string;
  readonly options: TinyOptions;
  readonly oracle?: {
    readonly architecture: string;
    readonly keys?: TinyOptions["keys"];
    readonly vectors?: TinyOptions["vectors"];
  };
  logProbabilities?: { position: number; top: [number, number][] }[];
  embedding?: number[];
}

interface Fixture {
  readonly source: string;
  readonly tokens: number[];
  readonly models: Record<string, Entry>;
}

const fixture: Fixture = await Bun.file(FIXTURE).json();
installPeers();
const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");
type Token = Parameters<
  Awaited<ReturnType<typeof getLlama>>["_bindings"]["AddonModel"]["prototype"]["isEogToken"]
>[0];
const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
const tokens = fixture.tokens as Token[];
const folder = await mkdtemp(join(tmpdir(), "realizar-record-"));

for (const [name, entry] of Object.entries(fixture.models)) {
  if (!Bun.argv.includes(name) && (entry.logProbabilities || entry.embedding)) continue;
  const file = join(folder, "model.gguf");
  await Bun.write(file, await fileOf(entry));
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 });
  if (/bert/.test(entry.architecture)) entry.embedding = await embedding(model);
  else entry.logProbabilities = await logProbabilities(model);
  await model.dispose();
  console.error(`recorded ${name}`);
}
await rm(folder, { recursive: true });
/** JSON on one line, with a space after each comma and colon. */
const line = (value: unknown) =>
  JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, " ")
    .replace(/([[{]) | ([\]}])/g, "$1$2");
const models = Object.entries(fixture.models).map(([name, entry]) => `    ${line(name)}: ${line(entry)}`);
await Bun.write(
  FIXTURE,
  `{\n  "source": ${line(fixture.source)},\n  "tokens": ${line(fixture.tokens)},\n  "models": {\n${models.join(",\n")}\n  }\n}\n`,
);
process.exit();

type Model = Awaited<ReturnType<typeof llama.loadModel>>;

async function logProbabilities(model: Model): Promise<Entry["logProbabilities"]> {
  const context = await model.createContext({
    contextSize: tokens.length + 8,
    batchSize: tokens.length,
    threads: 1,
    flashAttention: false,
    experimentalKvCacheKeyType: "F32",
    experimentalKvCacheValueType: "F32",
  });
  const found = await context
    .getSequence()
    .controlledEvaluate(tokens.map((token) => [token, { generateNext: { logits: true } }]));
  return POSITIONS.map((position) => {
    const logits = [...found[position]!.next.logits!].sort(([, a], [, b]) => b - a);
    const most = logits[0]![1];
    const sum = logits.reduce((total, [, logit]) => total + Math.exp(logit - most), 0);
    const top = logits.slice(0, TOP);
    return { position, top: top.map(([id, logit]) => [id, rounded(logit - most - Math.log(sum))]) };
  });
}

/** The first numbers of the pooled vector, of length 1. */
async function embedding(model: Model): Promise<number[]> {
  const context = await model.createEmbeddingContext({ contextSize: tokens.length + 8, threads: 1 });
  const { vector } = await context.getEmbeddingFor(tokens);
  const length = Math.hypot(...vector);
  return vector.slice(0, PARTS).map((value) => rounded(value / length));
}

function rounded(value: number): number {
  return Number(value.toFixed(6));
}

async function fileOf({ architecture, options, oracle }: Entry): Promise<Uint8Array> {
  const { gguf, tensors } = tinyCheckpoint(architecture, {
    ...options,
    keys: { ...options.keys, ...oracle?.keys },
    vectors: { ...options.vectors, ...oracle?.vectors },
  });
  const name = oracle?.architecture ?? architecture;
  const metadata = [...gguf].map(([key, value]): [string, GgufValue] => [
    key.replace(`${architecture}.`, `${name}.`),
    key === "general.architecture" ? { type: "string", value: name } : value,
  ]);
  return writeGgufBytes({
    metadata: new Map([...metadata, ...vocabulary(options.sizes!.vocab!)]),
    tensors: [...tensors.values()].map(
      (tensor): GgufTensorSource => ({
        name: tensor.name,
        type: tensor.type,
        shape: tensor.shape,
        async data() {
          const bytes = new Uint8Array(tensor.byteLength);
          await tensor.readInto(bytes, 0);
          return bytes;
        },
      }),
    ),
  });
}

/** A vocabulary, which llama.cpp wants in a file: control and byte tokens, then words without meaning. */
function vocabulary(size: number): [string, GgufValue][] {
  const bytes = Array.from(
    { length: 256 },
    (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`,
  );
  const special = ["<unk>", "<s>", "</s>", ...bytes];
  const words = Array.from({ length: size - special.length }, (_, i) => `\u2581${i}`);
  const types = [2, 3, 3, ...bytes.map(() => 6), ...words.map(() => 1)];
  const all = [...special, ...words];
  return [
    ["tokenizer.ggml.model", { type: "string", value: "llama" }],
    ["tokenizer.ggml.tokens", { type: "array", elementType: "string", value: all }],
    [
      "tokenizer.ggml.scores",
      { type: "array", elementType: "float32", value: Float32Array.from(all, (_, i) => -i) },
    ],
    ["tokenizer.ggml.token_type", { type: "array", elementType: "int32", value: Int32Array.from(types) }],
    ["tokenizer.ggml.token_type_count", { type: "uint32", value: 2 }],
  ];
}
