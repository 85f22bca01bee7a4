import { describe, expect, test } from "bun:test";
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gitSha1, sampleBytes, sha256 } from "@realizar/testing/hub-server";
import {
  AccessDeniedError,
  BadAnswerError,
  BusyError,
  CacheFolderError,
  CachePermissionError,
  ChecksumError,
  ConnectionError,
  HttpStatusError,
  NoMatchingQuantError,
  NotFoundError,
  OfflineError,
  type PullProgress,
  takeLock,
  UnsafePathError,
} from "../src/index.ts";
import { COMMIT, failure, folderRepo, ggufRepo, text, workbench } from "./workbench.ts";

const Q4 = ggufRepo().files["tiny-Q4_K_M.gguf"]!;
const Q8 = ggufRepo().files["tiny-Q8_0.gguf"]!;
const REPO = "models--org--tiny";

describe("into the hub's cache layout", () => {
  test("a GGUF: blob by sha256, relative link, ref", async () => {
    await using bench = await workbench();
    const pulled = await bench.hub.pull("org/tiny", { chunkBytes: 40_000 });
    const snapshot = join(bench.folder, REPO, "snapshots", COMMIT);
    expect(pulled).toMatchObject({
      name: "org/tiny:Q4_K_M",
      source: "org/tiny",
      commit: COMMIT,
      format: "gguf",
      tag: "Q4_K_M",
      path: join(snapshot, "tiny-Q4_K_M.gguf"),
      bytes: Q4.length,
      fetchedBytes: Q4.length,
      unchecked: false,
    });
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q4));
    expect(await readlink(pulled.path)).toBe(join("..", "..", "blobs", sha256(Q4)));
    expect(await readFile(join(bench.folder, REPO, "refs", "main"), "utf8")).toBe(COMMIT);
    expect(await readdir(join(bench.folder, REPO, "blobs"))).toEqual([sha256(Q4)]);
    expect(await readdir(join(bench.folder, ".locks", REPO))).toEqual([]);
  });

  test("a safetensors folder: small files by git's blob id", async () => {
    await using bench = await workbench();
    const pulled = await bench.hub.pull("org/folder");
    expect(pulled.format).toBe("safetensors");
    expect((await readdir(pulled.path)).sort()).toEqual(
      Object.keys(folderRepo().files)
        .filter((file) => !file.endsWith(".bin"))
        .sort(),
    );
    expect(await readlink(join(pulled.path, "config.json"))).toContain(gitSha1(text("{}")));
  });

  test("all parts of a split GGUF, links from nested folders", async () => {
    await using bench = await workbench();
    const pulled = await bench.hub.pull("org/tiny:f16");
    expect(pulled.files.map((file) => file.bytes)).toEqual([20_000, 10_000]);
    expect(pulled.path).toEndWith(join("F16", "tiny-F16-00001-of-00002.gguf"));
    expect(await readlink(pulled.path)).toStartWith(join("..", "..", "..", "blobs"));
  });

  test("copies where links are not allowed", async () => {
    await using bench = await workbench();
    const link = () => Promise.reject(Object.assign(new Error("not permitted"), { code: "EPERM" }));
    const pulled = await bench.again({}, { link }).pull("org/tiny:Q8_0");
    expect((await lstat(pulled.path)).isSymbolicLink()).toBe(false);
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q8));
  });

  test("what is there is not fetched again", async () => {
    await using bench = await workbench();
    await bench.hub.pull("org/tiny:Q8_0");
    const sent = bench.server.sentBytes();
    expect(await bench.hub.pull("org/tiny:Q8_0")).toMatchObject({ fetchedBytes: 0, unchecked: false });
    await rm(join(bench.folder, REPO, "snapshots"), { recursive: true });
    expect((await bench.hub.pull("org/tiny:Q8_0")).fetchedBytes).toBe(0);
    expect(bench.server.sentBytes()).toBe(sent);
  });

  test("one file by its name; a revision by its commit", async () => {
    await using bench = await workbench();
    expect((await bench.hub.pull("org/tiny/tiny-Q8_0.gguf")).bytes).toBe(Q8.length);
    expect((await bench.hub.pull(`org/tiny@${COMMIT}:Q8_0`)).name).toBe(`org/tiny@${COMMIT}:Q8_0`);
    expect(
      (await bench.hub.pull(`${bench.server.endpoint}/org/tiny/resolve/main/tiny-Q8_0.gguf`)).source,
    ).toBe("org/tiny");
  });

  test("an endpoint without tree listings", async () => {
    await using bench = await workbench({ "org/tiny": { ...ggufRepo(), noTree: true } });
    expect((await bench.hub.pull("org/tiny:Q8_0")).bytes).toBe(Q8.length);
  });
});

