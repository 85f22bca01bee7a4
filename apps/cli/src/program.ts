import { Command, CommanderError, Option } from "commander";
import { info } from "./commands/info.ts";
import { perplexity } from "./commands/perplexity.ts";
import { run } from "./commands/run.ts";
import { serve } from "./commands/serve.ts";
import { tokenize } from "./commands/tokenize.ts";
import { oneLine, UsageError } from "./errors.ts";
import type { Io } from "./io.ts";
import { contextSize, decimal, integer, repeated, threads } from "./options.ts";
import { VERSION } from "./version.ts";

const INFINITY = Number.POSITIVE_INFINITY;

const threadsOption = () =>
  new Option("-t, --threads <n>", "compute threads (default: physical cores)").argParser(threads);
const contextOption = () =>
  new Option(
    "--ctx-size <n>",
    "most tokens of prompt and answer (default: the model's, at most 4096)",
  ).argParser(contextSize);
const kvTypeOption = () =>
  new Option("--kv-type <type>", "number type of the KV cache").choices(["f32", "f16", "q8_0"]);
const formatOption = (choices: readonly string[]) =>
  new Option("--format <format>", "output format").choices(choices).default("text");

/**
 * Runs the command line.
 * @returns the exit status: 0, 1 for an error, 2 for a mistake in the command line
 */
export async function main(
  argv: readonly string[],
  io: Io,
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<number> {
  try {
    await program(io, environment).parseAsync([...argv], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (io.signal.aborted) return 130;
    io.err(`realizar: ${oneLine(error)}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function program(io: Io, environment: Readonly<Record<string, string | undefined>>): Command {
  const root = new Command("realizar")
    .description("An LLM inference engine in TypeScript and WebAssembly")
    .version(`realizar ${VERSION}`, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: io.out,
      writeErr: io.err,
      getErrHelpWidth: () => io.columns,
      getOutHelpWidth: () => io.columns,
    })
    .showSuggestionAfterError();

  root
    .command("run <model> [prompt]")
    .description("generate text after a prompt")
    .option("-n, --max-tokens <n>", "most tokens to generate", integer(0), 256)
    .addOption(new Option("--temp, --temperature <t>", "0 is greedy").argParser(decimal(0, 100)).default(0.8))
    .option("--top-k <k>", "the k likeliest; 0 is off", integer(0), 40)
    .option("--top-p <p>", "the likeliest that reach p together; 1 is off", decimal(0, 1), 0.95)
    .option("--min-p <p>", "those p times as likely as the likeliest; 0 is off", decimal(0, 1), 0.05)
    .option("--seed <n>", "same seed, same text (default: a fresh one)", integer(0))
    .option("--stop <text>", "end before this text; may be given several times", repeated)
    .addOption(threadsOption())
    .addOption(contextOption())
    .addOption(kvTypeOption())
    .option("--file <path>", "read the prompt from a file")
    .option("--echo", "print the prompt first")
    .addOption(formatOption(["text", "json", "stream"]))
    .addHelpText("after", EXAMPLES_RUN)
    .action((model, prompt, flags) => run(io, model, prompt, flags));

  root
    .command("serve")
    .description("serve models over HTTP")
    .option(
      "--model <[name=]path>",
      "a model to serve; may be given several times, the first is the default",
      repeated,
    )
    .option("-H, --host <address>", "address to listen on", "127.0.0.1")
    .option("-p, --port <n>", "port to listen on", integer(0, 65535), 8080)
    .addOption(threadsOption())
    .addOption(contextOption())
    .addOption(kvTypeOption())
    .option(
      "--parallel <n>",
      "sequences of full context that the KV cache has room for (default: 4)",
      integer(1, 1024),
    )
    .option("--lazy", "load models on first use")
    .option("--max-model-bytes <n>", "bytes that loaded models may take", integer(1))
    .option("--model-idle <seconds>", "unload a model that was idle for so long", decimal(1, INFINITY))
    .option("--request-timeout <seconds>", "longest time of a request", decimal(1, 86400))
    .option("--grace <seconds>", "time to finish requests when stopping", decimal(0, 3600), 30)
    .option(
      "--api-key <key>",
      "ask for this key; may be given several times (also REALIZAR_API_KEY)",
      repeated,
    )
    .option("--api-key-file <path>", "ask for one of the keys in this file, one a line")
    .option("--cors-origin <origin>", "let pages of this origin ask; may be given several times", repeated)
    .option("--tls-cert <path>", "PEM certificate")
    .option("--tls-key <path>", "PEM private key")
    .addOption(new Option("--metrics-compat <names>", "add another server's metric names").choices(["vllm"]))
    .addOption(
      new Option("--log-level <level>", "what to log on standard error")
        .choices(["silent", "error", "warn", "info", "debug"])
        .default("warn"),
    )
    .addHelpText("after", EXAMPLES_SERVE)
    .action((flags) => serve(io, { ...flags, environmentKey: environment.REALIZAR_API_KEY }));

  root
    .command("info [model]")
    .description("describe a model file or folder, or this program")
    .addOption(formatOption(["text", "json"]))
    .action((model, flags) => info(io, model, flags));

  root
    .command("tokenize <model> <text>")
    .description("print the token ids of a text")
    .addOption(formatOption(["text", "json"]))
    .action((model, text, flags) => tokenize(io, model, text, flags));

  root
    .command("perplexity <model>")
    .description("measure how well a model predicts a text")
    .requiredOption("--file <path>", "the text")
    .option("--context <n>", "tokens of a chunk", integer(4, 2 ** 20), 512)
    .option("--chunks <n>", "chunks to measure (default: all)", integer(1))
    .addOption(threadsOption())
    .addOption(kvTypeOption())
    .addOption(formatOption(["text", "json"]))
    .action((model, flags) => perplexity(io, model, flags));

  for (const command of root.commands) command.exitOverride().copyInheritedSettings(root);
  return root;
}

const EXAMPLES_RUN = `
Examples:
  realizar run model.gguf "Once upon a time" -n 100
  realizar run model.gguf --file prompt.txt --temperature 0
  echo "Once upon a time" | realizar run model.gguf --format json
`;

const EXAMPLES_SERVE = `
Examples:
  realizar serve --model model.gguf
  realizar serve --model small=a.gguf --model large=b.gguf --port 9000
`;
