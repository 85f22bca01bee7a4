import { NoMatchingQuantError, NoModelFilesError, NotFoundError } from "./errors.ts";

/** Which files make up the asked model. */
export interface Choice {
  format: "gguf" | "safetensors";
  /** Quantization of a GGUF, as its file name says, in capitals. */
  tag?: string;
  /** Paths in the repository, in the order they are to be fetched. */
  files: string[];
  /** What is opened: the (first) GGUF file, or "" for the folder. */
  entry: string;
}

/** Taken without a tag, in this order: small and good first. */
const PREFERRED = [
  "Q4_K_M",
  "Q4_K_S",
  "Q4_0",
  "Q5_K_M",
  "Q5_K_S",
  "IQ4_XS",
  "IQ4_NL",
  "Q4_1",
  "Q5_0",
  "Q5_1",
  "Q6_K",
].concat(["Q8_0", "MXFP4_MOE", "MXFP4", "Q3_K_M", "Q3_K_L", "Q3_K_S", "F16", "BF16", "F32"]);

/** Quantization names in file names: ggml's file types, with unsloth's UD- before and sizes behind. */
const QUANT =
  /(?:^|[-_.])((?:UD-)?(?:I?Q\d+_(?:K_)?(?:[A-Z]+\d*|\d)|I?Q\d+_K|TQ\d_\d|MXFP\d(?:_MOE)?|NVFP4|BF16|F16|FP16|F32))(?=[-_.]|$)/gi;
const SPLIT = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
/** GGUF files that are no language model: vision projectors, importance matrices. */
const COMPANION = /(^|[-_./])(mmproj|imatrix)([-_.]|$)/i;

const FOLDER_FILES = new Set([
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "tokenizer.model",
  "spiece.model",
  "special_tokens_map.json",
  "added_tokens.json",
  "vocab.json",
  "vocab.txt",
  "merges.txt",
  "chat_template.json",
  "chat_template.jinja",
  "modules.json",
  "sentence_bert_config.json",
  "1_Pooling/config.json",
]);

interface GgufModel {
  tag: string | undefined;
  /** The parts there are, in order. */
  files: string[];
  missing: number;
}

/**
 * Chooses a GGUF by quantization (without a tag Q4_K_M, else the first of a list of preferences, else the first by
 * name; all parts of a split one), else the safetensors folder.
 *
 * @param where the repository, for messages
 * @throws {NotFoundError} {NoMatchingQuantError} {NoModelFilesError}
 */
export function chooseFiles(
  where: string,
  files: readonly string[],
  asked: { tag?: string | undefined; file?: string | undefined } = {},
): Choice {
  if (asked.file !== undefined) return chooseFile(where, files, asked.file);
  const models = ggufModels(files);
  if (asked.tag !== undefined) return chooseTag(where, models, asked.tag);
  if (models.length > 0) {
    const whole = models.filter((model) => model.missing === 0);
    if (whole.length === 0) throw incomplete(where, models[0]!);
    const preferred = PREFERRED.flatMap((tag) => whole.filter((model) => model.tag === tag));
    return ggufChoice(preferred[0] ?? whole[0]!);
  }
  return chooseFolder(where, files);
}

/** Every model among the files: each GGUF quantization, and the safetensors folder if it is one. */
export function allChoices(files: readonly string[]): Choice[] {
  const choices = ggufModels(files)
    .filter((model) => model.missing === 0)
    .map(ggufChoice);
  const folder = folderFiles(files);
  return folder === undefined ? choices : [...choices, folder];
}

/** The quantization a GGUF's file name tells, in capitals. */
export function quantTag(path: string): string | undefined {
  const name = path
    .split("/")
    .at(-1)!
    .replace(/(-\d{5}-of-\d{5})?\.gguf$/i, "");
  const own = [...name.matchAll(QUANT)].at(-1)?.[1];
  if (own !== undefined) return own.toUpperCase();
  // Repositories of split files often name the quantization in the folder alone.
  const folder = path.split("/").at(-2);
  return folder === undefined ? undefined : [...folder.matchAll(QUANT)].at(-1)?.[1]?.toUpperCase();
}

/** The names of all parts of a split GGUF, in order; of any other file, itself. */
export function splitParts(file: string): string[] {
  const [, stem, , count] = SPLIT.exec(file) ?? [];
  if (stem === undefined || count === undefined || Number(count) === 0) return [file];
  const extension = file.slice(-".gguf".length);
  return Array.from(
    { length: Number(count) },
    (_, i) => `${stem}-${String(i + 1).padStart(5, "0")}-of-${count}${extension}`,
  );
}

