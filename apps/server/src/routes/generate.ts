import { openJob } from "../job.ts";
import { generateOne, nativeSettings } from "../native-generation.ts";
import { post } from "../route.ts";
import { generateRequest, generateResponse } from "../schemas/native.ts";

export const generateRoute = post("/generate", {
  summary: "Continues a prompt",
  request: generateRequest,
  response: generateResponse,
  handle: async (body, exchange) => {
    const job = await openJob(exchange, body.model_id);
    try {
      return Response.json(await generateOne(job, body.prompt, nativeSettings(body, job.model)));
    } finally {
      job.close();
    }
  },
});
