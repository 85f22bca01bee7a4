import { expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { Readable } from "node:stream";
import { Interruption } from "../src/errors.ts";
import { type HostProcess, processIo } from "../src/process-io.ts";

class Out extends EventEmitter {
  text = "";
  readonly isTTY: boolean | undefined;
  readonly columns: number | undefined;
  constructor(isTTY?: boolean, columns?: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string) {
    this.text += text;
    return true;
  }
}

function world(
  stdin: Readable & { isTTY?: boolean } = Readable.from(["some ", "input"]),
  stderr = new Out(),
) {
  const exits: number[] = [];
  const stdout = new Out();
  const host = Object.assign(new EventEmitter(), {
    stdin,
    stdout,
    stderr,
    exit: (code: number) => exits.push(code),
    env: {},
  });
  return { io: processIo(host as unknown as HostProcess), host, stdout, stderr, exits };
}

test("pieces go where they belong", () => {
  const { io, stdout, stderr } = world();
  io.out("a");
  io.err("b");
  expect([stdout.text, stderr.text]).toEqual(["a", "b"]);
});

test("the terminal is that of standard error", () => {
  expect(world().io).toMatchObject({ terminal: false, columns: 80 });
  expect(world(undefined, new Out(true, 132)).io).toMatchObject({ terminal: true, columns: 132 });
});

test("a first signal stops cleanly, a second at once, with the status that shells give it", () => {
  for (const [signal, status] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const { io, host, exits } = world();
    host.emit(signal);
    expect(io.signal.reason).toBeInstanceOf(Interruption);
    expect(io.signal.reason.status).toBe(status);
    expect(exits).toEqual([]);
    host.emit(signal);
    expect(exits).toEqual([status]);
  }
});

test("a reader that went away is no error, a full disk is one", () => {
  const { stdout, exits } = world();
  stdout.emit("error", Object.assign(new Error("gone"), { code: "EPIPE" }));
  stdout.emit("error", Object.assign(new Error("full"), { code: "ENOSPC" }));
  expect(exits).toEqual([0, 1]);
});

test("standard input is read to its end, a terminal not at all", async () => {
  expect(await world().io.readInput()).toBe("some input");
  expect(await world(Object.assign(Readable.from(["x"]), { isTTY: true })).io.readInput()).toBeUndefined();
});

test("a file that cannot be read is named, with the reason", async () => {
  const { io } = world();
  expect((await io.readFile(import.meta.path)).length).toBeGreaterThan(0);
  expect(io.readFile("/nowhere")).rejects.toThrow("cannot read /nowhere: there is no such file");
  expect(io.readFile("/")).rejects.toThrow("cannot read /: it is a folder");
  expect(io.readFile("\0")).rejects.toThrow("cannot read");
});

test("someone who listens has Ctrl-C to themselves, and gives it back", () => {
  const { io, host } = world();
  let heard = 0;
  const release = io.onInterrupt(() => {
    heard++;
  });
  host.emit("SIGINT");
  expect([heard, io.signal.aborted]).toEqual([1, false]);
  release();
  host.emit("SIGINT");
  expect([heard, io.signal.aborted]).toEqual([1, true]);
});

test("lines come one by one from a pipe", async () => {
  const { io } = world(Readable.from(["one\ntwo", "\n"]));
  expect(await io.readLine("> ")).toEqual({ type: "line", text: "one" });
  expect(await io.readLine("> ")).toEqual({ type: "line", text: "two" });
  expect(await io.readLine("> ")).toEqual({ type: "end" });
  io.closeInput();
  expect(world(undefined, new Out(true)).io).toMatchObject({ interactive: false, outColumns: undefined });
});
