import { ChatError, TemplateLimitError, TemplateRaisedError, TemplateRuntimeError } from "./errors.ts";
import type { Stmt } from "./jinja/ast.ts";
import { Fault, LimitFault } from "./jinja/fault.ts";
import { globalFunctions } from "./jinja/globals.ts";
import { fromHost } from "./jinja/host.ts";
import { execute, Scope } from "./jinja/interpreter.ts";
import { Budget, DEFAULT_LIMITS, type TemplateLimits } from "./jinja/limits.ts";
import { parse } from "./jinja/parser.ts";
import type { Runtime } from "./jinja/runtime.ts";
import type { ChatMessage, ToolDefinition } from "./messages.ts";

/** What a rendering is given. Absent and null inputs other than `messages` stay undefined in the template. */
export interface RenderInput {
  messages: readonly ChatMessage[];
  tools?: readonly ToolDefinition[] | null;
  /** `add_generation_prompt`; false by default. */
  addGenerationPrompt?: boolean;
  /** `bos_token` and `eos_token`. */
  bosToken?: string;
  eosToken?: string;
  /** Further variables by their own names (`enable_thinking`, `date_string`, `documents`, ...). */
  extra?: Record<string, unknown>;
  /** What `strftime_now` reads, in local time; the time of the call by default. */
  now?: Date;
}

export interface ChatTemplate {
  readonly source: string;
  /**
   * The prompt for a conversation. The input is not changed, and the same input gives the same text.
   * @throws TemplateRuntimeError, TemplateRaisedError, TemplateLimitError
   */
  render(input: RenderInput): string;
}

/**
 * Compiles a chat template: Jinja as transformers runs it (jinja2's immutable sandbox with `trim_blocks`,
 * `lstrip_blocks` and loop controls; `tojson`, `raise_exception`, `strftime_now`, `{% generation %}`).
 * A template reaches nothing but its inputs, and stops at `limits`.
 * @throws TemplateSyntaxError, TemplateLimitError
 */
export function compileChatTemplate(
  source: string,
  options: { limits?: Partial<TemplateLimits> } = {},
): ChatTemplate {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  if (source.length > limits.maxSourceLength) {
    throw new TemplateLimitError("maxSourceLength", limits.maxSourceLength, null);
  }
  const body = guarded(
    () => parse(source),
    limits,
    () => null,
  );
  return { source, render: (input) => render(body, input, limits) };
}

function render(body: readonly Stmt[], input: RenderInput, limits: TemplateLimits): string {
  const budget = new Budget(limits);
  const rt: Runtime = { budget, globals: globalFunctions(budget, () => input.now ?? new Date()), line: 1 };
  let started = false;
  return guarded(
    () => {
      const scope = new Scope(null);
      for (const [name, value] of Object.entries(variables(input))) {
        if (value !== undefined) scope.variables.set(name, fromHost(value, budget));
      }
      started = true;
      return execute(body, scope, rt);
    },
    limits,
    () => (started ? rt.line : null),
  );
}

function variables(input: RenderInput): Record<string, unknown> {
  return {
    bos_token: input.bosToken,
    eos_token: input.eosToken,
    ...input.extra,
    messages: input.messages,
    tools: input.tools ?? undefined,
    add_generation_prompt: input.addGenerationPrompt ?? false,
  };
}

/** Runs `work`, turning the interpreter's faults, and a stack that ran out, into the package's errors. */
function guarded<T>(work: () => T, limits: TemplateLimits, line: () => number | null): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ChatError) throw error;
    if (error instanceof LimitFault) throw new TemplateLimitError(error.limit, error.allowed, line());
    if (error instanceof RangeError) throw new TemplateLimitError("maxDepth", limits.maxDepth, line());
    if (!(error instanceof Fault)) throw error;
    if (error.kind === "raised") throw new TemplateRaisedError(error.message, line());
    throw new TemplateRuntimeError(error.message, line());
  }
}

const CHATML = `{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' + (message['content'] or '') + '<|im_end|>\\n' }}
{%- endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{%- endif %}
`;

/** ChatML, for a model that brings no template. */
export function defaultTemplate(): ChatTemplate {
  return compileChatTemplate(CHATML);
}
