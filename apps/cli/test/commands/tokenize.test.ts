import { afterAll, beforeAll, expect, test } from "bun:test";
import { cli, temporaryFolder, tinyModel } from "../cli.ts";

const folder = temporaryFolder();
let model = "";
beforeAll(async () => {
  model = await tinyModel(folder.path);
});
afterAll(folder.remove);

test("ids are separated by spaces, or a JSON array; none is added", async () => {
  const text = await cli(["tokenize", model, "ae é"]);
  const json = await cli(["tokenize", model, "ae é", "--format", "json"]);
  expect(text.status).toBe(0);
  // The space in front, a, e, a space, and the two bytes of é after the three control tokens.
  expect(text.out).toBe("259 262 260 259 198 172\n");
  expect(JSON.parse(json.out)).toEqual(text.out.trimEnd().split(" ").map(Number));
});

test("no text is no id", async () => {
  expect((await cli(["tokenize", model, ""])).out).toBe("\n");
  expect((await cli(["tokenize", model, "", "--format", "json"])).out).toBe("[]\n");
});

test("the built-in model's tokenizer", async () => {
  expect((await cli(["tokenize", "--demo", "a fox"])).out).toMatch(/^\d+( \d+)*\n$/);
  const { status, err } = await cli(["tokenize", "--demo"]);
  expect(status).toBe(2);
  expect(err).toContain("no text");
});
