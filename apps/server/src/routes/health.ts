import type { Exchange } from "../exchange.ts";
import { get } from "../route.ts";
import { healthResponse } from "../schemas/native.ts";

type Status = "healthy" | "loading" | "draining" | "failed";

function statusOf({ server }: Exchange): Status {
  const { lifecycle, store } = server;
  if (lifecycle.draining) return "draining";
  if (lifecycle.loadFailure !== undefined) return "failed";
  return store.pinnedReady() ? "healthy" : "loading";
}

function health(exchange: Exchange): Response {
  const status = statusOf(exchange);
  return Response.json(
    { status, version: exchange.server.version },
    { status: status === "healthy" ? 200 : 503 },
  );
}

export const healthRoutes = [
  get("/health", {
    summary: "Whether the server is ready: 503 while pinned models load and while it shuts down",
    open: true,
    response: healthResponse,
    handle: health,
  }),
  get("/v2/health/ready", {
    summary: "Readiness, as /health (Open Inference Protocol)",
    open: true,
    response: healthResponse,
    handle: health,
  }),
  get("/v2/health/live", {
    summary: "Liveness: 200 as long as the process answers (Open Inference Protocol)",
    open: true,
    response: healthResponse,
    handle: (exchange) => Response.json({ status: statusOf(exchange), version: exchange.server.version }),
  }),
];
