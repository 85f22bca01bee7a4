import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cli, STACK, temporaryFolder, tinyModel } from "../cli.ts";

/** Tells everything it was given; refuses two messages of one role in a row. */
const TEMPLATE = `{{ bos_token }}{% set ns = namespace(last='') %}{% for m in messages %}
{%- if m['role'] == ns.last %}{{ raise_exception('two in a row') }}{% endif %}
{%- set ns.last = m['role'] %}{{ m['role'] }}:{{ m['content'] }}|{% endfor %}
{%- if add_generation_prompt %}assistant:{% endif %}`;

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
let model = "";
let plain = "";
beforeAll(async () => {
  model = await tinyModel(folder.path, "chatty.gguf", { chatTemplate: TEMPLATE, sizes: { context: 512 } });
  plain = await tinyModel(folder.path, "plain.gguf");
});
afterAll(folder.remove);

const FLAGS = ["-t", "1", "-n", "8", "--temp", "0"];
const chat = (typed: readonly (string | null)[], ...rest: string[]) =>
  cli(["chat", model, ...FLAGS, ...rest], { typed });
/** What the model says to a conversation, by way of `run --raw`. */
async function said(prompt: string, ...rest: string[]): Promise<string> {
  return (await cli(["run", model, "--raw", prompt, ...FLAGS, ...rest])).out;
}

