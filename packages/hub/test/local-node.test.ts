import { describe, expect, test } from "bun:test";
import { mkdir, readdir, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { NotFoundError } from "../src/index.ts";
import { COMMIT, failure, folderRepo, ggufRepo, workbench } from "./workbench.ts";

const REPO = "models--org--tiny";
const sizeOf = (file: string) => ggufRepo().files[file]!.length;

describe("list", () => {
  test("every whole model under a name that finds it again", async () => {
    await using bench = await workbench();
    const url = `${bench.server.cdn}/org/tiny/tiny-Q8_0.gguf`;
    for (const name of ["org/tiny", "org/tiny:Q8_0", "org/folder", url]) await bench.hub.pull(name);
    const models = await bench.hub.list();
    expect(models.map((model) => model.name)).toEqual([
      url,
      "org/folder",
      "org/tiny:Q4_K_M",
      "org/tiny:Q8_0",
    ]);
    for (const model of models) {
      expect(await bench.hub.resolveLocal(model.name)).toEqual(model);
      expect(await bench.hub.show(model.name)).toEqual([model]);
      expect(model.modifiedMs).toBeGreaterThan(0);
    }
    expect((await bench.hub.show("org/tiny")).map((model) => model.tag)).toEqual(["Q4_K_M", "Q8_0"]);
  });

  test("an empty or absent cache, and what else lies in one", async () => {
    await using bench = await workbench();
    expect(await bench.again({ cacheDir: join(bench.folder, "none") }).list()).toEqual([]);
    await mkdir(join(bench.folder, "models--gpt2"));
    await mkdir(join(bench.folder, "datasets--a--b"));
    await mkdir(join(bench.folder, "urls", "x"), { recursive: true });
    await mkdir(join(bench.folder, REPO, "snapshots"), { recursive: true });
    await writeFile(join(bench.folder, REPO, "snapshots", ".DS_Store"), "");
    await writeFile(join(bench.folder, "version.txt"), "1");
    expect(await bench.hub.list()).toEqual([]);
  });

  test("two files of one tag go by their file names; one without a ref by its commit", async () => {
    const repo = ggufRepo();
    repo.files["other-Q8_0.gguf"] = repo.files["tiny-Q8_0.gguf"]!.slice(1);
    await using bench = await workbench({ "org/tiny": repo });
    await bench.hub.pull("org/tiny/other-Q8_0.gguf");
    await bench.hub.pull("org/tiny/tiny-Q8_0.gguf");
    expect((await bench.hub.list()).map((model) => model.name)).toEqual([
      "org/tiny/other-Q8_0.gguf",
      "org/tiny/tiny-Q8_0.gguf",
    ]);
    await rm(join(bench.folder, REPO, "refs"), { recursive: true });
    const [first] = await bench.hub.list();
    expect(first?.name).toBe(`org/tiny@${COMMIT}/other-Q8_0.gguf`);
    expect((await bench.hub.resolveLocal(first!.name))?.path).toBe(first!.path);
  });
});

describe("resolveLocal", () => {
  test("what Python's library left: links, a ref", async () => {
    await using bench = await workbench();
    const folder = join(bench.folder, REPO);
    for (const part of ["blobs", "refs", join("snapshots", "abc123")])
      await mkdir(join(folder, part), { recursive: true });
    await writeFile(join(folder, "blobs", "e1"), "gguf");
    await writeFile(join(folder, "refs", "main"), "abc123");
    await symlink("../../blobs/e1", join(folder, "snapshots", "abc123", "m.gguf"));
    expect(await bench.hub.resolveLocal("org/tiny")).toMatchObject({
      commit: "abc123",
      bytes: 4,
      tag: undefined,
    });
    await unlink(join(folder, "blobs", "e1"));
    expect(await bench.hub.resolveLocal("org/tiny")).toBeUndefined();
  });

  test("an older snapshot serves the main branch, the ref's own first, other branches not", async () => {
    await using bench = await workbench();
    await bench.hub.pull("org/tiny:Q8_0");
    await writeFile(join(bench.folder, REPO, "refs", "main"), "f".repeat(40));
    expect((await bench.hub.resolveLocal("org/tiny:Q8_0"))?.commit).toBe(COMMIT);
    expect(await bench.hub.resolveLocal("org/tiny@dev:Q8_0")).toBeUndefined();
    expect(await bench.hub.resolveLocal("org/tiny:Q4_K_M")).toBeUndefined();
    expect(await bench.hub.resolveLocal("org/none")).toBeUndefined();
    expect(await bench.hub.resolveLocal("https://example.com/none.gguf")).toBeUndefined();
  });

  test("a folder whose index names shards that are not there, or is damaged, is not whole", async () => {
    await using bench = await workbench();
    const { path } = await bench.hub.pull("org/folder");
    await unlink(join(path, "model-00002-of-00002.safetensors"));
    expect(await bench.hub.resolveLocal("org/folder")).toBeUndefined();
    expect(await bench.hub.list()).toEqual([]);
    await bench.hub.pull("org/folder");
    const index = join(path, "model.safetensors.index.json");
    await unlink(index);
    await writeFile(index, "[]");
    expect(await bench.hub.resolveLocal("org/folder")).toBeUndefined();
    await unlink(index);
    expect(await bench.hub.resolveLocal("org/folder")).toBeDefined();
  });

  test("one safetensors file by its name", async () => {
    await using bench = await workbench();
    const pulled = await bench.hub.pull("org/folder/model-00001-of-00002.safetensors");
    expect(pulled.path).toEndWith("model-00001-of-00002.safetensors");
    expect(await bench.hub.resolveLocal("org/folder")).toBeUndefined();
  });
});

describe("remove", () => {
  test("one quantization: its files and blobs, not its neighbours", async () => {
    await using bench = await workbench();
    for (const name of ["org/tiny", "org/tiny:Q8_0", "org/tiny:F16"]) await bench.hub.pull(name);
    expect(await bench.hub.remove("org/tiny:f16")).toEqual({ names: ["org/tiny:F16"], freedBytes: 30_000 });
    expect((await bench.hub.list()).map((model) => model.tag)).toEqual(["Q4_K_M", "Q8_0"]);
    expect(await readdir(join(bench.folder, REPO, "blobs"))).toHaveLength(2);
    await bench.hub.remove("org/tiny/tiny-Q8_0.gguf");
    await bench.hub.remove("org/tiny:Q4_K_M");
    expect(await readdir(bench.folder)).not.toContain(REPO);
  });

  test("from every snapshot that has it, and never another that merely resembles it", async () => {
    const repo = ggufRepo();
    repo.files["tiny-UD-Q8_0.gguf"] = repo.files["tiny-Q8_0.gguf"]!.slice(2);
    await using bench = await workbench({ "org/tiny": repo });
    await bench.hub.pull("org/tiny:Q8_0");
    await bench.hub.pull("org/tiny:UD-Q8_0");
    repo.commit = "e".repeat(40);
    await bench.hub.pull("org/tiny:Q8_0");
    expect((await bench.hub.remove("org/tiny:Q8_0")).freedBytes).toBe(
      sizeOf("tiny-Q8_0.gguf") + repo.commit.length,
    );
    expect((await bench.hub.list()).map((model) => model.tag)).toEqual(["UD-Q8_0"]);
  });

  test("a whole repository with what is unfinished; a URL", async () => {
    await using bench = await workbench();
    const url = `${bench.server.cdn}/org/tiny/tiny-Q8_0.gguf`;
    await bench.hub.pull("org/folder");
    await bench.hub.pull(url);
    const all = Object.entries(folderRepo().files).filter(([file]) => !file.endsWith(".bin"));
    const bytes = all.reduce((sum, [, content]) => sum + content.length, 0) + "f".repeat(40).length;
    expect(await bench.hub.remove("org/folder")).toEqual({ names: ["org/folder"], freedBytes: bytes });
    expect((await bench.hub.remove(url)).names).toEqual([url]);
    expect(await bench.hub.list()).toEqual([]);
    expect(await readdir(join(bench.folder, "urls"))).toEqual([]);
  });

  test("what is not there names what is", async () => {
    await using bench = await workbench();
    await bench.hub.pull("org/tiny:Q8_0");
    for (const action of [
      () => bench.hub.remove("org/none"),
      () => bench.hub.remove("org/tiny:Q2_K"),
      () => bench.hub.show("org/none"),
    ]) {
      const error = await failure(action());
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error.suggestions).toEqual(["org/tiny:Q8_0"]);
    }
  });
});
