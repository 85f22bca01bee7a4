import { describe, expect, test } from "bun:test";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gitSha1, sampleBytes, sha256 } from "@realizar/testing/hub-server";
import { hashFile } from "../src/checksum-node.ts";
import { createHttp } from "../src/http.ts";
import { BadAnswerError, checksumOfEtag, DiskFullError, download, type Fetch } from "../src/index.ts";
import { failure } from "./workbench.ts";

const URL = "https://hub.example/f";
const BYTES = sampleBytes(1000);

async function fetchBy(fetch: Fetch, more: { bytes?: number | undefined; chunkBytes?: number } = {}) {
  const folder = await mkdtemp(join(tmpdir(), "realizar-download-"));
  const path = join(folder, "f");
  const http = createHttp(
    { endpoint: "https://hub.example" },
    { fetch, retry: { attempts: 2, sleep: async () => {} } },
  );
  const request = {
    http,
    url: URL,
    path,
    file: "f",
    bytes: 1000,
    etag: "e",
    checksum: undefined,
    connections: 2,
    chunkBytes: 300,
    saveEveryMs: 0,
  };
  try {
    const result = await download({ ...request, ...more });
    return { ...result, content: new Uint8Array(await readFile(path)) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

const rangeOf = (init: RequestInit) =>
  /bytes=(\d+)-(\d+)/
    .exec((init.headers as Record<string, string>).range ?? "")!
    .slice(1)
    .map(Number);

describe("servers that answer ranges wrongly", () => {
  const partial = (contentRange: string, body: Uint8Array) =>
    new Response(new Uint8Array(body), { status: 206, headers: { "content-range": contentRange } });

  test("another range than asked", async () => {
    const error = await failure(fetchBy(async () => partial("bytes 5-9/1000", BYTES.subarray(5, 10))));
    expect(error).toBeInstanceOf(BadAnswerError);
    expect(error.message).toContain("Content-Range");
  });

  test("more bytes than asked, in a range or whole", async () => {
    const ranged = fetchBy(async () => partial("bytes 0-299/1000", BYTES.subarray(0, 301)));
    expect((await failure(ranged)).message).toContain("more bytes");
    const whole = fetchBy(async () => new Response(new Uint8Array(1001)));
    expect((await failure(whole)).message).toContain("more bytes");
  });

  test("another length each time: a file that changes", async () => {
    const error = await failure(fetchBy(async () => partial("bytes 0-299/2000", BYTES.subarray(0, 300))));
    expect(error.message).toContain("changes while it is fetched");
    expect((await failure(fetchBy(async () => new Response(null, { status: 416 })))).message).toContain(
      "changes",
    );
  });

  test("a status that is no answer", async () => {
    expect((await failure(fetchBy(async () => new Response(null, { status: 204 })))).message).toContain(
      "status 204",
    );
  });

  test("less than asked is asked for again; an unknown length in Content-Range is no harm", async () => {
    const fetch: Fetch = async (_, init) => {
      const [start, end] = rangeOf(init) as [number, number];
      return partial(`bytes ${start}-${end}/*`, BYTES.subarray(start, Math.min(end + 1, start + 170)));
    };
    expect(await fetchBy(fetch)).toEqual({ bytes: 1000, fetchedBytes: 1000, content: BYTES });
  });

  test("no ranges and too short, again and again", async () => {
    const error = await failure(fetchBy(async () => new Response(new Uint8Array(BYTES.slice(0, 10)))));
    expect(error.code).toBe("HUB_CONNECTION");
  });
});

test("an empty file needs no request", async () => {
  const fetch: Fetch = () => Promise.reject(new Error("asked"));
  expect(await fetchBy(fetch, { bytes: 0 })).toEqual({
    bytes: 0,
    fetchedBytes: 0,
    content: new Uint8Array(),
  });
});

test("a file larger than the disk is refused before the first request", async () => {
  const fetch: Fetch = () => Promise.reject(new Error("asked"));
  expect(await failure(fetchBy(fetch, { bytes: 2 ** 52 }))).toBeInstanceOf(DiskFullError);
});

test("checksums of both kinds", async () => {
  const path = join(await mkdtemp(join(tmpdir(), "realizar-hash-")), "f");
  for (const bytes of [BYTES, new Uint8Array()]) {
    await Bun.write(path, bytes);
    expect(await hashFile(path, "sha256", bytes.length, () => {})).toBe(sha256(bytes));
    expect(await hashFile(path, "git-sha1", bytes.length, () => {})).toBe(gitSha1(bytes));
  }
  await rm(join(path, ".."), { recursive: true });
  expect(checksumOfEtag("a".repeat(64))?.algorithm).toBe("sha256");
  expect(checksumOfEtag("a".repeat(40))?.algorithm).toBe("git-sha1");
  expect(checksumOfEtag("a".repeat(32))).toBeUndefined();
});