describe("chat", () => {
  test("standard output is exactly the answers, each to all that was said before", async () => {
    const { status, out, err } = await chat(["hi", "and you"]);
    expect(status).toBe(0);
    const first = await said("user:hi|assistant:");
    const second = await said(`user:hi|assistant:${first.slice(0, -1)}|user:and you|assistant:`);
    expect(out).toBe(first + second);
    expect(err).toStartWith("chatty.gguf realizar ");
    expect(err).toContain("/help tells the commands");
    expect(err).not.toContain("\x1b");
  });

  test("from a pipe every line is a message, and nothing but answers is printed", async () => {
    const { out, err, status } = await cli(["chat", model, ...FLAGS], { input: 'hi\n"""\nand\nyou\n' });
    const first = await said("user:hi|assistant:");
    const second = await said(`user:hi|assistant:${first.slice(0, -1)}|user:and\nyou|assistant:`);
    expect({ out, err, status }).toEqual({ out: first + second, err: "", status: 0 });
  });

  test("instructions go before, and may be changed", async () => {
    const { out, err } = await chat(
      ["/system", "hi", "/system Be long", "/regen", '/system ""', "/system"],
      "--system",
      "Be short",
    );
    expect(out).toBe(
      (await said("system:Be short|user:hi|assistant:")) + (await said("system:Be long|user:hi|assistant:")),
    );
    expect(err).toContain("Be short\n");
    expect(err).toContain("no instructions are set");
  });

  test("/clear forgets", async () => {
    const { out } = await chat(["hi", "/clear", "hi"]);
    expect(out).toBe((await said("user:hi|assistant:")).repeat(2));
  });

  test("/save, /load and --load go on with a conversation", async () => {
    const path = at("chat.json");
    const { err } = await chat(["hi", `/save ${path}`, "you", "/save"], "--system", "S");
    expect(err).toContain(`2 messages written to ${path}`);
    expect(err).toContain(`4 messages written to ${path}`);
    const { model: name, messages } = JSON.parse(readFileSync(path, "utf8"));
    expect(name).toBe("chatty.gguf");
    expect(messages.map(({ role }: { role: string }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "user",
      "assistant",
    ]);
    const prompt = messages.map((m: { role: string; content: string }) => `${m.role}:${m.content}|`).join("");
    const next = await said(`${prompt}user:go on|assistant:`);
    expect((await chat([`/load ${path}`, "go on"])).out).toBe(next);
    expect((await chat(["go on"], "--load", path)).out).toBe(next);
    expect((await chat(["go on"], "--load", path, "--system", "T")).out).not.toBe(next);
  });

  test("/set changes what follows, and names what it cannot", async () => {
    const { out, err } = await chat([
      "/set max-tokens 3",
      "hi",
      "/set seed=5",
      "/set seed random",
      "/set top-p 2",
      "/set colour red",
    ]);
    expect(out).toBe(await said("user:hi|assistant:", "-n", "3"));
    expect(err).toContain("max-tokens 3, temperature 0, top-k 40, top-p 0.95, min-p 0.05, seed random");
    expect(err).toContain("seed 5");
    expect(err).toContain("top-p: It must be a number from 0 to 1.");
    expect(err).toContain("there is no setting colour: there are max-tokens,");
    expect(err).toContain("cut off after 3 tokens");
  });

  test("a command may be shortened while it stays clear; one that is none is told", async () => {
    const { err, out } = await chat(["/he", "/s", "/nothing", "/regen", "/save", "/load", "/load /nowhere"]);
    expect(out).toBe("");
    expect(err).toContain("/quit");
    for (const line of err.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(err).toContain("/s is no command (/system or /save or /set?); /help tells them");
    expect(err).toContain("/nothing is no command; /help tells them");
    expect(err).toContain("nothing was asked yet");
    expect(err).toContain("/save needs a file's name");
    expect(err).toContain("/load needs a file's name");
    expect(err).toContain("/nowhere cannot be read: there is no such file");
  });

  test("/quit and its other names leave, Ctrl-C at an empty prompt does so twice in a row", async () => {
    for (const word of ["/quit", "/exit", "/bye"])
      expect(await chat([word, "hi"])).toMatchObject({ status: 0, out: "" });
    expect(await chat([null, null, "hi"])).toMatchObject({ status: 0, out: "" });
    expect((await chat([null, "hi", null])).out).not.toBe("");
    expect((await chat([null, '"""', null, "hi"])).out).not.toBe("");
  });

  test("Ctrl-C stops an answer and not the program; what was said stays", async () => {
    const path = at("stopped.json");
    const { status, out, err } = await cli(["chat", model, "-t", "1", "-n", "200", "--temp", "0"], {
      typed: ["hi", `/save ${path}`],
      interruptAfter: (text) => text.length > 3,
    });
    expect(status).toBe(0);
    expect(err).toContain("\nstopped\n");
    const { messages } = JSON.parse(readFileSync(path, "utf8"));
    expect(`${messages[1].content}\n`).toBe(out);
    expect((await said("user:hi|assistant:", "-n", "200")).startsWith(messages[1].content)).toBe(true);
  });

  test("a context that is full forgets the oldest, and tells it once", async () => {
    const long = "a".repeat(100);
    const { status, err } = await chat([long, long, long, long, long], "--ctx-size", "300");
    expect(status).toBe(0);
    expect(
      err.match(/the context of 300 tokens is full: the first \d+ messages are not seen now/g)!.length,
    ).toBeGreaterThan(0);
  });

  test("a message longer than the context is told, and the chat goes on", async () => {
    const { status, out, err } = await chat(["a".repeat(600), "hi"]);
    expect(status).toBe(0);
    expect(err).toMatch(/the prompt has \d+ tokens, the context 512/);
    expect(out).toBe(await said("user:hi|assistant:"));
    const piped = await cli(["chat", model, ...FLAGS], { input: `${"a".repeat(600)}\nhi\n` });
    expect(piped).toMatchObject({ status: 1, out: "" });
    expect(piped.err).toMatch(/^realizar: the prompt has [^\n]+\n$/);
  });

  test("--verbose tells the speed, a terminal gets words that are whole", async () => {
    const { err, out } = await cli(["chat", model, ...FLAGS, "--verbose", "-n", "60"], {
      typed: ["hi"],
      outColumns: 20,
    });
    expect(err).toMatch(/\d+ tokens read, 60 generated, [\d.]+ tokens\/s/);
    expect(out.replace(/\s+/g, " ")).toBe(
      (await said("user:hi|assistant:", "-n", "60")).replace(/\s+/g, " "),
    );
  });

  test("a model without a chat template is refused with what to do", async () => {
    const { status, out, err } = await cli(["chat", plain]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toBe(
      "realizar: plain.gguf has no chat template, so it holds no conversations: let it go on from a text with realizar run\n",
    );
  });

  test("a signal to stop ends it", async () => {
    const controller = new AbortController();
    const { status, err } = await cli(["chat", model, ...FLAGS], {
      typed: ["hi", "hi"],
      signal: controller.signal,
      onOut: () => controller.abort(new Error("stop")),
    });
    expect(status).toBe(130);
    expect(err).not.toMatch(STACK);
  });

  test("a saved conversation that is none is refused before the model is loaded", async () => {
    writeFileSync(at("none.json"), "[]");
    expect((await chat(["hi"], "--load", at("none.json"))).status).toBe(1);
    expect(existsSync(at("none.json"))).toBe(true);
  });
});

describe("run with a chat template", () => {
  const run = (...rest: string[]) => cli(["run", model, "hi", ...FLAGS, ...rest]);

  test("answers by it, and goes on from the text with --raw", async () => {
    expect((await run()).out).toBe(await said("user:hi|assistant:"));
    expect((await run("--raw")).out).toBe(await said("hi"));
    expect((await run("--system", "S")).out).toBe(await said("system:S|user:hi|assistant:"));
  });

  test("--echo tells what the model reads", async () => {
    expect((await run("--echo")).out).toBe(`<s>user:hi|assistant:${(await run()).out}`);
  });

  test("--system needs a template", async () => {
    const raw = await run("--raw", "--system", "S");
    expect({ status: raw.status, out: raw.out }).toEqual({ status: 2, out: "" });
    expect(raw.err).toMatch(/--system goes into the chat template, which --raw leaves out/);
    const none = await cli(["run", plain, "hi", "--system", "S"]);
    expect({ status: none.status, out: none.out }).toEqual({ status: 2, out: "" });
    expect(none.err).toMatch(/no chat template for --system/);
  });
});
