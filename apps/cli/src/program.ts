import { basename } from "node:path";
import { DEMO_MODEL_NAME, demoModel } from "@realizar/demo-model";
import { Argument, Command, CommanderError, Option } from "commander";
import { bench } from "./commands/bench.ts";
import { chat } from "./commands/chat.ts";
import { convert } from "./commands/convert.ts";
import { doctor } from "./commands/doctor.ts";
import { info } from "./commands/info.ts";
import { list } from "./commands/list.ts";
import { perplexity } from "./commands/perplexity.ts";
import { pull } from "./commands/pull.ts";
import { quantize } from "./commands/quantize.ts";
import { rm } from "./commands/rm.ts";
import { run } from "./commands/run.ts";
import { serve } from "./commands/serve.ts";
import { show } from "./commands/show.ts";
import { tokenize } from "./commands/tokenize.ts";
import { COMPLETIONS, SHELLS, type Shell } from "./completion.ts";

import { Interruption, oneLine, UsageError } from "./errors.ts";
import { addGenerationOptions } from "./generation-options.ts";
import type { Io } from "./io.ts";
import { contextSize, decimal, integer, integers, repeated, threads } from "./options.ts";
import { resolveModel, resolveServed } from "./resolve-model.ts";
import { VERSION } from "./version.ts";
import { folded } from "./word-wrap.ts";

const INFINITY = Number.POSITIVE_INFINITY;
/** Tokens, more than any context has. */
const MOST = 2 ** 24;

const threadsOption = () =>
  new Option("-t, --threads <n>", "compute threads (default: physical cores)").argParser(threads);
const contextOption = () =>
  new Option(
    "--ctx-size <n>",
    "most tokens of prompt and answer (default: the model's, at most 4096)",
  ).argParser(contextSize);
const kvTypeOption = () =>
  new Option(
    "--kv-type <type>",
    "number type of the KV cache (default: f32 for models in F32, otherwise q16)",
  ).choices(["f32", "f16", "q8_0", "q16"]);
const lengths = (flags: string, text: string, otherwise: number) =>
  new Option(flags, text).argParser(integers(0, MOST)).default([otherwise], String(otherwise));
