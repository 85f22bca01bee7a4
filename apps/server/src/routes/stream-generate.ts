import type { GenerationRequest, TokenEvent } from "@realizar/engine";
import { errorBody, type HttpError } from "../errors.ts";
import { endsInsideCharacter } from "../incomplete-character.ts";
import { finishReasonOf, type Job, openJob } from "../job.ts";
import { nativePrompt, nativeSettings } from "../native-generation.ts";
import { post } from "../route.ts";
import { generateRequest } from "../schemas/native.ts";
import { type ServerSentEvent, sseResponse } from "../sse.ts";
import { streamJob } from "../stream-job.ts";

const tokenEvent = (id: number, text: string): ServerSentEvent => ({
  event: "token",
  data: { token_id: id, text },
});

/**
 * One `token` event for each token, then `done`. The joined texts of the token events are the generated text: a token
 * that ends inside a character waits for the next, as the end may have to spell what there is of it.
 */
async function* events(job: Job, request: GenerationRequest): AsyncGenerator<ServerSentEvent> {
  const { tokenizer } = job.model;
  let count = 0;
  let waiting: TokenEvent | undefined;
  for await (const event of job.generate(request)) {
    if (event.type === "prompt") continue;
    const last = event.type === "done" ? event.text : "";
    if (waiting !== undefined) yield tokenEvent(waiting.id, waiting.text + last);
    waiting = undefined;
    if (event.type === "token") {
      count++;
      if (endsInsideCharacter(tokenizer.tokenBytes(event.id))) waiting = event;
      else yield tokenEvent(event.id, event.text);
    } else {
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
