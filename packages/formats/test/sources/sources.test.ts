import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ByteSource,
  blobSource,
  fileFolder,
  fileSource,
  httpRangeSource,
  memorySource,
} from "../../src/index.ts";
import { codeOf } from "../bytes.ts";

const folder = mkdtempSync(join(tmpdir(), "formats-sources-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
const path = join(folder, "bytes.bin");
writeFileSync(path, bytes);

/** Answers ranges of `bytes` as a server does. */
const serve = async (_url: string, { headers }: { headers: Record<string, string> }) => {
  const [, first, last] = /bytes=(\d+)-(\d+)/.exec(headers.Range!)!;
  return new Response(bytes.slice(Number(first), Number(last) + 1), {
    status: 206,
    headers: { "content-range": `bytes ${first}-${last}/${bytes.byteLength}` },
  });
};

const sources: [string, () => ByteSource | Promise<ByteSource>][] = [
  ["memory", () => memorySource(bytes)],
  ["blob", () => blobSource(new Blob([bytes]))],
  ["file", () => fileSource(path)],
  ["http", () => httpRangeSource("http://x/bytes", { fetch: serve, headers: { authorization: "Bearer x" } })],
];

describe("every source", () => {
  for (const [kind, open] of sources) {
    test(`${kind} fills the destination`, async () => {
      const source = await open();
      expect(source.size).toBe(1000);
      for (const [offset, length] of [
        [0, 1000],
        [1, 10],
        [999, 1],
        [1000, 0],
      ] as const) {
        const shared = new Uint8Array(new SharedArrayBuffer(length + 2), 1, length);
        await source.readInto(shared, offset);
        expect([...shared]).toEqual([...bytes.slice(offset, offset + length)]);
      }
      source.close?.();
    });
    test(`${kind} refuses what lies outside`, async () => {
      const source = await open();
      for (const [offset, length] of [
        [-1, 1],
        [990, 11],
        [2000, 1],
      ] as const) {
        const read = (async () => source.readInto(new Uint8Array(length), offset))();
        expect(await codeOf(read)).toBe("FORMATS_READ_RANGE");
      }
      source.close?.();
    });
  }
});

describe("files", () => {
  test("not there, not a file, closed, cut short", async () => {
    expect(() => fileSource(join(folder, "nothing"))).toThrow("does not exist");
    expect(() => fileSource(join(path, "inside-a-file"))).toThrow("does not exist");
    expect(() => fileSource(folder)).toThrow("not a file");
    expect(() => fileFolder(join(folder, "nothing")).names()).toThrow("does not exist");
    const shrinking = join(folder, "shrinking");
    writeFileSync(shrinking, bytes);
    const source = fileSource(shrinking);
    truncateSync(shrinking, 10);
    expect(() => source.readInto(new Uint8Array(20), 0)).toThrow("became shorter");
    source.close?.();
    expect(() => source.readInto(new Uint8Array(1), 0)).toThrow("closed");
  });
  test("that the system does not let be opened", () => {
    expect(() => fileSource(`${folder}/${"x".repeat(5000)}`)).toThrow("cannot be read");
  });
});

describe("servers", () => {
  const answering = (response: () => Response) =>
    codeOf(httpRangeSource("http://x/bytes", { fetch: async () => response() }));
  const ranged = { "content-range": "bytes 0-0/1000" };

  test("that refuse, ignore ranges or do not tell the size", async () => {
    expect(await answering(() => new Response("", { status: 404 }))).toBe("FORMATS_HTTP");
    expect(await answering(() => new Response("whole", { status: 200 }))).toBe("FORMATS_HTTP");
    expect(await answering(() => new Response("x", { status: 206 }))).toBe("FORMATS_HTTP");
  });
  test("that send too little or too much", async () => {
    for (const length of [5, 15]) {
      const source = await httpRangeSource("http://x/bytes", {
        fetch: async () => new Response(new Uint8Array(length), { status: 206, headers: ranged }),
      });
      expect(await codeOf((async () => source.readInto(new Uint8Array(10), 0))())).toBe("FORMATS_HTTP");
    }
  });
  test("that send nothing", async () => {
    const source = await httpRangeSource("http://x/bytes", {
      fetch: async () => new Response(null, { status: 206, headers: ranged }),
    });
    expect(await codeOf((async () => source.readInto(new Uint8Array(10), 0))())).toBe("FORMATS_HTTP");
  });
  test("over a real connection", async () => {
    const server = Bun.serve({
      port: 0,
      fetch: (request) => serve(request.url, { headers: { Range: request.headers.get("range")! } }),
    });
    const source = await httpRangeSource(String(server.url));
    const part = new Uint8Array(100);
    await source.readInto(part, 300);
    expect([...part]).toEqual([...bytes.slice(300, 400)]);
    server.stop(true);
  });
});