const demoOption = () => new Option("--demo", "the small model that is built in");
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
    if (io.signal.aborted) return statusOf(io.signal.reason);
    const message = folded(`realizar: ${oneLine(error)}`, io);
    io.err(`${message.replace("realizar:", io.style.alarm("realizar:"))}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}

const statusOf = (reason: unknown) => (reason instanceof Interruption ? reason.status : 130);

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
      outputError: oneLineError("realizar"),
    })
    .showSuggestionAfterError()
    .addHelpText("after", EXAMPLES_ROOT);

  const located = (model: string) => resolveModel(model, environment);

  /** The model that the command line names: the built-in one, or the first argument. The other arguments follow. */
  const chosen = async (
    command: string,
    { demo }: { readonly demo?: boolean },
    words: readonly (string | undefined)[],
  ) => {
    const given = words.filter((word) => word !== undefined);
    const [model, ...others] = demo ? [DEMO_MODEL_NAME, ...given] : given;
    if (model === undefined)
      throw new UsageError(
        `no model: name one, or try the built-in one with realizar ${command} --demo; see realizar ${command} --help`,
      );
    if (others.length >= words.length)
      throw new UsageError(
        `too many arguments: with --demo no model is named; see realizar ${command} --help`,
      );
    return { name: model, model: demo ? await demoModel() : await located(model), others };
  };

  addGenerationOptions(
    root
      .command("run [model] [prompt]")
      .description("answer a prompt, or go on from it")
      .addOption(demoOption()),
  )
    .option("--system <text>", "instructions that go before the prompt")
    .option("--raw", "leave the model's chat template out: go on from the prompt")
    .addOption(threadsOption())
    .addOption(contextOption())
    .addOption(kvTypeOption())
    .option("--file <path>", "read the prompt from a file; a last line break is left out")
    .option("--echo", "print the prompt too, as the model reads it")
    .addOption(formatOption(["text", "json", "stream"]))
    .addHelpText("after", EXAMPLES_RUN)
    .action(async (first, second, flags) => {
      const { model, others } = await chosen("run", flags, [first, second]);
      await run(io, model, others[0], flags);
    });

  addGenerationOptions(
    root.command("chat [model]").description("talk with a model").addOption(demoOption()),
    CHAT_DEFAULTS,
  )
    .option("--system <text>", "instructions that go before the conversation")
    .option("--load <path>", "go on with a conversation that /save wrote")
    .option("--verbose", "tell each answer's tokens and speed")
    .addOption(threadsOption())
    .addOption(contextOption())
    .addOption(kvTypeOption())
    .addHelpText("after", EXAMPLES_CHAT)
    .action(async (first, flags) => {
      const { model, name } = await chosen("chat", flags, [first]);
      await chat(io, model, basename(name), flags);
    });

  root
    .command("serve")
    .description("serve models over HTTP")
    .option(
      "--model <[name=]path>",
      "a model to serve; may be given several times, the first is the default",
      repeated,
    )
    .addOption(demoOption())
    .option("--open", "show the page in a browser")
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
    .option(
      "--pin <name>",
      "load this one at the start and keep it, the others on first use; may be given several times",
      repeated,
    )
    .option("--max-model-bytes <n>", "bytes that loaded models may take", integer(1))
    .option("--model-idle <seconds>", "unload a model that was idle for so long", decimal(1, INFINITY))
    .option("--request-timeout <seconds>", "longest time of a request", decimal(1, 86400))
    .option("--max-requests <n>", "requests that run or wait at once; more are answered 429", integer(1))
    .option("--max-body-bytes <n>", "largest body of a request", integer(1))
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
    .action(async (flags) =>
      serve(io, {
        ...flags,
        demo: flags.demo ? await demoModel() : undefined,
        model: await Promise.all((flags.model ?? []).map((text: string) => resolveServed(text, environment))),
        environmentKey: environment.REALIZAR_API_KEY,
      }),
    );

  root
    .command("info [model]")
    .description("describe a model file or folder, or this program")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_INFO)
    .action(async (model, flags) => info(io, model && (await located(model)), flags));

  root
    .command("tokenize [model] [text]")
    .description("print the token ids of a text")
    .addOption(demoOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_TOKENIZE)
    .action(async (first, second, flags) => {
      const { model, others } = await chosen("tokenize", flags, [first, second]);
      await tokenize(io, model, others[0], flags);
    });

  root
    .command("perplexity <model>")
    .description("measure how well a model predicts a text")
    .requiredOption("--file <path>", "the text")
    .option("--context <n>", "tokens of a chunk", integer(4, 2 ** 20), 512)
    .option("--chunks <n>", "chunks to measure (default: all)", integer(1))
    .addOption(threadsOption())
    .addOption(kvTypeOption())
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_PERPLEXITY)
    .action(async (model, flags) => perplexity(io, await located(model), flags));

  root
    .command("bench <model>")
    .description("measure speed in llama-bench's conventions")
    .addOption(lengths("-p, --n-prompt <n,...>", "prompt lengths in tokens; 0 is none", 512))
    .addOption(lengths("-n, --n-gen <n,...>", "tokens decoded one by one; 0 is none", 128))
    .addOption(lengths("-d, --n-depth <n,...>", "tokens in the context beforehand", 0))
    .option("-t, --threads <n,...>", "compute threads (default: physical cores)", integers(1, 256))
    .option("-r, --repetitions <n>", "runs of each test after one to warm up", integer(1, 1000), 5)
    .addOption(kvTypeOption())
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"),
    )
    .addHelpText("after", EXAMPLES_BENCH)
    .action(async (model, flags) => bench(io, await located(model), flags));

  root
    .command("doctor [model]")
    .description("tell what this machine offers, and what would be faster")
    .option("--quick", "measure nothing")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_DOCTOR)
    .action((model: string | undefined, flags) =>
      doctor(
        io,
        environment,
        {
          name: model ?? DEMO_MODEL_NAME,
          load: async () => (model === undefined ? demoModel() : located(model)),
        },
        flags,
      ),
    );

  root
    .command("quantize <in> <out> <type>")
    .description("write a model with its weights in another type, such as Q8_0 or Q4_K_M")
    .addHelpText("after", EXAMPLES_QUANTIZE)
    .action(async (input, output, type) => quantize(io, await located(input), output, type));

  root
    .command("convert <dir> <out>")
    .description("write a Hugging Face folder as one GGUF file")
    .addHelpText("after", EXAMPLES_CONVERT)
    .action(async (input, output) => convert(io, await located(input), output));

  root
    .command("pull <name>")
    .description("download a model: org/name, org/name:Q4_K_M or a URL")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_PULL)
    .action((name, flags) => pull(io, environment, name, flags));

  root
    .command("list")
    .alias("ls")
    .description("list downloaded models")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_CACHE)
    .action((flags) => list(io, environment, flags));

  root
    .command("show <name>")
    .description("describe a downloaded model")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_CACHE)
    .action((name, flags) => show(io, environment, name, flags));

  root
    .command("rm <names...>")
    .description("remove downloaded models")
    .addOption(formatOption(["text", "json"]))
    .addHelpText("after", EXAMPLES_CACHE)
    .action((names, flags) => rm(io, environment, names, flags));

  root
    .command("completion")
    .description("print the script that completes commands in a shell")
    .addArgument(new Argument("<shell>", "yours").choices(SHELLS))
    .addHelpText("after", EXAMPLES_COMPLETION)
    .action((shell: Shell) => io.out(COMPLETIONS[shell](root)));

  for (const command of root.commands) {
    command
      .copyInheritedSettings(root)
      .configureOutput({ outputError: oneLineError(`realizar ${command.name()}`) });
  }
  return root;
}

/** commander's complaint on one line, with where to read on. */
const oneLineError = (name: string) => (text: string, write: (text: string) => void) => {
  const complaint = text
    .replace(/^error: /, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/\.$/, "");
  write(`realizar: ${complaint}; see ${name} --help\n`);
};

/** An answer may be longer than what `run` goes on with. */
const CHAT_DEFAULTS = { maxTokens: 1024 };

const EXAMPLES_ROOT = `
A MODEL is a .gguf or .safetensors file, a Hugging Face folder, or the name of
a model that was pulled.

Examples:
  realizar serve --demo --open
  realizar run --demo "Tell me a story about a fox."
  realizar pull org/name && realizar chat org/name
  realizar doctor
`;

const EXAMPLES_CHAT = `
In a chat /help tells the commands. Ctrl-C stops an answer, Ctrl-D leaves.
From a pipe every line is a message.

Examples:
  realizar chat --demo
  realizar chat model.gguf --system "Answer in one sentence." --ctx-size 2048
  printf 'Hello!\\nWho are you?\\n' | realizar chat --demo
`;

const EXAMPLES_DOCTOR = `
Examples:
  realizar doctor
  realizar doctor model.gguf
  realizar doctor --quick --format json
`;

const EXAMPLES_COMPLETION = `
Examples:
  realizar completion bash >> ~/.bashrc
  realizar completion zsh > ~/.zfunc/_realizar    in a folder of $fpath
  realizar completion fish > ~/.config/fish/completions/realizar.fish
`;

const EXAMPLES_RUN = `
A model with a chat template answers the prompt; any other goes on from it, as
every model does with --raw.

Examples:
  realizar run --demo "Tell me a story about a fox."
  realizar run model.gguf "Once upon a time" -n 100
  realizar run model.gguf --file prompt.txt --temperature 0
  echo "Once upon a time" | realizar run model.gguf --format json
`;

const EXAMPLES_SERVE = `
Examples:
  realizar serve --demo --open
  realizar serve --model model.gguf
  realizar serve --model small=a.gguf --model large=b.gguf --port 9000
`;

const EXAMPLES_INFO = `
Examples:
  realizar info
  realizar info model.gguf
  realizar info model.gguf --format json
`;

const EXAMPLES_TOKENIZE = `
Examples:
  realizar tokenize model.gguf "Once upon a time"
  realizar tokenize tokenizer.json "Once upon a time" --format json
`;

const EXAMPLES_PERPLEXITY = `
Examples:
  realizar perplexity model.gguf --file text.txt
  realizar perplexity model.gguf --file text.txt --context 256 --chunks 20
`;

const EXAMPLES_BENCH = `
Examples:
  realizar bench model.gguf
  realizar bench model.gguf -p 128,512 -n 32 -d 0,2000 -t 1,2 -r 3 -o json
`;

const EXAMPLES_QUANTIZE = `
Types: F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K_M, Q5_K_M, Q6_K and the
others of llama.cpp that need no importance matrix.

Examples:
  realizar quantize model-f16.gguf model-q4_k_m.gguf Q4_K_M
  realizar quantize ./huggingface-folder model-q8_0.gguf Q8_0
`;

const EXAMPLES_CONVERT = `
Examples:
  realizar convert ./huggingface-folder model.gguf
`;

const EXAMPLES_PULL = `
Examples:
  realizar pull org/name                  Q4_K_M, else the next best
  realizar pull org/name:Q8_0
  realizar pull org/name/folder/model.gguf
  realizar pull https://host/model.gguf

HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and HF_HUB_OFFLINE mean what they
mean to Python's huggingface_hub, and so does the cache.
`;

const EXAMPLES_CACHE = `
Examples:
  realizar list
  realizar show org/name
  realizar rm org/name:Q8_0
`;
