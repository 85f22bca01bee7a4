import { describeFile, type FileDescription, openCheckpoint } from "@realizar/formats";
import { DEFAULT_CONTEXT, defaultKvType } from "@realizar/llm";
import { prepareModel } from "@realizar/model";
import type { Io } from "../io.ts";
import { bytesText } from "../progress.ts";
import { VERSION } from "../version.ts";

/** Prints the version; with a model its metadata, tensor table, quantization mix and memory needed. */
export async function info(
  io: Io,
  model: string | undefined,
  flags: { format: "text" | "json" },
): Promise<void> {
  if (model === undefined) {
    io.out(flags.format === "json" ? `${JSON.stringify({ name: "realizar", version: VERSION })}\n` : ABOUT);
    return;
  }
  const description = await describeFile(model);
  const memory = await memoryNeeded(model, description);
  io.out(
    flags.format === "json"
      ? `${JSON.stringify(asJson(description, memory))}\n`
      : asText(description, memory),
  );
}

const ABOUT = `realizar v${VERSION}
An LLM inference engine in TypeScript and WebAssembly.

  models       GGUF and safetensors, files and Hugging Face folders
  run          realizar run MODEL "Once upon a time"
  serve        realizar serve --model MODEL
  inspect      realizar info MODEL
  help         realizar --help
`;

/** Bytes for weights and for the KV cache, of its default type, at the context that would be used. */
interface Memory {
  readonly weights: number;
  readonly kvCache: number;
  /** Number type of the KV cache. */
  readonly kvType: string;
  readonly contextSize: number;
}

/** Undefined for a file that is no model of ours, such as a vocabulary. Errors of a broken model's own are thrown. */
async function memoryNeeded(model: string, description: FileDescription): Promise<Memory | undefined> {
  const { metadata, tensors, architecture } = description;
  const claims =
    metadata.has("tokenizer.ggml.tokens") ||
    tensors.some(({ name }) => name === "token_embd.weight") ||
    description.format === "safetensors";
  if (!claims || (description.format === "gguf" && architecture === undefined)) return undefined;
  let checkpoint: Awaited<ReturnType<typeof openCheckpoint>>;
  try {
    checkpoint = await openCheckpoint(model);
  } catch (error) {
    // A lone safetensors file need not be a model at all.
    if (description.format === "safetensors") return undefined;
    throw error;
  }
  try {
    await checkpoint.tokenizer();
    if (!checkpoint.metadata.has(`${checkpoint.architecture}.block_count`)) return undefined;
    const kvType = defaultKvType(checkpoint);
    const options = { kvType, pages: 1, maxRows: 1, maxOutputRows: 1 } as const;
    const { description: figures } = await prepareModel(checkpoint, options);
    const contextSize = Math.min(figures.contextSize, DEFAULT_CONTEXT);
    return {
      weights: checkpoint.byteLength,
      kvCache: figures.kvBytesPerToken(kvType) * contextSize,
      kvType,
      contextSize,
    };
  } catch (error) {
    if (tensors.length === 0 && (error as { code?: string }).code === "MODEL_MISSING_TENSOR")
      return undefined;
    throw error;
  } finally {
    checkpoint.close();
  }
}

function asJson(description: FileDescription, memory: Memory | undefined): unknown {
  return {
    path: description.path,
    format: description.format,
    version: description.version,
    architecture: description.architecture,
    size: description.size,
    parameters: description.elements,
    metadata: Object.fromEntries([...description.metadata].map(([key, value]) => [key, jsonValue(value)])),
    types: description.types,
    tensors: description.tensors,
    memory,
  };
}

/** BigInts and typed arrays as JSON has them; long arrays are cut and counted. */
function jsonValue(value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const items = Array.from(value as ArrayLike<unknown> & Iterable<unknown>);
    return items.length > 64
      ? { length: items.length, first: items.slice(0, 8).map(jsonValue) }
      : items.map(jsonValue);
  }
  return value;
}

function asText(description: FileDescription, memory: Memory | undefined): string {
  const lines = [
    `file          ${clean(description.path)}`,
    `format        ${description.format}${description.version === undefined ? "" : ` v${description.version}`}`,
    `architecture  ${clean(description.architecture ?? "none")}`,
    `size          ${bytesText(description.size)}`,
    `parameters    ${description.elements.toLocaleString("en-US")}`,
  ];
  if (memory !== undefined) {
    lines.push(
      `memory        ${bytesText(memory.weights + memory.kvCache)} (weights ${bytesText(memory.weights)}, KV cache ${memory.kvType} for ${memory.contextSize} tokens ${bytesText(memory.kvCache)})`,
    );
  }
  lines.push("", "types");
  for (const { type, tensors, byteLength } of description.types)
    lines.push(
      `  ${type.padEnd(8)} ${String(tensors).padStart(6)} tensors  ${bytesText(byteLength).padStart(10)}`,
    );
  lines.push("", "metadata");
  for (const [key, value] of description.metadata) lines.push(`  ${clean(key)} = ${shown(value)}`);
  lines.push("", "tensors");
  const width = Math.max(0, ...description.tensors.map(({ name }) => Math.min(48, name.length)));
  for (const { name, type, shape } of description.tensors)
    lines.push(`  ${clean(name).padEnd(width)}  ${type.padEnd(6)} [${shape.join(", ")}]`);
  return `${lines.join("\n")}\n`;
}

function shown(value: unknown): string {
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const items = Array.from({ length: Math.min(6, (value as ArrayLike<unknown>).length) }, (_, i) =>
      shown((value as ArrayLike<unknown>)[i]),
    );
    const count = (value as ArrayLike<unknown>).length;
    return `[${items.join(", ")}${count > 6 ? `, ... ${count} in all` : ""}]`;
  }
  const text = clean(String(value));
  return text.length > 160 ? `${text.slice(0, 157)}...` : text;
}

/** A file's text on a terminal: control characters, which could move the cursor, are shown as escapes. */
function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) =>
    c === "\n" ? "\\n" : `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
