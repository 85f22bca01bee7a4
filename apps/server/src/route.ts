import type { z } from "zod";
import { readBody } from "./body.ts";
import type { Dialect } from "./errors.ts";
import type { Exchange } from "./exchange.ts";

/** One endpoint: how it is reached, what it takes, what it answers. The router and the OpenAPI document are made of these. */
export interface Route {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly summary: string;
  /** The form of its errors. */
  readonly dialect: Dialect;
  /** Reached without an API key. */
  readonly open: boolean;
  readonly request?: z.ZodType;
  /** A JSON schema source, or a content type where the answer is not JSON. */
  readonly response: z.ZodType | string;
  /** Content type of the streamed form of the answer. */
  readonly streams?: string;
  run(exchange: Exchange): Response | Promise<Response>;
}

interface Parts {
  readonly summary: string;
  readonly dialect?: Dialect;
  readonly open?: boolean;
  readonly response: z.ZodType | string;
  readonly streams?: string;
}

/** A route without a body. */
export function get(
  path: string,
  parts: Parts & { handle(exchange: Exchange): Response | Promise<Response> },
): Route {
  const { handle, ...rest } = parts;
  return { method: "GET", path, dialect: "plain", open: false, ...rest, run: handle };
}

/** A route that takes a JSON object, checked before its handler sees it. */
export function post<S extends z.ZodType>(
  path: string,
  parts: Parts & {
    readonly request: S;
    /** See `BodyRules.anyContentType`. */
    readonly anyContentType?: boolean;
    handle(body: z.output<S>, exchange: Exchange): Response | Promise<Response>;
  },
): Route {
  const { handle, anyContentType, ...rest } = parts;
  return {
    method: "POST",
    path,
    dialect: "plain",
    open: false,
    ...rest,
    async run(exchange) {
      const body = await readBody(exchange.request, parts.request, {
        ...exchange.server.limits,
        ...(anyContentType === undefined ? {} : { anyContentType }),
      });
      return handle(body, exchange);
    },
  };
}