describe("the token", () => {
  test("goes to the endpoint and not to the storage it redirects to", async () => {
    await using bench = await workbench({ "org/tiny": { ...ggufRepo(), token: "hf_secret" } });
    await bench.again({ token: "hf_secret" }).pull("org/tiny:Q8_0");
    const { requests } = bench.server;
    expect(requests.some((request) => request.server === "cdn")).toBe(true);
    for (const request of requests)
      expect(request.authorization).toBe(request.server === "hub" ? "Bearer hf_secret" : undefined);
  });

  test("401 without one, 401 with a wrong one, 403 of a gated model", async () => {
    await using bench = await workbench({
      "org/tiny": { ...ggufRepo(), token: "hf_secret" },
      "org/gated": { ...ggufRepo(), gated: true },
    });
    const without = await failure(bench.hub.pull("org/tiny"));
    expect(without).toBeInstanceOf(AccessDeniedError);
    expect(without.message).toContain("set HF_TOKEN");
    expect((await failure(bench.again({ token: "hf_other" }).pull("org/tiny"))).message).toContain(
      "token was refused",
    );
    expect(await failure(bench.hub.pull("org/gated"))).toMatchObject({
      code: "HUB_ACCESS_DENIED",
      status: 403,
    });
    expect((await failure(bench.hub.pull("org/gated"))).message).toContain("accept its terms");
  });
});

describe("what is not there", () => {
  test("model, revision, file, quantization", async () => {
    await using bench = await workbench();
    const known = bench.again({ token: "hf_any" });
    expect((await failure(known.pull("org/none"))).message).toContain("model org/none");
    expect((await failure(known.pull("org/tiny@v9"))).message).toContain("revision v9");
    const file = await failure(known.pull("org/tiny/tiny-Q4.gguf"));
    expect(file).toBeInstanceOf(NotFoundError);
    expect(file.suggestions).toContain("tiny-Q4_K_M.gguf");
    const quant = await failure(known.pull("org/tiny:Q2_K"));
    expect(quant).toBeInstanceOf(NoMatchingQuantError);
    expect(quant.available).toEqual(["F16", "Q4_K_M", "Q8_0"]);
  });

  test("a file that is listed and gone", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q8_0.gguf"] = { fails: { status: 404, times: 9 } };
    expect(await failure(bench.hub.pull("org/tiny:Q8_0"))).toBeInstanceOf(NotFoundError);
  });
});

