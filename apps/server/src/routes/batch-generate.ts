import { answerBatch } from "../batch.ts";
import { openJob } from "../job.ts";
import { generateOne, nativeSettings } from "../native-generation.ts";
import type { Limits } from "../options.ts";
import { totalLength } from "../prompt.ts";
import { post } from "../route.ts";
import { batchGenerateRequest, batchGenerateResponse } from "../schemas/native.ts";

export const batchGenerateRoute = (limits: Limits) =>
  post("/batch/generate", {
    summary: "Continues several prompts at once, all with the same parameters and seed",
    request: batchGenerateRequest(limits.batchItems),
    response: batchGenerateResponse,
    handle: async (body, exchange) => {
      const job = await openJob(exchange, body.model_id);
      try {
        const settings = nativeSettings(body, job.model);
        const results = await answerBatch("prompts", body.prompts, (prompt) =>
          generateOne(job, prompt, settings, totalLength(body.prompts)),
        );
        return Response.json({ results });
      } finally {
        job.close();
      }
    },
  });
