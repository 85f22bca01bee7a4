import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ModelNotFoundError } from "../src/errors.ts";
import { resolveModel, resolveServed } from "../src/resolve-model.ts";
import { temporaryFolder } from "./cli.ts";

const folder = temporaryFolder();
const environment = { HF_HUB_CACHE: join(folder.path, "cache"), HOME: folder.path };
const snapshot = join(folder.path, "cache/models--org--tiny/snapshots/0123456789abcdef");
const cached = join(snapshot, "tiny-Q4_K_M.gguf");
beforeAll(async () => {
  await mkdir(snapshot, { recursive: true });
  await writeFile(cached, "GGUF");
});
afterAll(folder.remove);

const failure = (model: string, env = environment) =>
  resolveModel(model, env).then(
    () => undefined,
    (error) => error,
  );

describe("a model's name", () => {
  test("is a path first, taken as it is", async () => {
    expect(await resolveModel(cached, {})).toBe(cached);
    expect(await resolveModel(folder.path, {})).toBe(folder.path);
  });

  test("is else what was pulled", async () => {
    expect(await resolveModel("org/tiny", environment)).toBe(cached);
    expect(await resolveModel("hf:org/tiny:Q4_K_M", environment)).toBe(cached);
  });

  test.each(["model.gguf", "./model", "/models/x", "~/m", "models/m.GGUF", "m.safetensors"])(
    "%s can only be a path",
    async (model) => {
      const error = await failure(model);
      expect(error).toBeInstanceOf(ModelNotFoundError);
      expect(error).toMatchObject({ code: "CLI_MODEL_NOT_FOUND", model });
      expect(error.message).toBe(`${model} does not exist; check the path`);
    },
  );

  test("is told how to be pulled where it was not", async () => {
    expect((await failure("org/other")).message).toBe(
      "org/other does not exist, nor was it pulled from the hub; to get it: realizar pull org/other",
    );
  });

  test("that is none is told what names look like", async () => {
    expect((await failure("two words")).message).toMatch(
      /^two words does not exist; as a name: .* is no model name: /,
    );
  });

  test("without a home there is no cache: the setting is named", async () => {
    expect((await failure("org/tiny", {} as typeof environment)).message).toContain("HF_HOME");
  });
});

describe("a model to serve", () => {
  test("keeps the id it is given", async () => {
    expect(await resolveServed("small=org/tiny", environment)).toBe(`small=${cached}`);
    expect(await resolveServed(`x=${cached}`, environment)).toBe(`x=${cached}`);
  });

  test("goes by its short name where it was pulled, and a path stays what it is", async () => {
    expect(await resolveServed("org/tiny:Q4_K_M", environment)).toBe(`tiny:Q4_K_M=${cached}`);
    expect(await resolveServed(cached, environment)).toBe(cached);
  });

  test("that is not there is an error", async () => {
    expect(resolveServed("a=org/other", environment)).rejects.toBeInstanceOf(ModelNotFoundError);
  });
});
