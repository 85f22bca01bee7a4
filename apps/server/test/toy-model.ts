import {
  createEngine,
  type EngineOptions,
  type ModelRunner,
  PAGE_SIZE,
  WorkerDiedError,
} from "@realizar/engine";
import type { ModelOpener, ModelSource, OpenOptions, ServedModel } from "../src/served-model.ts";
import { FIRST_BYTE, type ToyTokenizerOptions, toyTokenizer, VOCAB_SIZE } from "./toy-tokenizer.ts";

export interface ToyOptions extends Pick<ToyTokenizerOptions, "addBos" | "spelled"> {
  /** What it says after a prompt that ends with "~", a token each; it then ends its text. */
  readonly says?: readonly string[];
  /** Those of them that are control tokens. */
  readonly control?: readonly string[];
  readonly contextSize?: number;
  readonly chatTemplate?: string;
  readonly bytes?: number;
  /** Awaited before each step. */
  readonly beforeStep?: () => Promise<void> | void;
  readonly engine?: EngineOptions;
  /** An encoder is false. */
  readonly causal?: boolean;
  readonly pooling?: ModelRunner["pooling"];
}

/** Numbers of a hidden state. */
export const TOY_WIDTH = 4;

/** "T": a step that feeds it fails. */
const TRAP = FIRST_BYTE + 0x54;
/** "N": logits after it are not all finite. */
const POISON = FIRST_BYTE + 0x4e;

/** What the likeliest next byte is. Letters count up and wrap, "!" ends, "€" repeats itself byte by byte. */
const SUCCESSORS = new Map<number, number>([
  [0xe2, 0x82],
  [0x82, 0xac],
  [0xac, 0xe2],
]);

/** Ids of what a model `says`, in order. */
const SCRIPT = FIRST_BYTE + 0xc0;
const TILDE = FIRST_BYTE + 0x7e;

/** What comes after a token of the script, or after what asks for it; undefined after others. */
function nextOfScript(id: number, says: readonly string[]): number | undefined {
  const at = id === TILDE ? 0 : id - SCRIPT + 1;
  if (says.length === 0 || at < 0 || at > says.length) return undefined;
  return at === says.length ? 1 : SCRIPT + at;
}

function successor(id: number, says: readonly string[]): number {
  const scripted = nextOfScript(id, says);
  if (scripted !== undefined) return scripted;
  const byte = id - FIRST_BYTE;
  if (byte === 0x21) return 1; // "!" -> </s>
  if (byte >= 0x61 && byte <= 0x7a) return FIRST_BYTE + 0x61 + ((byte - 0x61 + 1) % 26);
  return FIRST_BYTE + (SUCCESSORS.get(byte) ?? 0x61);
}

/** Logits that depend on the last token alone: its successor is far the likeliest, the rest decline by id. */
function logitsAfter(id: number, says: readonly string[], into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = 1 - i / into.length;
  into[TRAP] = -1000;
  into[POISON] = -1000;
  into[successor(id, says)] = 4;
  if (id === POISON) into[7] = Number.NaN;
}

/** The hidden state of a token. [TOY_WIDTH] */
export const toyHidden = (id: number): number[] => [id, id % 7, 3, -1];

export function toyRunner(options: ToyOptions = {}): ModelRunner {
  const { contextSize = 256, beforeStep, causal, pooling, says = [] } = options;
  return {
    embeddingLength: TOY_WIDTH,
    causal,
    pooling,
    vocabSize: VOCAB_SIZE,
    contextSize,
    pageSize: PAGE_SIZE,
    pageCount: Math.ceil(contextSize / PAGE_SIZE) * 4,
    async forward({ tokens, logitRows }, output) {
      await beforeStep?.();
      if (tokens.includes(TRAP)) throw new Error("matmul_q4_0 trapped: unreachable");
      if (output === "hidden")
        return Float32Array.from([...logitRows].flatMap((row) => toyHidden(tokens[row]!)));
      const logits = new Float32Array(logitRows.length * VOCAB_SIZE);
      logitRows.forEach((row, i) => {
        logitsAfter(tokens[row]!, says, logits.subarray(i * VOCAB_SIZE, (i + 1) * VOCAB_SIZE));
      });
      return logits;
    },
  };
}

function tokenizerOptions({ addBos, spelled, says = [], control = [] }: ToyOptions): ToyTokenizerOptions {
  const encoder = new TextEncoder();
  const script = says.map((text, i) => [SCRIPT + i, encoder.encode(text)] as const);
  return {
    addBos,
    spelled: new Map([...(spelled ?? []), ...script]),
    control: new Map(control.map((text) => [text, SCRIPT + says.indexOf(text)])),
  };
}

export interface ToyModel extends ServedModel {
  /** As if its worker had died. */
  kill(): void;
  readonly closed: boolean;
}

/** A model whose answers are known: after "a" comes "bcdef...". */
export function toyModel(options: ToyOptions = {}): ToyModel {
  const tokenizer = toyTokenizer(tokenizerOptions(options));
  const engine = createEngine(toyRunner(options), tokenizer, options.engine);
  let failure: Error | undefined;
  let closed = false;
  return {
    tokenizer,
    engine,
    facts: {
      format: "gguf",
      architecture: "toy",
      bytes: options.bytes ?? 1000,
      parameterCount: 12_345_678,
      quantization: "F32",
      metadata: { "general.architecture": "toy" },
    },
    ...(options.chatTemplate === undefined ? {} : { chatTemplate: options.chatTemplate }),
    get failure() {
      return failure;
    },
    get closed() {
      return closed;
    },
    kill() {
      failure = new WorkerDiedError("test");
      void engine.close();
    },
    async close() {
      closed = true;
      await engine.close();
    },
  };
}

export interface ToyOpener extends ModelOpener {
  /** Every model that was opened. */
  readonly opened: ToyModel[];
}

/** Opens toy models; `beforeOpen` may wait, tell progress or throw. */
export function toyOpener(
  options: ToyOptions | ((source: ModelSource) => ToyOptions) = {},
  beforeOpen?: (source: ModelSource, how: OpenOptions) => Promise<void> | void,
): ToyOpener {
  const opened: ToyModel[] = [];
  const optionsOf = typeof options === "function" ? options : () => options;
  return {
    opened,
    async describe(source) {
      if (source.path === "missing") throw new Error("ENOENT: no such file");
      return { format: "gguf", bytes: optionsOf(source).bytes ?? 1000 };
    },
    async open(source, how) {
      await beforeOpen?.(source, how);
      const model = toyModel(optionsOf(source));
      opened.push(model);
      return model;
    },
  };
}
