import { embedAll } from "../embedding.ts";
import { openJob } from "../job.ts";
import { keepAlive, NANOSECONDS_PER_MS, ollamaName } from "../ollama-generation.ts";
import type { Limits } from "../options.ts";
import { checkFits, encodeText, totalLength } from "../prompt.ts";
import { post } from "../route.ts";
import {
  ollamaEmbeddingsRequest,
  ollamaEmbeddingsResponse,
  ollamaEmbedRequest,
  ollamaEmbedResponse,
} from "../schemas/ollama.ts";
import type { ServedModel } from "../served-model.ts";

/** The first ids of a text that fit; what the vocabulary puts behind a text stays behind it. */
function cut({ tokenizer, engine }: ServedModel, ids: readonly number[]): readonly number[] {
  const { contextSize } = engine.info;
  if (ids.length <= contextSize) return ids;
  return tokenizer.addEos ? [...ids.slice(0, contextSize - 1), ids.at(-1)!] : ids.slice(0, contextSize);
}

/** Embeddings as Ollama's clients ask for them: vectors of length 1, and the older form of one as it is. */
export const ollamaEmbeddingRoutes = (limits: Limits) => [
  post("/api/embed", {
    summary: "Vectors of texts (Ollama)",
    request: ollamaEmbedRequest(limits.embeddingInputs),
    response: ollamaEmbedResponse,
    anyContentType: true,
    handle: async ({ model: name, input, truncate, dimensions, keep_alive }, exchange) => {
      const arrived = performance.now();
      const job = await openJob(exchange, ollamaName(name, exchange.server));
      const loadMs = performance.now() - arrived;
      try {
        const { model } = job;
        keepAlive(exchange, job.modelId, keep_alive);
        const texts = typeof input === "string" ? [input] : input;
        const together = totalLength(texts);
        const inputs = await Promise.all(
          texts.map(async (text) => {
            const ids = await encodeText(model, text, {}, together);
            if (!truncate) checkFits(ids, model.engine.info.contextSize);
            return cut(model, ids);
          }),
        );
        const vectors = await embedAll(job, inputs, { dimensions });
        return Response.json({
          model: name,
          embeddings: vectors.map((vector) => [...vector]),
          total_duration: Math.round((performance.now() - arrived) * NANOSECONDS_PER_MS),
          load_duration: Math.round(loadMs * NANOSECONDS_PER_MS),
          prompt_eval_count: inputs.reduce((sum, ids) => sum + ids.length, 0),
        });
      } finally {
        job.close();
      }
    },
  }),
  post("/api/embeddings", {
    summary: "The vector of a text, of the length it has (Ollama, older)",
    request: ollamaEmbeddingsRequest,
    response: ollamaEmbeddingsResponse,
    anyContentType: true,
    handle: async ({ model: name, prompt, keep_alive }, exchange) => {
      const job = await openJob(exchange, ollamaName(name, exchange.server));
      try {
        const { model } = job;
        keepAlive(exchange, job.modelId, keep_alive);
        // Without a prompt the model is only loaded.
        const texts = prompt === "" ? [] : [cut(model, await encodeText(model, prompt))];
        const [vector] = await embedAll(job, texts, { normalize: false });
        return Response.json({ embedding: [...(vector ?? [])] });
      } finally {
        job.close();
      }
    },
  }),
];