describe("offline", () => {
  test("the cache answers, or a named error does; no request is made", async () => {
    await using bench = await workbench();
    const offline = bench.again({ offline: true });
    expect(await failure(offline.pull("org/tiny"))).toBeInstanceOf(OfflineError);
    expect(bench.server.requests).toEqual([]);
    await bench.hub.pull("org/tiny:Q8_0");
    const before = bench.server.requests.length;
    expect(await offline.pull("org/tiny:q8_0")).toMatchObject({ bytes: Q8.length, unchecked: true });
    expect(bench.server.requests).toHaveLength(before);
  });

  test("a server that is away: the model in the cache is taken, another is an error", async () => {
    await using bench = await workbench();
    await bench.hub.pull("org/tiny:Q8_0");
    const away = bench.again({ endpoint: "http://127.0.0.1:1" });
    expect(await away.pull("org/tiny:Q8_0")).toMatchObject({ unchecked: true, fetchedBytes: 0 });
    const error = await failure(away.pull("org/tiny:Q4_K_M"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.attempts).toBe(4);
  });
});

describe("bad connections", () => {
  test("a cut connection is taken up where it broke", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = { cutAfter: { bytes: 30_000, times: 5 } };
    const pulled = await bench.hub.pull("org/tiny", { chunkBytes: 100_000 });
    expect(pulled.fetchedBytes).toBe(Q4.length);
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q4));
    expect(bench.server.requests.some((request) => request.range === "bytes=30000-99999")).toBe(true);
  });

  test("one that is always cut before the first byte is given up", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q8_0.gguf"] = { cutAfter: { bytes: 0, times: 1000 } };
    const error = await failure(bench.hub.pull("org/tiny:Q8_0"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error.message).not.toContain("secret");
  });

  test("5xx and 429 are tried again, other statuses are not", async () => {
    await using bench = await workbench();
    bench.server.behaviour["revision org/tiny"] = { fails: { status: 503, times: 2 } };
    bench.server.behaviour["tiny-Q8_0.gguf"] = {
      fails: { status: 429, times: 2, headers: { "retry-after": "1" } },
    };
    expect((await bench.hub.pull("org/tiny:Q8_0")).fetchedBytes).toBe(Q8.length);
    bench.server.behaviour["revision org/tiny"] = { fails: { status: 418, times: 1 } };
    expect(await failure(bench.hub.pull("org/tiny:Q8_0"))).toBeInstanceOf(HttpStatusError);
  });

  test("a connection that stalls is cut and taken up", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q8_0.gguf"] = { stalls: { times: 1 } };
    const pulled = await bench.again({}, { stallTimeoutMs: 50 }).pull("org/tiny:Q8_0");
    expect(pulled.fetchedBytes).toBe(Q8.length);
  });

  test("a server without ranges sends it whole, once", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = { noRanges: true, cutAfter: { bytes: 100_000, times: 1 } };
    const pulled = await bench.hub.pull("org/tiny", { chunkBytes: 50_000 });
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q4));
  });

  test("a wrong checksum deletes what came", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q8_0.gguf"] = { corrupt: { times: 1 } };
    const error = await failure(bench.hub.pull("org/tiny:Q8_0"));
    expect(error).toBeInstanceOf(ChecksumError);
    expect(error.expected).toBe(`sha256 ${sha256(Q8)}`);
    expect(await readdir(join(bench.folder, REPO, "blobs"))).toEqual([]);
    expect((await bench.hub.pull("org/tiny:Q8_0")).fetchedBytes).toBe(Q8.length);
  });

  test("a wrong checksum of a small file too", async () => {
    await using bench = await workbench();
    bench.server.behaviour["config.json"] = { corrupt: { times: 1 } };
    expect((await failure(bench.hub.pull("org/folder"))).expected).toBe(`git-sha1 ${gitSha1(text("{}"))}`);
  });
});

