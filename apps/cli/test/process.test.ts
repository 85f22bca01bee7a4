import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { MAIN, realizar, STACK, temporaryFolder, tinyModel } from "./cli.ts";

const folder = temporaryFolder();
let model = "";
/** A model whose context takes a while to fill. */
let long = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
  long = await tinyModel(folder.path, "long.gguf", { sizes: { context: 100_000 } });
});
afterAll(folder.remove);

const spawn = (...argv: string[]) =>
  Bun.spawn([process.execPath, MAIN, ...argv], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });

/** Reads until the pattern is there; gives all that was read and the reader, for the rest. */
async function readUntil(stream: ReadableStream<Uint8Array>, pattern: RegExp) {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!pattern.test(text)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`ended before ${pattern}: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  const rest = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text;
      text += decoder.decode(value, { stream: true });
    }
  };
  return { text, rest };
}

describe("as a process", () => {
  test("run prints exactly the text and one newline", async () => {
    const { status, out } = await realizar([
      "run",
      model,
      "Once upon a time",
      "-n",
      "12",
      "-t",
      "1",
      "--temp",
      "0",
    ]);
    const json = await realizar(
      ["run", model, "-n", "12", "-t", "1", "--temp", "0", "--format", "json"],
      "Once upon a time\n",
    );
    expect(status).toBe(0);
    expect(out).toBe(`${JSON.parse(json.out).text}\n`);
    expect(json.err).not.toContain("\x1b");
  });

  test("errors have status 1, mistakes 2, and neither a stack", async () => {
    const [wrong, mistaken] = await Promise.all([
      realizar(["run", "/nowhere.gguf", "hi"]),
      realizar(["rnu"]),
    ]);
    expect([wrong.status, mistaken.status]).toEqual([1, 2]);
    for (const { out, err } of [wrong, mistaken]) {
      expect(out).toBe("");
      expect(err).toMatch(/^realizar: [^\n]+\n$/);
      expect(err).not.toMatch(STACK);
    }
  });

  test("an empty standard input is no prompt", async () => {
    expect((await realizar(["run", model])).status).toBe(2);
  });

  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(`${signal} stops a generation cleanly`, async () => {
      const child = spawn("run", long, "hi", "-t", "1", "-n", "90000", "--ctx-size", "100000");
      const { rest } = await readUntil(child.stdout, /./);
      child.kill(signal);
      expect(await child.exited).toBe(status);
      expect(await rest()).toEndWith("\n");
      expect(await new Response(child.stderr).text()).not.toMatch(STACK);
    });
  }

  test("a reader that goes away ends the program quietly", async () => {
    const child = spawn("run", long, "hi", "-t", "1", "-n", "90000", "--ctx-size", "100000");
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).not.toMatch(STACK);
  });

  test("SIGTERM lets serve finish what runs, and exit with 0", async () => {
    const child = spawn("serve", "--model", long, "-t", "1", "--ctx-size", "1000", "-p", "0");
    const { text } = await readUntil(child.stdout, /stop +Ctrl-C\n/);
    const url = /address +(\S+)/.exec(text)![1];
    const response = await fetch(`${url}/stream/generate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ prompt: "hi", max_tokens: 300 }),
    });
    const events = await readUntil(response.body!, /event: token/);
    child.kill("SIGTERM");
    expect(await events.rest()).toMatch(/event: done\ndata: \{"num_generated":300,/);
    expect(await child.exited).toBe(0);
    expect(await new Response(child.stderr).text()).not.toMatch(STACK);
  });

  const python = Bun.which("python3");
  test.skipIf(python === null)(
    `a bar shows the loading on a terminal${python === null ? " (skipped: there is no python3)" : ""}`,
    async () => {
      const script = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)";
      const child = Bun.spawn(
        [python!, "-c", script, process.execPath, MAIN, "run", model, "hi", "-n", "2", "--temp", "0"],
        { stdin: "ignore", stdout: "pipe", stderr: "pipe" },
      );
      const shown = await new Response(child.stdout).text();
      expect(shown).toContain("loading [");
      expect(shown).toContain("\x1b[K");
      expect(await child.exited).toBe(0);
    },
  );
});
