import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type HubServer, startHub } from "@realizar/testing/hub-server";
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";

let server: HubServer;
let folder: ReturnType<typeof temporaryFolder>;
let environment: Record<string, string>;
let bytes: Uint8Array<ArrayBuffer>;

beforeEach(async () => {
  folder = temporaryFolder();
  bytes = new Uint8Array(await readFile(await tinyModel(folder.path)));
  const files = { "tiny-Q8_0.gguf": bytes, "tiny-F16.gguf": bytes.slice(), "README.md": new Uint8Array(9) };
  server = await startHub({ "org/tiny": { commit: COMMIT, files, lfs: ["tiny-Q8_0.gguf"] } });
  environment = { HF_ENDPOINT: server.endpoint, HF_HUB_CACHE: join(folder.path, "cache"), HOME: folder.path };
});

afterEach(async () => {
  await server.close();
  folder.remove();
});

const hub = (...argv: string[]) => cli(argv, { environment });
const pulledPath = () =>
  join(folder.path, "cache", "models--org--tiny", "snapshots", COMMIT, "tiny-Q8_0.gguf");

describe("pull", () => {
  test("brings a model into the cache; standard output is where it lies", async () => {
    const { status, out, err } = await hub("pull", "org/tiny:Q8_0");
    expect({ status, out }).toEqual({ status: 0, out: `${pulledPath()}\n` });
    expect(err).toBe(
      `downloading tiny-Q8_0.gguf\nverifying tiny-Q8_0.gguf\norg/tiny:Q8_0: ${sizeText()} downloaded and checked\n`,
    );
    expect(new Uint8Array(await readFile(pulledPath()))).toEqual(bytes);
  });

  test("a second pull fetches nothing and says so", async () => {
    await hub("pull", "org/tiny:Q8_0");
    const sent = server.sentBytes();
    const { out, err } = await hub("pull", "org/tiny:Q8_0", "--format", "json");
    expect(server.sentBytes()).toBe(sent);
    expect(err).toBe(`org/tiny:Q8_0 is up to date (${sizeText()})\n`);
    expect(JSON.parse(out)).toMatchObject({ path: pulledPath(), fetchedBytes: 0, unchecked: false });
  });

  test("a terminal sees a bar with speed", async () => {
    const { err } = await cli(["pull", "org/tiny:Q8_0"], { environment, terminal: true, columns: 100 });
    expect(err).toMatch(/downloading tiny-Q8_0\.gguf \[#*\.*\] +\d+% [\d.]+ k?B\/[\d.]+ kB [\d.]+ .?B\/s/);
  });

  test("without the network, the copy in the cache is taken and told to be unchecked", async () => {
    await hub("pull", "org/tiny:Q8_0");
    const { status, out, err } = await cli(["pull", "org/tiny:Q8_0"], {
      environment: { ...environment, HF_HUB_OFFLINE: "1" },
    });
    expect({ status, out }).toEqual({ status: 0, out: `${pulledPath()}\n` });
    expect(err).toBe("the hub was not asked: this is the copy in the cache, which may be out of date\n");
  });

  test("a plain URL", async () => {
    const url = `${server.cdn}/org/tiny/tiny-Q8_0.gguf`;
    const { status, out } = await hub("pull", url);
    expect(status).toBe(0);
    expect(new Uint8Array(await readFile(out.trimEnd()))).toEqual(bytes);
    expect((await hub("tokenize", url, "a")).status).toBe(0);
  });

  test.each([
    ["org/absent", /401|404|was not found/],
    ["org/tiny:Q2_K", /no quantization "Q2_K"; there are: .*Q8_0/],
    ["a b", /is no model name/],
  ])("%s is one line of advice", async (name, message) => {
    const { status, out, err } = await hub("pull", name);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("what was pulled", () => {
  test("is listed, shown and removed", async () => {
    expect((await hub("list")).err).toContain("to get one: realizar pull org/name");
    await hub("pull", "org/tiny:Q8_0");
    const listed = await hub("list");
    expect(listed.out).toMatch(/^org\/tiny:Q8_0 {2}gguf +[\d.]+ kB {2}\d{4}-\d\d-\d\d\n$/);
    expect((await hub("ls")).out).toBe(listed.out);
    expect(JSON.parse((await hub("list", "--format", "json")).out)).toMatchObject([
      { name: "org/tiny:Q8_0", bytes: bytes.length, path: pulledPath() },
    ]);

    const shown = await hub("show", "org/tiny");
    for (const line of [
      "name      org/tiny:Q8_0",
      `commit    ${COMMIT}`,
      "format    gguf Q8_0",
      `path      ${pulledPath()}`,
    ])
      expect(shown.out).toContain(`${line}\n`);
    expect(JSON.parse((await hub("show", "org/tiny", "--format", "json")).out)).toHaveLength(1);

    const removed = await hub("rm", "org/tiny:Q8_0");
    expect(removed).toMatchObject({ status: 0, err: "" });
    expect(removed.out).toBe(`removed org/tiny:Q8_0: ${sizeText()} freed\n`);
    expect(existsSync(pulledPath())).toBe(false);
    expect((await hub("list")).out).toBe("");
  });

  test("what is not there can be neither shown nor removed", async () => {
    for (const command of ["show", "rm"]) {
      const { status, err } = await hub(command, "org/tiny");
      expect(status).toBe(1);
      expect(err).toMatch(/^realizar: org\/tiny[^\n]+ not found[^\n]+\n$/);
    }
  });

  test("rm tells in JSON what went", async () => {
    await hub("pull", "org/tiny:Q8_0");
    const { out } = await hub("rm", "org/tiny", "--format", "json");
    expect(JSON.parse(out)).toMatchObject([{ name: "org/tiny", models: ["org/tiny:Q8_0"] }]);
  });

  test("runs, and is described, by its name", async () => {
    const before = await hub("run", "org/tiny:Q8_0", "the", "-n", "1");
    expect(before).toMatchObject({ status: 1, out: "" });
    expect(before.err).toBe(
      "realizar: org/tiny:Q8_0 does not exist, nor was it pulled from the hub; to get it: realizar pull org/tiny:Q8_0\n",
    );
    expect(server.sentBytes()).toBe(0);
    await hub("pull", "org/tiny:Q8_0");
    const requests = server.requests.length;
    expect((await hub("run", "org/tiny:Q8_0", "the", "-n", "1", "-t", "1")).status).toBe(0);
    expect((await hub("info", "org/tiny")).out).toContain(`file          ${pulledPath()}`);
    expect((await hub("bench", "org/tiny", "-p", "1", "-n", "0", "-r", "1", "-t", "1")).status).toBe(0);
    expect(server.requests.length).toBe(requests);
  });
});

function sizeText(): string {
  return `${(bytes.length / 1e3).toFixed(1)} kB`;
}
