import { describe, expect, test } from "bun:test";
import { PassThrough } from "node:stream";
import type { Line } from "../src/io.ts";
import { lineReader } from "../src/line-reader.ts";

/** A terminal that a test types on. */
function terminal(interactive = true) {
  const input = Object.assign(new PassThrough(), {
    isTTY: interactive,
    isRaw: false,
    setRawMode(raw: boolean) {
      this.isRaw = raw;
      return this;
    },
  });
  const output = Object.assign(new PassThrough(), { isTTY: interactive, columns: 80 });
  let shown = "";
  output.on("data", (chunk) => {
    shown += chunk;
  });
  const controller = new AbortController();
  let interrupts = 0;
  const reader = lineReader({
    input: input as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
    interactive,
    signal: controller.signal,
    onInterrupt: () => {
      interrupts++;
    },
  });
  return {
    reader,
    input,
    controller,
    interrupts: () => interrupts,
    shown: () => shown,
    /** Types and lets the reader take it. */
    async type(keys: string) {
      input.write(keys);
      await Bun.sleep(5);
    },
  };
}

const line = (text: string): Line => ({ type: "line", text });
const [ENTER, CTRL_A, CTRL_C, CTRL_D, UP] = ["\r", "\x01", "\x03", "\x04", "\x1b[A"];

describe("typing", () => {
  test("lines are edited, shown after the prompt, and come back with the arrow keys", async () => {
    const { reader, type, shown } = terminal();
    let read = reader.read(">>> ");
    await type(`ello${CTRL_A}h${ENTER}`);
    expect(await read).toEqual(line("hello"));
    expect(shown()).toContain(">>> ");
    read = reader.read(">>> ");
    await type(`${UP}!${ENTER}`);
    expect(await read).toEqual(line("hello!"));
    reader.close();
  });

  test("what is typed between two reads is not shown, and is there for the next", async () => {
    const { reader, type, shown } = terminal();
    const first = reader.read("> ");
    await type(`a${ENTER}`);
    expect(await first).toEqual(line("a"));
    await type(`secret${ENTER}beg`);
    expect(shown()).not.toContain("secret");
    expect(await reader.read("> ")).toEqual(line("secret"));
    expect(shown()).toContain("> secret\n");
    const next = reader.read("> ");
    await type(`in${ENTER}`);
    expect(await next).toEqual(line("begin"));
    reader.close();
  });

  test("a pasted text is one line, however many it has", async () => {
    const { reader, type, shown } = terminal();
    const read = reader.read("> ");
    await type("\x1b[200~one\rtwo\rthr\x1b[201~");
    await type(`ee${ENTER}`);
    expect(await read).toEqual(line("one\ntwo\nthree"));
    expect(shown()).toContain("\x1b[?2004h");
    expect(shown()).toEndWith("\x1b[?2004l");
    reader.close();
  });

  test("Ctrl-C drops the line and tells what it was; between reads it interrupts", async () => {
    const { reader, type, shown, interrupts } = terminal();
    let read = reader.read("> ");
    await type(`half${CTRL_C}`);
    expect(await read).toEqual({ type: "interrupt", text: "half" });
    expect(shown()).toContain("^C\n");
    await type(CTRL_C);
    expect(interrupts()).toBe(1);
    read = reader.read("> ");
    await type(`b${ENTER}`);
    expect(await read).toEqual(line("b"));
    reader.close();
  });

  test("Ctrl-D ends it, and every read after", async () => {
    const { reader, type } = terminal();
    const read = reader.read("> ");
    await type(CTRL_D);
    expect(await read).toEqual({ type: "end" });
    expect(await reader.read("> ")).toEqual({ type: "end" });
  });

  test("a signal to stop ends the read that waits", async () => {
    const { reader, controller } = terminal();
    const read = reader.read("> ");
    controller.abort();
    expect(await read).toEqual({ type: "end" });
    expect(reader.interrupt()).toBe(false);
    reader.close();
  });
});

describe("a pipe", () => {
  test("gives its lines, the last one also without a line break, and prints nothing", async () => {
    const { reader, input, shown } = terminal(false);
    input.end("a\r\n\nlast");
    const lines: Line[] = [];
    for (;;) {
      const next = await reader.read("> ");
      if (next.type === "end") break;
      lines.push(next);
    }
    expect(lines).toEqual([line("a"), line(""), line("last")]);
    expect(shown()).toBe("");
  });

  test("is not read far ahead of who reads", async () => {
    const { reader, input } = terminal(false);
    let written = 0;
    const first = reader.read("> ");
    // Far more than pauses the stream; a stream holds 16 kB itself.
    while (written < 200_000 && input.write(`${"x".repeat(99)}\n`)) written += 100;
    await first;
    await Bun.sleep(5);
    expect(input.isPaused()).toBe(true);
    input.end();
    let count = 1;
    while ((await reader.read("> ")).type === "line") count++;
    expect(count).toBe(written / 100 + 1);
  });

  test("an interruption ends the read that waits", async () => {
    const { reader } = terminal(false);
    const read = reader.read("> ");
    expect(reader.interrupt()).toBe(true);
    expect(await read).toEqual({ type: "interrupt", text: "" });
    reader.close();
  });
});
