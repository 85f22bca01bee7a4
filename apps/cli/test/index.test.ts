import { expect, test } from "bun:test";
import * as realizar from "../src/index.ts";

test("the package gives main, its errors and the version", () => {
  expect(Object.keys(realizar).sort()).toEqual(["Interruption", "UsageError", "VERSION", "main"]);
});
