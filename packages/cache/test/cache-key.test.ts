import { expect, test } from "bun:test";
import { cacheKeyFromConfig } from "../src/index.ts";

test("the key names the shape", () => {
  const config = { vocabSize: 100, hiddenDim: 32, numHeads: 2, numLayers: 4, intermediateDim: 64 };
  expect(cacheKeyFromConfig(config)).toBe("v100_h32_n2_l4_i64");
});
