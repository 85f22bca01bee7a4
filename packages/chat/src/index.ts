// Chat templates

export { type TemplateCapabilities, templateCapabilities } from "./capabilities.ts";
// Output channels
export { type Dialect, detectDialect, dialectMarkers, PLAIN_DIALECT } from "./channels/dialect.ts";
export {
  type ChannelParserOptions,
  createChannelParser,
  joinDeltas,
  type ParsedAnswer,
  parseAnswer,
} from "./channels/parser.ts";
export type { ChannelDelta, ChannelParser, GeneratedToolCall } from "./channels/types.ts";
// Errors
export {
  ChatError,
  TemplateError,
  TemplateLimitError,
  TemplateRaisedError,
  TemplateRuntimeError,
  TemplateSyntaxError,
} from "./errors.ts";
export { DEFAULT_LIMITS, type TemplateLimits } from "./jinja/limits.ts";
// Messages
export type { ChatMessage, ContentPart, ToolCall, ToolDefinition } from "./messages.ts";
export { normalizeMessages } from "./normalize.ts";
export { type ChatTemplate, compileChatTemplate, defaultTemplate, type RenderInput } from "./template.ts";
