import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { realpathSync } from "node:fs";
import manifest from "../package.json" with { type: "json" };
import { cli, STACK, temporaryFolder, tinyModel } from "./cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

/** Stands for the tiny model's path. */
const MODEL = "MODEL";
const COMMANDS = ["run", "chat", "serve", "info", "tokenize", "perplexity", "doctor", "completion"];

describe("help and version", () => {
  test("--version is the name and the version", async () => {
    expect(await cli(["--version"])).toEqual({ status: 0, out: `realizar ${manifest.version}\n`, err: "" });
  });

  test("--help names every command", async () => {
    const { status, out } = await cli(["--help"]);
    expect(status).toBe(0);
    expect(out).toStartWith("Usage: realizar");
    for (const command of COMMANDS) expect(out).toContain(`  ${command} `);
  });

  for (const command of COMMANDS) {
    test(`${command} --help fits 80 columns and gives examples`, async () => {
      const { status, out } = await cli([command, "--help"]);
      expect(status).toBe(0);
      expect(out).toContain("Examples:");
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    });
  }

  test("-t is threads wherever there are threads, and nothing else anywhere", async () => {
    for (const command of COMMANDS) {
      const { out } = await cli([command, "--help"]);
      for (const line of out.split("\n"))
        if (/^\s+-t\b/.test(line)) expect(line).toContain("-t, --threads <n");
      expect(out.includes("-t, --threads")).toBe(["run", "chat", "serve", "perplexity"].includes(command));
    }
  });
});

describe("mistakes in the command line: one line, exit 2", () => {
  const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["an unknown command", ["rnu"], /unknown command 'rnu' \(Did you mean run\?\); see realizar --help/],
    ["no model", ["run"], /no model: name one, or try .* realizar run --demo; see realizar run --help/],
    ["no model to talk with", ["chat"], /no model: name one, or try .* realizar chat --demo/],
    ["a model beside the built-in one", ["chat", "--demo", "m"], /too many arguments: with --demo no model/],
    [
      "a model and a prompt beside it",
      ["run", "--demo", "m", "hi"],
      /too many arguments: with --demo no model/,
    ],
    ["too many arguments", ["run", "m", "a", "b"], /too many arguments/],
    ["an unknown option", ["serve", "--bogus"], /unknown option '--bogus'; see realizar serve --help/],
    ["a temperature that is none", ["run", "m", "--temp", "x"], /number from 0 to 100/],
    ["a negative count", ["run", "m", "-n", "-1"], /whole number from 0 up/],
    ["half a token", ["run", "m", "-n", "1.5"], /whole number from 0 up/],
    ["a probability above 1", ["run", "m", "--top-p", "1.5"], /number from 0 to 1/],
    ["an empty stop text", ["run", "m", "--stop", ""], /must not be empty/],
    ["no thread", ["run", "m", "-t", "0"], /whole number from 1 to 256/],
    ["a format of another command", ["info", "--format", "stream"], /Allowed choices are text, json/],
    ["a KV type of nobody", ["run", "m", "--kv-type", "q2"], /Allowed choices are f32, f16, q8_0/],
    ["a port out of range", ["serve", "-p", "65536"], /whole number from 0 to 65535/],
    ["serve without a model", ["serve"], /no model to serve: name one/],
    ["perplexity without a text", ["perplexity", "m"], /required option '--file <path>'/],
    ["half a certificate", ["serve", "--model", MODEL, "--tls-cert", "c"], /belong together/],
    ["two prompts", ["run", MODEL, "hi", "--file", "f"], /not both/],
    ["no prompt", ["run", MODEL], /no prompt: give it as the second argument/],
  ];
  for (const [name, argv, message] of mistakes) {
    test(name, async () => {
      const { status, out, err } = await cli(argv.map((word) => (word === MODEL ? model : word)));
      expect(status).toBe(2);
      expect(out).toBe("");
      expect(err).toMatch(message);
      expect(err).toMatch(/^realizar: [^\n]+\n$/);
    });
  }

  test("no command: the help, on standard error", async () => {
    const { status, out, err } = await cli([]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("Usage: realizar");
  });
});

describe("errors: one line that says what to do, exit 1", () => {
  const cases: readonly (readonly [string, () => readonly string[], RegExp])[] = [
    [
      "a model that is not there",
      () => ["run", "/nowhere/m.gguf", "hi"],
      /\/nowhere\/m\.gguf does not exist/,
    ],
    ["a file that is no model", () => ["run", import.meta.path, "hi"], /model|GGUF/],
    ["a folder without a model", () => ["run", import.meta.dirname, "hi"], /model|config\.json/],
    ["info of nothing", () => ["info", "/nowhere"], /does not exist/],
    ["a vocabulary that is none", () => ["tokenize", "/nowhere", "hi"], /\/nowhere/],
    ["a prompt file that is not there", () => ["run", model, "--file", "/nowhere"], /cannot read|ENOENT/],
    [
      "a prompt longer than the context",
      () => ["run", model, "a".repeat(300)],
      /the prompt has \d+ tokens, the context 256/,
    ],
    ["a text that is not there", () => ["perplexity", model, "--file", "/nowhere"], /cannot read|ENOENT/],
  ];
  for (const [name, argv, message] of cases) {
    test(name, async () => {
      const { status, out, err } = await cli(argv());
      expect({ status, out }).toEqual({ status: 1, out: "" });
      expect(err).toMatch(message);
      expect(err).toMatch(/^realizar: [^\n]+\n$/);
      expect(err).not.toMatch(STACK);
    });
  }
});

test("an interruption without a signal of ours is Ctrl-C's status", async () => {
  expect((await cli(["run", model, "hi"], { signal: AbortSignal.abort(new Error("stop")) })).status).toBe(
    130,
  );
});

test("the entry point runs the command line of the process", async () => {
  const before = { argv: process.argv, exitCode: process.exitCode };
  const write = process.stdout.write;
  const signals = ["SIGINT", "SIGTERM"] as const;
  const listeners = signals.map((signal) => process.listeners(signal));
  let out = "";
  process.argv = [process.execPath, realpathSync(import.meta.path), "info", "--format", "json"];
  process.stdout.write = ((text: string) => {
    out += text;
    return true;
  }) as typeof write;
  try {
    await import("../src/main.ts");
  } finally {
    process.stdout.write = write;
    process.argv = before.argv;
    for (const [i, signal] of signals.entries())
      for (const listener of process.listeners(signal))
        if (!listeners[i]!.includes(listener)) process.off(signal, listener as () => void);
  }
  expect(process.exitCode as number | undefined).toBe(0);
  process.exitCode = before.exitCode ?? 0;
  expect(JSON.parse(out)).toEqual({ name: "realizar", version: manifest.version });
});
