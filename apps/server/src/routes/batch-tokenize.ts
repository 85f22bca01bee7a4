import { answerBatch } from "../batch.ts";
import type { Limits } from "../options.ts";
import { encodeText, totalLength } from "../prompt.ts";
import { post } from "../route.ts";
import { batchTokenizeRequest, batchTokenizeResponse } from "../schemas/native.ts";
import { withModel } from "../with-model.ts";

export const batchTokenizeRoute = (limits: Limits) =>
  post("/batch/tokenize", {
    summary: "Texts to token ids, in their order",
    request: batchTokenizeRequest(limits.batchItems),
    response: batchTokenizeResponse,
    handle: async ({ texts, model_id }, exchange) => {
      const results = await withModel(exchange, model_id, (model) =>
        answerBatch("texts", texts, async (text) => {
          const ids = await encodeText(model, text, { addSpecial: false }, totalLength(texts));
          return { token_ids: ids, num_tokens: ids.length };
        }),
      );
      return Response.json({ results });
    },
  });
