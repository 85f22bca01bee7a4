import type { Exchange } from "../exchange.ts";
import { get } from "../route.ts";
import { openAiModel, openAiModels } from "../schemas/openai.ts";
import type { ModelSource } from "../served-model.ts";

const describe = ({ id }: ModelSource, { server }: Exchange) => ({
  id,
  object: "model" as const,
  created: server.startedSeconds,
  owned_by: "realizar",
});

export const v1ModelsRoutes = [
  get("/v1/models", {
    summary: "The models' names",
    dialect: "openai",
    response: openAiModels,
    handle: (exchange) =>
      Response.json({
        object: "list",
        data: exchange.server.store.sources.map((source) => describe(source, exchange)),
      }),
  }),
  get("/v1/models/:model{.+}", {
    summary: "One model",
    dialect: "openai",
    response: openAiModel,
    handle: (exchange) => {
      const id = decodeURIComponent(new URL(exchange.request.url).pathname.slice("/v1/models/".length));
      return Response.json(describe(exchange.server.store.find(id), exchange));
    },
  }),
];