describe("stopping and going on", () => {
  test("an abort keeps what has come, and the next pull fetches the rest only", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = { slowMs: 50 };
    const stop = new AbortController();
    let loaded = 0;
    const onProgress = (progress: PullProgress) => {
      loaded = progress.loaded;
      if (loaded > 60_000) stop.abort(new Error("enough"));
    };
    const error = await failure(
      bench.hub.pull("org/tiny", { signal: stop.signal, onProgress, chunkBytes: 50_000, connections: 2 }),
    );
    expect(error.message).toBe("enough");
    expect(loaded).toBeLessThan(Q4.length);
    expect(await readdir(join(bench.folder, ".locks", REPO))).toEqual([]);
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = {};
    const rest = await bench.hub.pull("org/tiny", { chunkBytes: 50_000 });
    expect(rest.fetchedBytes).toBeLessThanOrEqual(Q4.length - loaded);
    expect(rest.fetchedBytes).toBeGreaterThan(0);
    expect(await readFile(rest.path)).toEqual(Buffer.from(Q4));
  });

  test("a process that is killed leaves a lock and a part; the next one takes over both", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = { slowMs: 100 };
    const env = { ...process.env, HF_ENDPOINT: bench.server.endpoint, HF_HUB_CACHE: bench.folder };
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "pull-child.ts"), "org/tiny"], {
      env,
      stdout: "pipe",
    });
    const reader = child.stdout.getReader();
    await reader.read();
    child.kill("SIGKILL");
    await child.exited;
    const blobs = await readdir(join(bench.folder, REPO, "blobs"));
    expect(blobs.sort()).toEqual([`${sha256(Q4)}.realizar-part`, `${sha256(Q4)}.realizar-part.json`]);
    expect(await readdir(join(bench.folder, ".locks", REPO))).toHaveLength(1);
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = {};
    const rest = await bench.hub.pull("org/tiny");
    expect(rest.fetchedBytes).toBeLessThan(Q4.length);
    expect(await readFile(rest.path)).toEqual(Buffer.from(Q4));
  });

  test("a part that was damaged meanwhile is found out and fetched anew", async () => {
    await using bench = await workbench();
    const blob = join(bench.folder, REPO, "blobs", sha256(Q8));
    await mkdir(join(bench.folder, REPO, "blobs"), { recursive: true });
    await writeFile(`${blob}.realizar-part`, new Uint8Array(20_000));
    await writeFile(
      `${blob}.realizar-part.json`,
      JSON.stringify({ etag: sha256(Q8), bytes: Q8.length, done: [[0, 20_000]] }),
    );
    const pulled = await bench.hub.pull("org/tiny:Q8_0");
    expect(pulled.fetchedBytes).toBe(Q8.length - 20_000 + Q8.length);
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q8));
  });

  test.each([
    "not json",
    JSON.stringify({ etag: "other", bytes: 50_000, done: [[0, 10]] }),
    JSON.stringify({ etag: sha256(Q8), bytes: 50_000, done: [[0, 60_000]] }),
    JSON.stringify({ etag: sha256(Q8), bytes: 50_000, done: [[5, 3]] }),
    JSON.stringify({ etag: sha256(Q8), bytes: 50_000, done: "all" }),
  ])("a record that says nothing true is ignored: %s", async (record) => {
    await using bench = await workbench();
    const blob = join(bench.folder, REPO, "blobs", sha256(Q8));
    await mkdir(join(bench.folder, REPO, "blobs"), { recursive: true });
    await writeFile(`${blob}.realizar-part`, new Uint8Array(20_000));
    await writeFile(`${blob}.realizar-part.json`, record);
    expect((await bench.hub.pull("org/tiny:Q8_0")).fetchedBytes).toBe(Q8.length);
  });

  test("two pulls of one model at once fetch it once", async () => {
    await using bench = await workbench();
    bench.server.behaviour["tiny-Q8_0.gguf"] = { slowMs: 10 };
    const phases = new Set<string>();
    const onProgress = (progress: PullProgress) => void phases.add(progress.phase);
    const lock = { beatMs: 10 };
    const both = await Promise.all([
      bench.hub.pull("org/tiny:Q8_0", { onProgress, lock }),
      bench.again().pull("org/tiny:Q8_0", { onProgress, lock }),
    ]);
    expect(both.map((pulled) => pulled.fetchedBytes).sort((a, b) => a - b)).toEqual([0, Q8.length]);
    expect(bench.server.sentBytes()).toBe(Q8.length);
    expect(phases).toContain("waiting");
  });

  test("a lock that is never given back is an error after the time allowed", async () => {
    await using bench = await workbench();
    await using _lock = await takeLock(join(bench.folder, ".locks", REPO, `${sha256(Q8)}.realizar-lock`));
    const error = await failure(bench.hub.pull("org/tiny:Q8_0", { lock: { waitMs: 20, beatMs: 5 } }));
    expect(error).toBeInstanceOf(BusyError);
    expect(await failure(bench.hub.remove("org/tiny"))).toBeInstanceOf(BusyError);
  });
});

describe("progress", () => {
  test("goes up to the total, per file and over all", async () => {
    await using bench = await workbench();
    const seen: PullProgress[] = [];
    await bench.hub.pull("org/tiny:F16", { onProgress: (progress) => seen.push(progress) });
    const last = seen.at(-1)!;
    expect(last).toMatchObject({
      phase: "verifying",
      fileNumber: 2,
      fileCount: 2,
      loaded: 10_000,
      total: 10_000,
    });
    expect(last).toMatchObject({ allLoaded: 30_000, allTotal: 30_000, etaSeconds: 0 });
    const all = seen.map((progress) => progress.allLoaded);
    expect(all).toEqual([...all].sort((a, b) => a - b));
  });
});

describe("hostile servers", () => {
  test.each(["../../evil.gguf", "/etc/evil.gguf", "a\\..\\evil.gguf", "a\0b.gguf", "a//b.gguf"])(
    "a file named %j",
    async (name) => {
      await using bench = await workbench({
        "org/evil": { ...ggufRepo(), files: { [name]: text("x") }, lfs: [] },
      });
      expect(await failure(bench.hub.pull("org/evil"))).toBeInstanceOf(UnsafePathError);
      expect(await readdir(bench.folder)).toEqual([]);
    },
  );

  test("an etag or a commit that is a path", async () => {
    await using bench = await workbench({
      "org/evil": { ...ggufRepo(), commit: "../../x" },
      "org/tiny": ggufRepo(),
    });
    expect(await failure(bench.hub.pull("org/evil"))).toBeInstanceOf(UnsafePathError);
    bench.server.behaviour["tiny-Q8_0.gguf"] = { etag: '"../../../x"' };
    expect(await failure(bench.hub.pull("org/tiny:Q8_0"))).toBeInstanceOf(UnsafePathError);
  });

  test("no etag at all", async () => {
    await using bench = await workbench({ "org/tiny": { ...ggufRepo(), lfs: [] } });
    bench.server.behaviour["tiny-Q8_0.gguf"] = { etag: '""' };
    expect(await failure(bench.hub.pull("org/tiny:Q8_0"))).toBeInstanceOf(BadAnswerError);
  });
});

