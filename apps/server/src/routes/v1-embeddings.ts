import { embedAll } from "../embedding.ts";
import { BadRequestError } from "../errors.ts";
import { openJob } from "../job.ts";
import type { Limits } from "../options.ts";
import { checkFits, encodeText, totalLength } from "../prompt.ts";
import { post } from "../route.ts";
import { type EmbeddingBody, embeddingRequest, embeddingResponse } from "../schemas/openai.ts";
import type { ServedModel } from "../served-model.ts";

/** The ids of each input. A text gets what the vocabulary puts around one; ids are taken as they are. */
async function inputsOf(given: EmbeddingBody["input"], model: ServedModel): Promise<(readonly number[])[]> {
  const { vocabSize, contextSize } = model.engine.info;
  const inputs = typeof given === "string" || typeof given[0] === "number" ? [given] : given;
  const together = totalLength(inputs);
  return Promise.all(
    (inputs as (string | number[])[]).map(async (input) => {
      const ids = typeof input === "string" ? await encodeText(model, input, {}, together) : input;
      if (ids.length === 0) throw new BadRequestError("input has no tokens for this model", "input");
      const bad = ids.find((id) => id >= vocabSize);
      if (bad !== undefined) {
        throw new BadRequestError(
          `input must consist of token ids from 0 to ${vocabSize - 1}, but has ${bad}`,
          "input",
        );
      }
      checkFits(ids, contextSize);
      return ids;
    }),
  );
}

/** Little-endian float32, as every platform that this runs on has them. */
function toBase64(vector: Float32Array): string {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export const embeddingsRoute = (limits: Limits) =>
  post("/v1/embeddings", {
    summary: "Vectors of texts given as texts or token ids",
    dialect: "openai",
    request: embeddingRequest(limits.embeddingInputs),
    response: embeddingResponse,
    handle: async ({ model, input, encoding_format, dimensions, pooling }, exchange) => {
      const job = await openJob(exchange, model);
      try {
        const inputs = await inputsOf(input, job.model);
        const vectors = await embedAll(job, inputs, { pooling, dimensions });
        const tokens = inputs.reduce((sum, ids) => sum + ids.length, 0);
        const written = encoding_format === "base64" ? toBase64 : (vector: Float32Array) => [...vector];
        return Response.json({
          object: "list",
          data: vectors.map((vector, index) => ({ object: "embedding", index, embedding: written(vector) })),
          model: job.modelId,
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        });
      } finally {
        job.close();
      }
    },
  });
