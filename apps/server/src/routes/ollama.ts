import { BadRequestError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { answerOllama, ollamaName, type Wrap } from "../ollama-generation.ts";
import { get, post } from "../route.ts";
import {
  ollamaChatRequest,
  ollamaChatResponse,
  ollamaGenerateRequest,
  ollamaGenerateResponse,
  ollamaShowRequest,
  ollamaShowResponse,
  ollamaTagsResponse,
  ollamaVersionResponse,
} from "../schemas/ollama.ts";
import type { ModelFacts } from "../served-model.ts";
import { withModel } from "../with-model.ts";

const NDJSON = "application/x-ndjson";

const asMessage: Wrap = (piece) => ({ message: { role: "assistant", ...piece } });
const asResponse: Wrap = ({ content, ...rest }) => ({ response: content, ...rest });

/** "1.1B", "260K" */
function sizeOf(parameters: number | undefined): string {
  if (parameters === undefined) return "";
  const units = [
    [1e9, "B"],
    [1e6, "M"],
    [1e3, "K"],
  ] as const;
  for (const [unit, letter] of units) {
    if (parameters >= unit) return `${(parameters / unit).toFixed(1).replace(/\.0$/, "")}${letter}`;
  }
  return `${parameters}`;
}

const detailsOf = (format: string, facts?: ModelFacts) => ({
  parent_model: "",
  format,
  family: facts?.architecture ?? "",
  families: facts === undefined ? [] : [facts.architecture],
  parameter_size: sizeOf(facts?.parameterCount),
  quantization_level: facts?.quantization ?? "",
});

async function tags({ server }: Exchange): Promise<Response> {
  const loaded = new Map(server.store.loaded());
  const started = new Date(server.startedSeconds * 1000).toISOString();
  const models = (await server.store.list()).map(({ id, format, bytes }) => ({
    name: id,
    model: id,
    modified_at: started,
    size: bytes,
    digest: "",
    details: detailsOf(format, loaded.get(id)?.facts),
  }));
  return Response.json({ models });
}

/** Variables that the templates of reasoning models read. */
const thinking = (think: boolean | null | undefined) =>
  think === undefined || think === null ? {} : { variables: { enable_thinking: think } };

/** Ollama's own interface, as desktop clients speak it. Its clients often leave the content type out. */
export const ollamaRoutes = [
  get("/api/version", {
    summary: "This server's version (Ollama)",
    response: ollamaVersionResponse,
    handle: ({ server }) => Response.json({ version: server.version }),
  }),
  get("/api/tags", {
    summary: "The models (Ollama)",
    response: ollamaTagsResponse,
    handle: tags,
  }),
  post("/api/show", {
    summary: "What is known of a model (Ollama)",
    request: ollamaShowRequest,
    response: ollamaShowResponse,
    anyContentType: true,
    handle: ({ model, name }, exchange) => {
      const wanted = model ?? name;
      if (wanted === undefined) throw new BadRequestError("model is required: it must be a string", "model");
      return withModel(exchange, ollamaName(wanted, exchange.server), ({ facts, chatTemplate, engine }) =>
        Response.json({
          modelfile: "",
          parameters: "",
          template: chatTemplate ?? "",
          details: detailsOf(facts.format, facts),
          model_info: {
            ...facts.metadata,
            "general.architecture": facts.architecture,
            "general.parameter_count": facts.parameterCount ?? null,
            [`${facts.architecture}.context_length`]: engine.info.contextSize,
          },
          capabilities: ["completion"],
        }),
      );
    },
  }),
  post("/api/chat", {
    summary: "Answers a conversation, in lines of JSON (Ollama)",
    request: ollamaChatRequest,
    response: ollamaChatResponse,
    streams: NDJSON,
    anyContentType: true,
    handle: ({ messages, think, ...body }, exchange) => {
      const conversation = {
        messages: messages.map(({ role, content, thinking: reasoning }) => ({
          role,
          content,
          ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
        })),
        ...thinking(think),
      };
      const input = messages.length === 0 ? undefined : conversation;
      return answerOllama(exchange, { ...body, options: body.options, input }, asMessage);
    },
  }),
  post("/api/generate", {
    summary: "Continues or answers a prompt, in lines of JSON (Ollama)",
    request: ollamaGenerateRequest,
    response: ollamaGenerateResponse,
    streams: NDJSON,
    anyContentType: true,
    handle: async ({ prompt, system, raw, think, ...body }, exchange) => {
      const model = ollamaName(body.model, exchange.server);
      const templated =
        !raw && (await withModel(exchange, model, ({ chatTemplate }) => chatTemplate !== undefined));
      const messages = [
        ...(system === "" ? [] : [{ role: "system", content: system }]),
        { role: "user", content: prompt },
      ];
      // Without a template there is nothing to tell the system text from the prompt: it goes in front.
      const plain = system === "" || raw ? prompt : `${system}\n\n${prompt}`;
      const input = prompt === "" ? undefined : templated ? { messages, ...thinking(think) } : plain;
      return answerOllama(exchange, { ...body, options: body.options, input }, asResponse);
    },
  }),
];
