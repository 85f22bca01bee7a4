import { describe, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hubSettings, readHubSettings, SettingError, tokenPath } from "../src/index.ts";

describe("hubSettings", () => {
  test("defaults", () => {
    expect(hubSettings({ HOME: "/home/u" })).toEqual({
      endpoint: "https://huggingface.co",
      cacheDir: "/home/u/.cache/huggingface/hub",
      offline: false,
    });
  });

  test.each([
    [{ HF_HOME: "/hf" }, "/hf/hub"],
    [{ HF_HOME: "~/hf" }, "/home/u/hf/hub"],
    [{ XDG_CACHE_HOME: "/xdg" }, "/xdg/huggingface/hub"],
    [{ HF_HUB_CACHE: "/c", HF_HOME: "/hf" }, "/c"],
    [{ HUGGINGFACE_HUB_CACHE: "~" }, "/home/u"],
    [{ HF_HUB_CACHE: " " }, "/home/u/.cache/huggingface/hub"],
  ])("cache folder of %j", (env, expected) => {
    expect(hubSettings({ HOME: "/home/u", ...env }).cacheDir).toBe(expected);
  });

  test("endpoint, token, offline", () => {
    const env = {
      USERPROFILE: "/u",
      HF_ENDPOINT: "https://hf-mirror.example/",
      HF_TOKEN: " hf_x\n",
      HF_HUB_OFFLINE: "true",
    };
    expect(hubSettings(env)).toMatchObject({
      endpoint: "https://hf-mirror.example",
      token: "hf_x",
      offline: true,
    });
    expect(
      hubSettings({ HOME: "/u", HUGGING_FACE_HUB_TOKEN: "old", TRANSFORMERS_OFFLINE: "1" }),
    ).toMatchObject({
      token: "old",
      offline: true,
    });
    expect(hubSettings({ HOME: "/u", HF_HUB_OFFLINE: "0" }).offline).toBe(false);
  });

  test("what cannot be used is refused by name", () => {
    expect(() => hubSettings({})).toThrow(SettingError);
    expect(() => hubSettings({ HOME: "/u", HF_ENDPOINT: "hub" })).toThrow("HF_ENDPOINT");
    expect(() => hubSettings({ HOME: "/u", HF_ENDPOINT: "file:///x" })).toThrow("HF_ENDPOINT");
    expect(() => hubSettings({ HOME: "/u", HF_TOKEN: "a b" })).toThrow(/^HF_TOKEN: the token has spaces/);
  });
});

describe("the token file", () => {
  test("is read where no variable has a token", async () => {
    const home = await mkdtemp(join(tmpdir(), "realizar-token-"));
    const env = { HOME: home, HF_HOME: home };
    expect((await readHubSettings(env)).token).toBeUndefined();
    await writeFile(tokenPath(env), "hf_file\n");
    expect((await readHubSettings(env)).token).toBe("hf_file");
    expect((await readHubSettings({ ...env, HF_TOKEN: "hf_env" })).token).toBe("hf_env");
    await writeFile(join(home, "other"), "");
    expect((await readHubSettings({ ...env, HF_TOKEN_PATH: join(home, "other") })).token).toBeUndefined();
    await rm(home, { recursive: true });
  });
});
