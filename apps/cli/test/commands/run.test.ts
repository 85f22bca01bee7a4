import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cli, type Result, STACK, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

const PROMPT = "Once upon a time";
const run = (...rest: string[]) => cli(["run", model, PROMPT, "-t", "1", ...rest]);
const json = ({ out }: Result) => JSON.parse(out);
const lines = ({ out }: Result) =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("run", () => {
  test("standard output is the text and one newline, whatever the format says it is", async () => {
    const flags = ["-n", "20", "--seed", "7"];
    const text = await run(...flags);
    const object = json(await run(...flags, "--format", "json"));
    const stream = lines(await run(...flags, "--format", "stream"));
    expect(text.status).toBe(0);
    expect(text.out).toBe(`${object.text}\n`);
    expect(text.out.length).toBeGreaterThan(1);
    expect(stream.map((line) => line.text ?? "").join("")).toBe(object.text);
    expect(stream.slice(0, -1).map((line) => line.token_id)).toEqual(object.token_ids);
    expect(stream.at(-1)).toMatchObject({ done: true, finish_reason: "length", seed: 7 });
  });

  test("json is one object with text, ids, reason, seed and timings", async () => {
    const result = await run("-n", "5", "--format", "json");
    const { text, token_ids, finish_reason, seed, timings, ...rest } = json(result);
    expect(rest).toEqual({});
    expect(text).toBeString();
    expect(token_ids).toHaveLength(5);
    expect(finish_reason).toBe("length");
    expect(Number.isSafeInteger(seed)).toBe(true);
    for (const key of ["prompt_ms", "generation_ms", "prompt_tokens_per_second", "tokens_per_second"])
      expect(timings[key]).toBeNumber();
    expect(result.out.split("\n")).toHaveLength(2);
  });

  test("speed goes to standard error, in one line", async () => {
    const { err } = await run("-n", "3", "--seed", "4");
    expect(err).toMatch(
      /^prompt \d+ tokens, [\d.]+ tokens\/s; generated 3 tokens, [\d.]+ tokens\/s; seed 4\n$/,
    );
  });

  test("the same seed gives the same text, and another another", async () => {
    const [a, b, c] = [
      await run("--seed", "1", "-n", "12"),
      await run("--seed", "1", "-n", "12"),
      await run("--seed", "2", "-n", "12"),
    ];
    expect(a!.out).toBe(b!.out);
    expect(a!.out).not.toBe(c!.out);
  });

  test("without a seed a fresh one is drawn and told, and gives the same text again", async () => {
    const flags = ["-n", "20", "--format", "json"];
    const [a, b] = [json(await run(...flags)), json(await run(...flags))];
    expect(a.seed).not.toBe(b.seed);
    expect(json(await run(...flags, "--seed", String(a.seed))).text).toBe(a.text);
  });

  test("a temperature of 0 is greedy: no seed changes it", async () => {
    const [a, b] = [
      await run("--temp", "0", "--seed", "1", "-n", "12"),
      await run("--temperature", "0", "--seed", "2", "-n", "12"),
    ];
    expect(a!.out).toBe(b!.out);
  });

  test("the prompt may come from standard input or a file, a last line break left out", async () => {
    const flags = ["-t", "1", "-n", "8", "--temp", "0"];
    const wanted = (await run(...flags)).out;
    const file = join(folder.path, "prompt.txt");
    await writeFile(file, `${PROMPT}\n`);
    expect((await cli(["run", model, ...flags], { input: PROMPT })).out).toBe(wanted);
    expect((await cli(["run", model, ...flags], { input: `${PROMPT}\r\n` })).out).toBe(wanted);
    expect((await cli(["run", model, ...flags, "--file", file])).out).toBe(wanted);
    expect((await cli(["run", model, ...flags, "--file", file], { input: "not this" })).out).toBe(wanted);
  });

  test("an empty standard input is no prompt, an empty argument is one", async () => {
    expect((await cli(["run", model], { input: "" })).status).toBe(2);
    expect((await cli(["run", model, "", "-n", "2"])).status).toBe(0);
  });

  test("--echo tells the prompt too, in every format", async () => {
    const flags = ["-n", "4", "--temp", "0"];
    const plain = await run(...flags);
    expect((await run(...flags, "--echo")).out).toBe(PROMPT + plain.out);
    const object = json(await run(...flags, "--echo", "--format", "json"));
    expect(`${object.text}\n`).toBe(PROMPT + plain.out);
    const stream = lines(await run(...flags, "--echo", "--format", "stream"));
    expect(stream[0].text).toBe(PROMPT);
    expect([...stream[0].token_ids, ...stream.slice(1, -1).map((line) => line.token_id)]).toEqual(
      object.token_ids,
    );
  });

  test("a stop text ends the text before it", async () => {
    const whole = (await run("-n", "30", "--seed", "3")).out.trimEnd();
    const stop = whole.slice(10, 12);
    const object = json(
      await run("-n", "30", "--seed", "3", "--stop", "\u0001", "--stop", stop, "--format", "json"),
    );
    expect(object.finish_reason).toBe("stop");
    expect(object.text).toBe(whole.slice(0, whole.indexOf(stop)));
  });

  test("no token asked for: only the newline", async () => {
    expect((await run("-n", "0")).out).toBe("\n");
    expect(json(await run("-n", "0", "--format", "json"))).toMatchObject({ text: "", token_ids: [] });
  });

  test("the end of the context ends the text", async () => {
    const { token_ids, finish_reason } = json(await run("-n", "100", "--ctx-size", "32", "--format", "json"));
    expect(finish_reason).toBe("length");
    expect(token_ids.length).toBeLessThan(32);
  });

  test("a context that the model does not have is refused with the largest", async () => {
    const { status, out, err } = await run("--ctx-size", "257");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toBe("realizar: the model's context is 256 tokens: give --ctx-size at most that\n");
  });

  test("the number of threads changes no bit", async () => {
    const one = await run("-t", "1", "--seed", "5", "-n", "9");
    expect((await run("-t", "2", "--seed", "5", "-n", "9")).out).toBe(one.out);
    expect((await run("--threads", "3", "--seed", "5", "-n", "9")).out).toBe(one.out);
  });

  test("the KV cache may be smaller", async () => {
    for (const type of ["f16", "q8_0"]) expect((await run("--kv-type", type, "-n", "4")).status).toBe(0);
  });

  test("a terminal's lines are broken between words", async () => {
    const plain = await cli(["run", model, PROMPT, "-n", "40", "--seed", "1"]);
    const { out } = await cli(["run", model, PROMPT, "-n", "40", "--seed", "1"], { outColumns: 12 });
    expect(out).not.toBe(plain.out);
    expect(out.split(/\s+/)).toEqual(plain.out.split(/\s+/));
  });

  test("a bar shows the loading on a terminal, and is gone before the text", async () => {
    const { out, err } = await cli(["run", model, PROMPT, "-n", "2"], { terminal: true });
    expect(err).toContain("loading [");
    expect(err).toContain("100%");
    expect(out).not.toContain("loading");
    expect(err.lastIndexOf("\r\x1b[K")).toBeLessThan(err.indexOf("prompt "));
  });

  test("an interruption ends the line and leaves no stack", async () => {
    const controller = new AbortController();
    const { status, out, err } = await cli(["run", model, PROMPT, "-n", "200"], {
      signal: controller.signal,
      onOut: () => controller.abort(new Error("stop")),
    });
    expect(status).toBe(130);
    expect(out.endsWith("\n")).toBe(true);
    expect(err).not.toMatch(STACK);
  });
});

describe("the built-in model", () => {
  const greedy = ["--temperature", "0", "-n", "40", "-t", "1"];

  test("run --demo answers the first argument, or standard input", async () => {
    const said = await cli(["run", "--demo", "Tell me a story.", ...greedy]);
    expect(said.status).toBe(0);
    expect(said.out).toMatch(/^[A-Z][a-z]+ .*\n$/s);
    expect((await cli(["run", "--demo", ...greedy], { input: "Tell me a story.\n" })).out).toBe(said.out);
  });

  test("chat --demo holds a conversation by its own name", async () => {
    const { status, out, err } = await cli(["chat", "--demo", ...greedy], { typed: ["Hello!"] });
    expect(status).toBe(0);
    expect(out).toMatch(/[a-z]/);
    expect(err).toStartWith("realizar-demo realizar ");
  });
});
