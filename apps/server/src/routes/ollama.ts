import type { ChatMessage } from "@realizar/chat";
import { callsTools, reasons, toToolDefinition } from "../chat-prompt.ts";
import { BadRequestError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { answerOllama, ollamaName, type Wrap } from "../ollama-generation.ts";
import { get, post } from "../route.ts";
import {
  type OllamaCommon,
  type OllamaMessage,
  ollamaChatRequest,
  ollamaChatResponse,
  ollamaGenerateRequest,
  ollamaGenerateResponse,
  ollamaPsResponse,
  ollamaShowRequest,
  ollamaShowResponse,
  ollamaTagsResponse,
  ollamaVersionResponse,
} from "../schemas/ollama.ts";
import type { ModelFacts, ServedModel } from "../served-model.ts";
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

/** What the two generating endpoints share. */
const askOf = ({ model, stream, options, think, keep_alive }: OllamaCommon) => ({
  model,
  stream,
  options,
  think,
  keepAliveMs: keep_alive,
});

/** Ollama's calls need no ids; templates that print them get their place in the conversation. */
function toChatMessage(message: OllamaMessage, at: number): ChatMessage {
  const { role, content, thinking: reasoning, tool_calls, tool_name, tool_call_id } = message;
  return {
    role,
    content,
    ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
    ...(tool_name === undefined ? {} : { name: tool_name }),
    ...(tool_call_id === undefined ? {} : { tool_call_id }),
    ...(tool_calls === undefined
      ? {}
      : {
          tool_calls: tool_calls.map(({ id, function: { name, arguments: args } }, i) => ({
            id: id ?? `call${at}${i}`,
            type: "function" as const,
            function: { name, arguments: args },
          })),
        }),
  };
}

/** Far enough away to be never. */
const NEVER = "9999-12-31T23:59:59Z";

function running({ server }: Exchange): Response {
  const models = server.store.loaded().map(([id, { facts, engine }]) => {
    const expiry = server.store.expiryOf(id);
    return {
      name: id,
      model: id,
      size: facts.bytes,
      digest: "",
      details: detailsOf(facts.format, facts),
      expires_at: expiry === undefined ? NEVER : new Date(expiry).toISOString(),
      size_vram: 0,
      context_length: engine.info.contextSize,
    };
  });
  return Response.json({ models });
}

/** What a model can do, in Ollama's words. */
function capabilitiesOf(model: ServedModel): string[] {
  if (!model.engine.info.causal) return ["embedding"];
  return ["completion", ...(callsTools(model) ? ["tools"] : []), ...(reasons(model) ? ["thinking"] : [])];
}

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
  get("/api/ps", {
    summary: "The loaded models (Ollama)",
    response: ollamaPsResponse,
    handle: running,
  }),
  post("/api/show", {
    summary: "What is known of a model (Ollama)",
    request: ollamaShowRequest,
    response: ollamaShowResponse,
    anyContentType: true,
    handle: ({ model, name }, exchange) => {
      const wanted = model ?? name;
      if (wanted === undefined) throw new BadRequestError("model is required: it must be a string", "model");
      return withModel(exchange, ollamaName(wanted, exchange.server), (model) => {
        const { facts, chatTemplate, engine } = model;
        return Response.json({
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
          capabilities: capabilitiesOf(model),
        });
      });
    },
  }),
  post("/api/chat", {
    summary: "Answers a conversation, in lines of JSON (Ollama)",
    request: ollamaChatRequest,
    response: ollamaChatResponse,
    streams: NDJSON,
    anyContentType: true,
    handle: ({ messages, tools, ...body }, exchange) => {
      const conversation = {
        messages: messages.map(toChatMessage),
        tools: (tools ?? []).map(toToolDefinition),
      };
      const input = messages.length === 0 ? undefined : conversation;
      return answerOllama(exchange, { ...askOf(body), input }, asMessage);
    },
  }),
  post("/api/generate", {
    summary: "Continues or answers a prompt, in lines of JSON (Ollama)",
    request: ollamaGenerateRequest,
    response: ollamaGenerateResponse,
    streams: NDJSON,
    anyContentType: true,
    handle: async ({ prompt, system, raw, ...body }, exchange) => {
      const model = ollamaName(body.model, exchange.server);
      const templated =
        !raw && (await withModel(exchange, model, ({ chatTemplate }) => chatTemplate !== undefined));
      const messages = [
        ...(system === "" ? [] : [{ role: "system", content: system }]),
        { role: "user", content: prompt },
      ];
      // Without a template there is nothing to tell the system text from the prompt: it goes in front.
      const plain = system === "" || raw ? prompt : `${system}\n\n${prompt}`;
      const input = prompt === "" ? undefined : templated ? { messages } : plain;
      return answerOllama(exchange, { ...askOf(body), input }, asResponse);
    },
  }),
];