describe("the disk", () => {
  test("a file where the cache folder should be", async () => {
    await using bench = await workbench();
    const file = join(bench.folder, "file");
    await writeFile(file, "");
    const error = await failure(bench.again({ cacheDir: file }).pull("org/tiny:Q8_0"));
    expect(error).toBeInstanceOf(CacheFolderError);
    expect(error.message).toContain(file);
  });

  test.skipIf(process.getuid?.() === 0)(
    "no permission (skipped for root, who has every permission)",
    async () => {
      await using bench = await workbench();
      await chmod(bench.folder, 0o500);
      expect(await failure(bench.hub.pull("org/tiny:Q8_0"))).toBeInstanceOf(CachePermissionError);
      await chmod(bench.folder, 0o700);
    },
  );
});

describe("plain URLs", () => {
  test("into a folder of their own, resumable, fetched again only when changed", async () => {
    await using bench = await workbench();
    const url = `${bench.server.cdn}/org/tiny/tiny-Q8_0.gguf`;
    const pulled = await bench.hub.pull(url);
    expect(pulled).toMatchObject({
      name: url,
      source: url,
      format: "gguf",
      tag: "Q8_0",
      fetchedBytes: Q8.length,
    });
    expect(pulled.path).toStartWith(join(bench.folder, "urls", "127.0.0.1_"));
    expect(await readFile(pulled.path)).toEqual(Buffer.from(Q8));
    expect((await bench.hub.pull(url)).fetchedBytes).toBe(0);
    bench.server.behaviour["tiny-Q8_0.gguf"] = { etag: '"new"' };
    expect((await bench.hub.pull(url)).fetchedBytes).toBe(Q8.length);
    expect(bench.server.requests.every((request) => request.authorization === undefined)).toBe(true);
  });

  test("all parts of a split one", async () => {
    await using bench = await workbench();
    const pulled = await bench.hub.pull(`${bench.server.cdn}/org/tiny/F16/tiny-F16-00002-of-00002.gguf`);
    expect(pulled.files.map((file) => file.path)).toEqual([
      "tiny-F16-00001-of-00002.gguf",
      "tiny-F16-00002-of-00002.gguf",
    ]);
    expect(pulled.path).toEndWith("tiny-F16-00001-of-00002.gguf");
  });

  test("no HEAD, no length, no etag, weak etag", async () => {
    await using bench = await workbench();
    const url = `${bench.server.cdn}/org/tiny/tiny-Q8_0.gguf`;
    for (const how of [{ noHead: true }, { chunked: true, etag: "" }, { etag: 'W/"weak"' }]) {
      bench.server.behaviour["tiny-Q8_0.gguf"] = how;
      expect((await bench.hub.pull(url)).bytes).toBe(Q8.length);
      await bench.hub.remove(url);
    }
  });

  test("not there", async () => {
    await using bench = await workbench();
    const error = await failure(bench.hub.pull(`${bench.server.cdn}/org/tiny/none.gguf?key=secret`));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.message).not.toContain("secret");
  });

  test("a stopped one goes on if the file is the same, else starts again", async () => {
    await using bench = await workbench();
    const url = `${bench.server.cdn}/org/tiny/tiny-Q4_K_M.gguf`;
    const stopAfter = async (bytes: number) => {
      const stop = new AbortController();
      bench.server.behaviour["tiny-Q4_K_M.gguf"] = { slowMs: 50 };
      const onProgress = (progress: PullProgress) => progress.loaded > bytes && stop.abort();
      await failure(bench.hub.pull(url, { signal: stop.signal, onProgress }));
    };
    await stopAfter(50_000);
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = { etag: '"changed"' };
    expect((await bench.hub.pull(url)).fetchedBytes).toBe(Q4.length);
    await bench.hub.remove(url);
    await stopAfter(50_000);
    bench.server.behaviour["tiny-Q4_K_M.gguf"] = {};
    expect((await bench.hub.pull(url)).fetchedBytes).toBeLessThan(Q4.length);
    expect(await readFile((await bench.hub.show(url))[0]!.path)).toEqual(
      Buffer.from(sampleBytes(300_000, 1)),
    );
  });
});
