import { z } from "zod";
import type { Dialect } from "./errors.ts";
import { get, type Route } from "./route.ts";

type Json = Record<string, unknown>;

const ERROR_SCHEMAS: Readonly<Record<Dialect, Json>> = {
  plain: {
    type: "object",
    properties: { error: { type: "string" } },
    required: ["error"],
  },
  openai: {
    type: "object",
    properties: {
      error: {
        type: "object",
        properties: {
          message: { type: "string" },
          type: { type: "string" },
          param: { type: ["string", "null"] },
          code: { type: ["string", "integer", "null"] },
        },
        required: ["message", "type"],
      },
    },
    required: ["error"],
  },
};

/** OpenAPI 3.1's schemas are JSON Schema 2020-12, which is what zod writes. */
function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json;
  return rest;
}

/** A route's parameter: its name and, perhaps, the pattern it matches. */
const PARAMETER = /:(\w+)(\{[^}]*\})?/g;

function operation(route: Route): Json {
  const { path, summary, request, response, streams, dialect, open } = route;
  const parameters = [...path.matchAll(PARAMETER)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const content: Json =
    typeof response === "string"
      ? { [response]: { schema: { type: "string" } } }
      : { "application/json": { schema: schemaOf(response, "output") } };
  if (streams !== undefined) content[streams] = { schema: { type: "string" } };
  const failure = (description: string) => ({
    description,
    content: { "application/json": { schema: { $ref: `#/components/schemas/${dialect}Error` } } },
  });
  return {
    summary,
    ...(open ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(request, "input") } },
          },
        }),
    responses: {
      200: { description: "The answer", content },
      "4XX": failure("The request is at fault"),
      "5XX": failure("The server is at fault"),
    },
  };
}

/** The OpenAPI 3.1 document of these routes. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(PARAMETER, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "realizar", version, license: { name: "MIT" } },
    paths,
    components: {
      schemas: { plainError: ERROR_SCHEMAS.plain, openaiError: ERROR_SCHEMAS.openai },
      securitySchemes: { apiKey: { type: "http", scheme: "bearer" } },
    },
    security: [{ apiKey: [] }, {}],
  };
}

/** The route that tells of all routes, itself included. */
export function openApiRoute(others: readonly Route[]): Route {
  let text: string | undefined;
  const route: Route = get("/openapi.json", {
    summary: "This document",
    response: z.record(z.string(), z.unknown()),
    handle: ({ server }) => {
      text ??= JSON.stringify(openApiDocument([...others, route], server.version));
      return new Response(text, { headers: { "content-type": "application/json" } });
    },
  });
  return route;
}
