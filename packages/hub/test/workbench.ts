import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HubServer, type RepoFixture, sampleBytes, startHub } from "@realizar/testing/hub-server";
import { createHub, type Hub, type HubOptions, type HubSettings } from "../src/index.ts";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const text = (content: string) => new TextEncoder().encode(content);

/** A repository of GGUFs: two quantizations, a split one, and what lies beside them. */
export function ggufRepo(): RepoFixture {
  const files: RepoFixture["files"] = {
    "README.md": text("# tiny"),
    "tiny-Q4_K_M.gguf": sampleBytes(300_000, 1),
    "tiny-Q8_0.gguf": sampleBytes(50_000, 2),
    "F16/tiny-F16-00001-of-00002.gguf": sampleBytes(20_000, 3),
    "F16/tiny-F16-00002-of-00002.gguf": sampleBytes(10_000, 4),
    "mmproj-tiny-F16.gguf": sampleBytes(10, 5),
  };
  return { commit: COMMIT, files, lfs: Object.keys(files).filter((file) => file.endsWith(".gguf")) };
}

/** A sharded safetensors folder. */
export function folderRepo(): RepoFixture {
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const index = { weight_map: { a: shards[0], b: shards[1] } };
  const files = {
    "config.json": text("{}"),
    "tokenizer.json": text('{"version":"1.0"}'),
    "model.safetensors.index.json": text(JSON.stringify(index)),
    [shards[0]!]: sampleBytes(5000, 6),
    [shards[1]!]: sampleBytes(6000, 7),
    "pytorch_model.bin": sampleBytes(100, 8),
  };
  return { commit: COMMIT.replace("0", "f"), files, lfs: shards };
}

export interface Workbench extends AsyncDisposable {
  server: HubServer;
  folder: string;
  hub: Hub;
  /** Another hub on the same server and cache. */
  again(settings?: Partial<HubSettings>, options?: HubOptions): Hub;
}

/** A server, an empty cache folder, and a hub over both that does not wait between tries. */
export async function workbench(
  repos: Record<string, RepoFixture> = { "org/tiny": ggufRepo(), "org/folder": folderRepo() },
): Promise<Workbench> {
  const server = await startHub(repos);
  const folder = await mkdtemp(join(tmpdir(), "realizar-hub-"));
  const again: Workbench["again"] = (settings = {}, options = {}) =>
    createHub(
      { endpoint: server.endpoint, cacheDir: folder, offline: false, ...settings },
      { ...options, retry: { baseDelayMs: 1, maxDelayMs: 2, attempts: 4, ...options.retry } },
    );
  return {
    server,
    folder,
    hub: again(),
    again,
    async [Symbol.asyncDispose]() {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error("did not fail");
}
