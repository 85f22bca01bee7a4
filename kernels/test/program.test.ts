import { afterEach, describe, expect, test } from "bun:test";
import {
  bestVariant,
  COMMAND_WORDS,
  compileKernels,
  instantiateKernels,
  OPS,
  relaxedSimdSupported,
  sharedMemorySupported,
  writeCommand,
} from "../src/index.ts";
import { Bench, bits, randomFloats } from "./bench.ts";
import type { RankStart } from "./rank-worker.ts";

describe("commands", () => {
  test("have opcodes of their own and fit their words", () => {
    const opcodes = Object.values(OPS).map(([opcode]) => opcode);
    expect(new Set(opcodes).size).toBe(opcodes.length);
    for (const [, ...names] of Object.values(OPS)) expect(names.length).toBeLessThan(COMMAND_WORDS);
  });

  test("words and floats go where their names are", () => {
    const words = new Uint32Array(64);
    writeCommand(words, new Float32Array(words.buffer), 32, "scale", {
      out: 1,
      x: 2,
      factorF: 0.5,
      vectors: -1,
    });
    expect([...words.subarray(32, 38)]).toEqual([OPS.scale[0], 1, 2, 0x3f000000, 0xffffffff, 0]);
  });

  test("a missing argument is named", () => {
    const words = new Uint32Array(32);
    const args = { out: 0, a: 0, b: 0 } as unknown as { out: number; a: number; b: number; vectors: number };
    expect(() => writeCommand(words, new Float32Array(words.buffer), 0, "add", args)).toThrow(
      'add: argument "vectors" is missing',
    );
  });
});

describe("variants", () => {
  test("this runtime's best has relaxed SIMD and threads", () => {
    expect(relaxedSimdSupported()).toBe(true);
    expect(sharedMemorySupported()).toBe(true);
    expect(bestVariant()).toEqual({ simd: "relaxed", memory: "threads" });
  });

  test("a page that is not isolated has one thread", () => {
    const scope = globalThis as { crossOriginIsolated?: boolean };
    scope.crossOriginIsolated = false;
    try {
      expect(bestVariant().memory).toBe("single");
    } finally {
      delete scope.crossOriginIsolated;
    }
  });

  test.each(["relaxed", "simd"] as const)("%s kernels of one thread run in a memory of their own", (simd) => {
    const bench = new Bench({ simd, memory: "single" });
    const [a, b] = [randomFloats(8, 1), randomFloats(8, 2)];
    const out = bench.space(32);
    bench.run("add", { out, a: bench.put(a), b: bench.put(b), vectors: 2 });
    expect(bits(bench.takeFloats(out, 8))).toEqual(bits(a.map((v, i) => v + b[i]!)));
  });
});

describe("programs", () => {
  test("an unknown opcode traps, and the command it was is on record", () => {
    const bench = new Bench();
    bench.words[256] = OPS.meet[0];
    bench.words[256 + COMMAND_WORDS] = 999;
    expect(() => bench.kernels.run(1024, 64, 0, 1)).toThrow();
    expect(bench.words[(64 + 192) / 4]).toBe(1024 + COMMAND_WORDS * 4);
  });

  test("a type without kernels traps", () => {
    const bench = new Bench();
    const args = { src: 65536, dst: 65536, rows: 1, columns: 256, rowBytes: 1, groupBytes: 1 };
    expect(() => bench.run("pack", { ...args, type: 29 })).toThrow();
  });
});

