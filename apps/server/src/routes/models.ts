import type { ModelEvent, ModelStore } from "../model-store.ts";
import { get, post } from "../route.ts";
import { modelLoadResponse, modelRequest, modelsResponse } from "../schemas/native.ts";
import { type ServerSentEvent, sseResponse } from "../sse.ts";

/** Every model's state now, then what happens until the reader leaves. Progress is told by whole percents. */
async function* watch(store: ModelStore, left: AbortSignal): AsyncGenerator<ServerSentEvent> {
  const queue: ModelEvent[] = store.sources.map(({ id }) => ({ id, status: store.state(id) }));
  const percents = new Map<string, number>();
  let wake = () => {};
  const stop = store.watch((event) => {
    if (event.status === "loading" && event.progress !== undefined) {
      const percent = Math.floor(event.progress * 100);
      if (percents.get(event.id) === percent) return;
      percents.set(event.id, percent);
    }
    queue.push(event);
    wake();
  });
  const onLeft = () => wake();
  left.addEventListener("abort", onLeft);
  try {
    while (!left.aborted) {
      for (const event of queue.splice(0)) yield { event: "model", data: event };
      if (queue.length > 0 || left.aborted) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    left.removeEventListener("abort", onLeft);
    stop();
  }
}

export const modelRoutes = [
  get("/models", {
    summary: "The models this server has, loaded or not",
    response: modelsResponse,
    handle: async ({ server }) => Response.json({ models: await server.store.list() }),
  }),
  post("/models/load", {
    summary: "Loads a model and answers when it is loaded",
    request: modelRequest,
    response: modelLoadResponse,
    handle: async ({ model_id }, { server }) => {
      await server.store.load(model_id);
      return Response.json({ id: model_id, status: "loaded" });
    },
  }),
  post("/models/unload", {
    summary: "Unloads a model; requests it is serving are finished first",
    request: modelRequest,
    response: modelLoadResponse,
    handle: async ({ model_id }, { server }) => {
      await server.store.unload(model_id);
      return Response.json({ id: model_id, status: "unloaded" });
    },
  }),
  get("/models/events", {
    summary: "What happens to the models, as events: loading with its progress, loaded, failed, unloaded",
    response: "text/event-stream",
    handle: ({ request, server, notes }) => {
      const left = new AbortController();
      const leave = () => left.abort();
      request.signal.addEventListener("abort", leave);
      server.lifecycle.jobs.add(left);
      const { promise, resolve } = Promise.withResolvers<void>();
      notes.streamed = promise;
      left.signal.addEventListener("abort", () => {
        request.signal.removeEventListener("abort", leave);
        server.lifecycle.jobs.delete(left);
        resolve();
      });
      return sseResponse(watch(server.store, left.signal), server.limits.keepAliveMs, { onCancel: leave });
    },
  }),
];
