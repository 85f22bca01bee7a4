import type { GenerationRequest } from "@realizar/engine";
import { errorBody, type HttpError } from "../errors.ts";
import { finishReasonOf, type Job, openJob } from "../job.ts";
import { nativePrompt, nativeSettings } from "../native-generation.ts";
import { post } from "../route.ts";
import { generateRequest } from "../schemas/native.ts";
import { type ServerSentEvent, sseResponse } from "../sse.ts";
import { streamJob } from "../stream-job.ts";

/** `token` events, then one `done`. The joined texts of the token events are the generated text. */
async function* events(job: Job, request: GenerationRequest): AsyncGenerator<ServerSentEvent> {
  let count = 0;
  let last = 0;
  for await (const event of job.generate(request)) {
    if (event.type === "token") {
      count++;
      last = event.id;
      yield { event: "token", data: { token_id: event.id, text: event.text } };
    } else if (event.type === "done") {
      // The rest of a character that the last token left incomplete.
      if (event.text !== "") yield { event: "token", data: { token_id: last, text: event.text } };
      const { seed } = request.sampling;
      yield { event: "done", data: { num_generated: count, finish_reason: finishReasonOf(event), seed } };
    }
  }
}

const errorEvent = (error: HttpError): ServerSentEvent => ({
  event: "error",
  data: errorBody(error, "plain"),
});

export const streamGenerateRoute = post("/stream/generate", {
  summary: "Continues a prompt, each token sent when it exists: events token, then done; or error",
  request: generateRequest,
  response: "text/event-stream",
  handle: async (body, exchange) => {
    const job = await openJob(exchange, body.model_id);
    let request: GenerationRequest;
    try {
      request = { ...nativeSettings(body, job.model), promptIds: await nativePrompt(body.prompt, job.model) };
    } catch (error) {
      job.close();
      throw error;
    }
    return streamJob(exchange, job, events(job, request), errorEvent, (sent, onCancel) =>
      sseResponse(sent, exchange.server.limits.keepAliveMs, { onCancel }),
    );
  },
});
