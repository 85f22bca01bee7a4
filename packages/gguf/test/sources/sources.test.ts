import { describe, expect, test } from "bun:test";
import {
  type ByteSource,
  fromBlob,
  fromBytes,
  fromUrl,
  GgufSourceError,
  GgufTruncatedError,
  type HttpOptions,
  openGguf,
  writeGgufBytes,
} from "../../src/index.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

interface ServerOptions {
  readonly ranges?: boolean;
  readonly etag?: () => string;
  readonly total?: string;
  readonly status?: number;
  /** Bytes more or fewer than asked for. */
  readonly excess?: number;
}

/** A fetch that serves `bytes` and logs the ranges asked for. */
function server(bytes: Uint8Array<ArrayBuffer>, options: ServerOptions = {}) {
  const log: string[] = [];
  const fetch: HttpOptions["fetch"] = async (_url, init) => {
    const range = new Headers(init.headers).get("range")!;
    log.push(range);
    if (options.ranges === false) {
      return new Response(bytes, { headers: { "content-length": String(bytes.length) } });
    }
    const [first, last] = range.slice("bytes=".length).split("-").map(Number) as [number, number];
    if (first >= bytes.length) {
      return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes.length}` } });
    }
    const probe = log.length === 1;
    const body = bytes.slice(first, last + 1 + (probe ? 0 : (options.excess ?? 0)));
    return new Response(body, {
      status: probe ? 206 : (options.status ?? 206),
      headers: {
        "content-range": `bytes ${first}-${last}/${options.total ?? bytes.length}`,
        ...(options.etag ? { etag: options.etag() } : {}),
      },
    });
  };
  return { fetch, log };
}

const exact = (fetch: HttpOptions["fetch"]): Promise<ByteSource> =>
  fromUrl("http://host/f", { fetch, readAhead: 0 });

async function read(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const dst = new Uint8Array(length);
  await source.readInto(dst, offset);
  return dst;
}

describe.each([
  ["bytes", async () => fromBytes(BYTES)],
  ["blob", async () => fromBlob(new Blob([BYTES]))],
  ["url", () => exact(server(BYTES).fetch)],
  ["url reading ahead", () => fromUrl("http://host/f", { fetch: server(BYTES).fetch, readAhead: 64 })],
  ["url without ranges", () => exact(server(BYTES, { ranges: false }).fetch)],
] as const)("a source of %s", (_, open) => {
  test("reads any range, and none past the end", async () => {
    const source = await open();
    expect(source.size).toBe(1000);
    for (const [offset, length] of [
      [0, 10],
      [5, 3],
      [990, 10],
      [0, 1000],
      [1000, 0],
      [400, 70],
    ] as const) {
      expect(await read(source, offset, length)).toEqual(BYTES.slice(offset, offset + length));
    }
    const wrong = async (offset: number, length: number): Promise<void> => {
      await read(source, offset, length);
    };
    await expect(wrong(991, 10)).rejects.toBeInstanceOf(GgufTruncatedError);
    await expect(wrong(-1, 10)).rejects.toBeInstanceOf(GgufTruncatedError);
  });
});

describe("fromUrl", () => {
  test("small reads share a window, large ones ask for what they need", async () => {
    const { fetch, log } = server(BYTES);
    const source = await fromUrl("http://host/f", { fetch, readAhead: 100 });
    await read(source, 0, 10);
    await read(source, 50, 50);
    await read(source, 60, 50);
    await read(source, 950, 20);
    await read(source, 200, 300);
    expect(log).toEqual(["bytes=0-0", "bytes=0-99", "bytes=60-159", "bytes=950-999", "bytes=200-499"]);
  });

  test("opens a model in a handful of requests", async () => {
    const bytes = await writeGgufBytes({
      metadata: new Map([
        ["tokens", { type: "array", elementType: "string", value: new Array(10_000).fill("token") }],
      ]),
      tensors: [{ name: "t", type: "I8", shape: [2 ** 20], data: () => new Uint8Array(2 ** 20) }],
    });
    const { fetch, log } = server(bytes);
    const { tensors } = await openGguf(await fromUrl("http://host/f", { fetch }));
    expect(tensors).toHaveLength(1);
    expect(log.length).toBeLessThan(5);
  });

  test("an empty file has size 0", async () => {
    expect((await exact(server(new Uint8Array(0)).fetch)).size).toBe(0);
  });

  test("passes headers and signal on", async () => {
    let seen: RequestInit = {};
    const { fetch } = server(BYTES);
    const signal = new AbortController().signal;
    await fromUrl("http://host/f", {
      fetch: (url, init) => {
        seen = init;
        return fetch(url, init);
      },
      headers: { authorization: "Bearer x" },
      signal,
    });
    expect(new Headers(seen.headers).get("authorization")).toBe("Bearer x");
    expect(seen.signal).toBe(signal);
  });

  test("a large body without ranges is refused, whether announced or not", async () => {
    const announced = new Response("x", { headers: { "content-length": String(2 ** 30) } });
    await expect(exact(async () => announced)).rejects.toThrow("ignores range requests");
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 20)) });
    await expect(exact(async () => new Response(endless))).rejects.toThrow("ignores range requests");
  });

  test("refusals, short and long answers, and changed files are named", async () => {
    const refused = async (options: ServerOptions): Promise<unknown> => {
      const source = await exact(server(BYTES, options).fetch);
      return read(source, 0, 10);
    };
    await expect(exact(async () => new Response(null, { status: 404 }))).rejects.toThrow("404");
    await expect(exact(async () => Promise.reject(new Error("offline")))).rejects.toThrow("offline");
    await expect(exact(server(BYTES, { total: "*" }).fetch)).rejects.toThrow("size");
    await expect(refused({ status: 503 })).rejects.toThrow("503");
    await expect(refused({ excess: 5 })).rejects.toBeInstanceOf(GgufSourceError);
    await expect(refused({ excess: -5 })).rejects.toThrow("5 bytes of 10");
    let version = 0;
    await expect(refused({ etag: () => `"${version++}"` })).rejects.toThrow("changed");
    expect(await refused({ etag: () => '"same"' })).toEqual(BYTES.slice(0, 10));
  });

  test("a Blob that shrinks is a truncated read", async () => {
    const source = fromBlob({ size: 20, slice: () => new Blob([BYTES.slice(0, 5)]) } as unknown as Blob);
    await expect((async () => read(source, 0, 10))()).rejects.toBeInstanceOf(GgufTruncatedError);
  });
});