function ggufModels(files: readonly string[]): GgufModel[] {
  const groups = new Map<string, { count: number; present: string[] }>();
  for (const file of [...files].sort()) {
    if (!/\.gguf$/i.test(file) || COMPANION.test(file)) continue;
    const [, stem, , count] = SPLIT.exec(file) ?? [];
    const id = stem === undefined ? file : `${stem}-of-${count}`;
    const group = groups.get(id) ?? { count: Number(count ?? 1), present: [] };
    group.present.push(file);
    groups.set(id, group);
  }
  return [...groups.values()].map(({ count, present }) => ({
    tag: quantTag(present[0]!),
    files: present,
    missing: Math.max(0, count - present.length),
  }));
}

function ggufChoice(model: GgufModel): Choice {
  return {
    format: "gguf",
    ...(model.tag === undefined ? {} : { tag: model.tag }),
    files: model.files,
    entry: model.files[0]!,
  };
}

function chooseTag(where: string, models: readonly GgufModel[], asked: string): Choice {
  const tag = asked.toUpperCase();
  const candidates =
    firstNonEmpty(
      models.filter((model) => model.tag === tag),
      models.filter((model) => model.tag === `UD-${tag}`),
      models.filter((model) => hasWord(model.files[0]!, tag)),
    ) ?? [];
  const whole = candidates.find((model) => model.missing === 0);
  if (whole !== undefined) return ggufChoice(whole);
  if (candidates[0] !== undefined) throw incomplete(where, candidates[0]);
  const available = models.map((model) => model.tag ?? model.files[0]!);
  throw new NoMatchingQuantError(where, asked, [...new Set(available)]);
}

/** Whether the path has the tag as a word of its own, as in "model.q4-tuned.gguf" for "Q4-TUNED". */
function hasWord(path: string, tag: string): boolean {
  const words = `-${path.replace(/\.gguf$/i, "").toUpperCase()}-`.replaceAll(/[._/]/g, "-");
  return words.includes(`-${tag.replaceAll(/[._]/g, "-")}-`);
}

function chooseFile(where: string, files: readonly string[], asked: string): Choice {
  const file = files.includes(asked)
    ? asked
    : files.find((file) => file.toLowerCase() === asked.toLowerCase());
  if (file === undefined) throw new NotFoundError(`${asked} in ${where}`, suggest(files, asked));
  if (/\.gguf$/i.test(file)) {
    const model = ggufModels(files).find((model) => model.files.includes(file)) ?? {
      tag: quantTag(file),
      files: [file],
      missing: 0,
    };
    if (model.missing > 0) throw incomplete(where, model);
    return ggufChoice(model);
  }
  if (/\.safetensors$/i.test(file)) {
    const beside = files.filter((other) => FOLDER_FILES.has(other));
    return { format: "safetensors", files: [...beside, file], entry: file };
  }
  throw new NoModelFilesError(`${file} of ${where}`, "is neither .gguf nor .safetensors");
}

function chooseFolder(where: string, files: readonly string[]): Choice {
  const folder = folderFiles(files);
  if (folder !== undefined) return folder;
  const loose = files.some((file) => file.endsWith(".safetensors"));
  throw new NoModelFilesError(
    where,
    loose
      ? "has .safetensors files but no config.json beside them; name one file to fetch it alone"
      : "has neither .gguf nor .safetensors files; look for a conversion of it (search its name with GGUF)",
  );
}

function folderFiles(files: readonly string[]): Choice | undefined {
  const top = files.filter((file) => !file.includes("/"));
  const weights = top.filter((file) => file.endsWith(".safetensors") && !file.startsWith("adapter_"));
  if (weights.length === 0 || !top.includes("config.json")) return undefined;
  // Repositories that also carry the weights under the names of their makers ("consolidated") name the usual ones "model".
  const usual = weights.filter((file) => /^model([-.]|$)/.test(file));
  const index = top.filter((file) => file === "model.safetensors.index.json");
  const shards =
    index.length > 0 ? usual.filter((file) => file !== "model.safetensors" || usual.length === 1) : usual;
  const config = files.filter((file) => FOLDER_FILES.has(file));
  return {
    format: "safetensors",
    files: [...config, ...index, ...(shards.length > 0 ? shards : weights)],
    entry: "",
  };
}

function incomplete(where: string, model: GgufModel): NoModelFilesError {
  return new NoModelFilesError(
    where,
    `has only some parts of ${model.files[0]}: ${model.missing} are missing`,
  );
}

function suggest(files: readonly string[], asked: string): string[] {
  const words = (name: string) => new Set(name.toLowerCase().split(/[^a-z0-9]+/));
  const wanted = words(asked);
  const score = (file: string) => [...words(file)].filter((word) => wanted.has(word)).length;
  const models = files.filter((file) => /\.(gguf|safetensors)$/i.test(file));
  return models
    .map((file) => ({ file, score: score(file) }))
    .sort((a, b) => b.score - a.score)
    .map(({ file }) => file);
}

function firstNonEmpty<T>(...lists: T[][]): T[] | undefined {
  return lists.find((list) => list.length > 0);
}
