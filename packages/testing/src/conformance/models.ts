import { prepareModel } from "@realizar/model";
import type { Backend, KvType } from "@realizar/tensor";
import { batchOf, pageTables } from "../batches.ts";
import { seeded } from "../random.ts";
import { type TinyOptions, tinyCheckpoint } from "../tiny-checkpoint.ts";
import { batchesOf, MIXED, PLAN_PAGES } from "./plan.ts";
import { type Trial, tokensOf } from "./trial.ts";

/** Tokens of a tiny model. */
export const VOCAB = 101;

/** A tiny model as a trial: the steps of interleaved sequences, or of whole texts for encoders. */
export async function modelTrial(
  architecture: string,
  backend: Pick<Backend, "dtypes">,
  options: TinyOptions = {},
  kvType: KvType = "f32",
): Promise<Trial> {
  const { request, description } = await prepareModel(tinyCheckpoint(architecture, options), {
    kvType,
    pages: PLAN_PAGES,
    maxRows: 64,
    maxOutputRows: 64,
    dtypes: backend.dtypes,
  });
  const random = seeded(5);
  const texts = [30, 9].map((length) => tokensOf(random, length, VOCAB));
  const tables = pageTables(random, PLAN_PAGES, [30, 9]);
  const whole = batchOf(
    texts.map((tokens, i) => ({ tokens, from: 0, to: tokens.length, pages: tables[i]! })),
  );
  return {
    name: `a tiny ${architecture}${options.type ? ` of ${options.type}` : ""}`,
    weights: request.weights,
    kv: request.kv,
    build: request.build,
    buildHidden: request.buildHidden,
    steps: description.causal ? batchesOf(MIXED, VOCAB) : [whole],
  };
}

/** Sizes whose rows are whole blocks of 32, for quantized matrices. */
export const BLOCK_SIZES: TinyOptions["sizes"] = { dim: 64, headDim: 16, ffn: 96, expertFfn: 32 };