describe("threads", () => {
  const workers: Worker[] = [];
  afterEach(() => {
    for (const worker of workers.splice(0)) worker.terminate();
  });

  const [work, barrier, program] = [4096, 8192, 16384];

  async function start(threads: number) {
    const variant = bestVariant();
    const memory = new WebAssembly.Memory({ initial: 8, maximum: 65536, shared: true });
    const kernels = instantiateKernels(compileKernels(variant), memory);
    const messages: (() => Promise<string>)[] = [];
    for (let rank = 1; rank < threads; rank++) {
      const worker = new Worker(new URL("./rank-worker.ts", import.meta.url).href);
      workers.push(worker);
      const waiting: ((message: string) => void)[] = [];
      const arrived: string[] = [];
      worker.onmessage = ({ data }: { data: string }) => {
        const next = waiting.shift();
        if (next === undefined) arrived.push(data);
        else next(data);
      };
      const message = () =>
        new Promise<string>((resolve) => {
          const first = arrived.shift();
          if (first === undefined) waiting.push(resolve);
          else resolve(first);
        });
      messages.push(message);
      worker.postMessage({ memory, variant, work, barrier, program, rank, threads } satisfies RankStart);
      expect(await message()).toBe("ready");
    }
    return {
      memory,
      kernels,
      messages,
      words: new Uint32Array(memory.buffer),
      floats: new Float32Array(memory.buffer),
    };
  }

  test("meet after every command, run after run, and end", async () => {
    const threads = 3;
    const { kernels, messages, words, floats } = await start(threads);
    // Each command turns the order of rows round: most come from another thread's share of the command before.
    const [x, count, steps] = [65536, 4096, 21];
    const at = program >> 2;
    for (let i = 0; i < steps; i++)
      writeCommand(words, floats, at + i * COMMAND_WORDS, "rows", {
        out: x + ((i + 1) % 2) * count * 4,
        x: x + (i % 2) * count * 4,
        indices: 32768,
        count: 64,
        stride: (count / 64) * 4,
      });
    words[at + steps * COMMAND_WORDS] = OPS.end[0];
    for (let i = 0; i < 64; i++) words[32768 / 4 + i] = 63 - i;
    for (let i = 0; i < count; i++) floats[x / 4 + i] = i;
    for (let round = 1; round <= 30; round++) {
      kernels.publish_work(work, round);
      kernels.run(program, barrier, 0, threads);
    }
    const width = count / 64;
    const turned = Array.from(
      { length: count },
      (_, i) => (63 - Math.floor(i / width)) * width + (i % width),
    );
    expect([...floats.subarray(x / 4 + count, x / 4 + 2 * count)]).toEqual(turned);
    kernels.publish_work(work, -1);
    expect(await Promise.all(messages.map((message) => message()))).toEqual(["ended", "ended"]);
  });

  test("take a product's groups as they come, command after command", async () => {
    const threads = 2;
    const { kernels, messages, words, floats } = await start(threads);
    const [x, weight, out, columns, groups] = [65536, 66048, 131072, 4, 200];
    for (let c = 0; c < columns; c++) floats[x / 4 + c] = c + 1;
    for (let i = 0; i < groups * columns * 16; i++) floats[weight / 4 + i] = i % 7;
    const common = {
      outStride: groups * 64,
      weight,
      groupBytes: columns * 64,
      type: 0,
      groups,
      columns,
      tokens: 1,
      streams: 8,
    };
    for (let i = 0; i < 3; i++)
      writeCommand(words, floats, (program >> 2) + i * COMMAND_WORDS, "linear", {
        ...common,
        out: out + i * groups * 64,
        q: x,
        qStride: 64,
        scales: 0,
        sums: 0,
        scaleStride: 0,
        scratch: 0,
      });
    kernels.publish_work(work, 1);
    kernels.run(program, barrier, 0, threads);
    const rows = Array.from({ length: groups * 16 }, (_, row) => {
      const at = (row >> 4) * columns * 16 + (row & 15);
      return Array.from({ length: columns }, (_, c) => (c + 1) * ((at + c * 16) % 7)).reduce(
        (a, b) => a + b,
        0,
      );
    });
    expect([...floats.subarray(out / 4, out / 4 + 3 * groups * 16)]).toEqual([...rows, ...rows, ...rows]);
    kernels.publish_work(work, -1);
    expect(await messages[0]!()).toBe("ended");
  });

  test("a thread that waits for one that failed traps too", async () => {
    const { kernels, messages, words } = await start(2);
    words[program >> 2] = OPS.meet[0];
    words[(barrier + 128) >> 2] = 1;
    kernels.publish_work(work, 1);
    expect(await messages[0]!()).toBe("trapped");
  });
});
