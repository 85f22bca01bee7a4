import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TinyFileOptions, writeTinyGguf } from "@realizar/testing/tiny-files";
import type { Io, Line } from "../src/io.ts";
import { main } from "../src/program.ts";
import { styleOf } from "../src/style.ts";

/** The entry point, for tests of a true process. */
export const MAIN = join(import.meta.dirname, "../src/main.ts");

const repository = join(import.meta.dirname, "../../..");
/** Real models with reference outputs; suites that use them skip where they are absent. */
export const DATA = process.env.REALIZAR_TEST_DATA ?? join(repository, "../shared/data");

export interface World {
  readonly terminal?: boolean;
  readonly columns?: number;
  /** Columns of standard output, where it is a terminal. */
  readonly outColumns?: number;
  /** Standard input; a terminal where left out. */
  readonly input?: string;
  /** What is typed, line by line; null is Ctrl-C. Someone types where it is given. */
  readonly typed?: readonly (string | null)[];
  /** Colours. */
  readonly coloured?: boolean;
  readonly environment?: Record<string, string>;
  readonly signal?: AbortSignal;
  /** Hears of every piece of standard output. */
  readonly onOut?: (text: string) => void;
  /** Presses Ctrl-C in the middle of things, once a piece of standard output was heard. */
  readonly interruptAfter?: (out: string) => boolean;
}

export interface Result {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process. */
export async function cli(argv: readonly string[], world: World = {}): Promise<Result> {
  let out = "";
  let err = "";
  const lines = [...(world.typed ?? world.input?.split("\n").slice(0, -1) ?? [])];
  let onInterrupt: (() => void) | undefined;
  const style = styleOf(world.coloured ?? false);
  const io: Io = {
    out: (text) => {
      out += text;
      world.onOut?.(text);
      if (world.interruptAfter?.(out)) onInterrupt?.();
    },
    err: (text) => {
      err += text;
    },
    terminal: world.terminal ?? false,
    columns: world.columns ?? 80,
    outColumns: world.outColumns,
    style,
    outStyle: style,
    interactive: world.typed !== undefined,
    async readLine(prompt): Promise<Line> {
      const text = lines.shift();
      if (world.typed !== undefined) err += `${prompt}${text ?? ""}\n`;
      if (text === undefined) return { type: "end" };
      return text === null ? { type: "interrupt", text: "" } : { type: "line", text };
    },
    closeInput: () => {},
    onInterrupt(listener) {
      onInterrupt = listener;
      return () => {
        onInterrupt = undefined;
      };
    },
    readInput: async () => world.input,
    readFile,
    signal: world.signal ?? new AbortController().signal,
  };
  const status = await main(argv, io, world.environment);
  return { status, out, err };
}

/** Runs the command line as a process of its own, to its end. */
export async function realizar(argv: readonly string[], input = ""): Promise<Result> {
  const child = Bun.spawn([process.execPath, MAIN, ...argv], {
    stdin: new Blob([input]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { status: await child.exited, out, err };
}

/** A folder that is gone when the tests are. */
export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "realizar-cli-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** A tiny model in that folder. */
export const tinyModel = (folder: string, name = "model.gguf", options?: TinyFileOptions) =>
  writeTinyGguf(join(folder, name), options);

/** Nothing that a person should not see. */
export const STACK = /\n\s+at |node:internal|\.ts:\d+/;
