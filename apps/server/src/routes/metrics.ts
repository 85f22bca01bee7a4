import { get } from "../route.ts";

export const metricsRoute = get("/metrics", {
  summary: "Figures in Prometheus' text format",
  response: "text/plain",
  handle: async ({ server }) =>
    new Response(await server.metrics.text(), { headers: { "content-type": server.metrics.contentType } }),
});
