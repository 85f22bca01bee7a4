import { describe, expect, test } from "bun:test";
import { GGML_TYPES, ggmlByteLength, ggmlTypeById, isGgmlTypeName } from "../src/index.ts";

describe("tensor types", () => {
  test("ids and names are unique, and lookups agree", () => {
    const types = Object.values(GGML_TYPES);
    expect(new Set(types.map(({ id }) => id)).size).toBe(types.length);
    for (const type of types) {
      expect(ggmlTypeById(type.id)).toBe(type);
      expect(isGgmlTypeName(type.name)).toBe(true);
    }
  });

  test("block lengths are powers of two, so sizes are exact", () => {
    for (const { blockLength } of Object.values(GGML_TYPES))
      expect(Number.isInteger(Math.log2(blockLength))).toBe(true);
  });

  test("removed and unknown ids have no type", () => {
    for (const id of [4, 5, 31, 32, 33, 36, 37, 38, 43, 99, -1, 0xffffffff])
      expect(ggmlTypeById(id)).toBeUndefined();
    expect(isGgmlTypeName("Q4_2")).toBe(false);
    expect(isGgmlTypeName("toString")).toBe(false);
  });

  test("byte lengths count whole blocks", () => {
    expect(ggmlByteLength("Q4_K", 512)).toBe(288);
    expect(ggmlByteLength("F16", 3)).toBe(6);
    expect(ggmlByteLength("Q8_0", 33)).toBeNaN();
  });
});
