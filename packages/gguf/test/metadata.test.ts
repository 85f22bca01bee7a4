import { describe, expect, test } from "bun:test";
import {
  findBoolean,
  findNumber,
  findNumbers,
  findString,
  findStrings,
  GgufMissingKeyError,
  type GgufValue,
  GgufWrongTypeError,
  getBoolean,
  getNumber,
  getNumbers,
  getString,
  getStrings,
} from "../src/index.ts";

const metadata = new Map<string, GgufValue>([
  ["string", { type: "string", value: "s" }],
  ["uint8", { type: "uint8", value: 7 }],
  ["uint64", { type: "uint64", value: 8n }],
  ["huge", { type: "int64", value: -(2n ** 60n) }],
  ["bool", { type: "bool", value: false }],
  ["strings", { type: "array", elementType: "string", value: ["a"] }],
  ["floats", { type: "array", elementType: "float32", value: new Float32Array([1]) }],
  ["longs", { type: "array", elementType: "int64", value: new BigInt64Array([1n]) }],
]);

describe("getters", () => {
  test("give the value of the type they name", () => {
    expect(getString(metadata, "string")).toBe("s");
    expect(getNumber(metadata, "uint8")).toBe(7);
    expect(getNumber(metadata, "uint64")).toBe(8);
    expect(getBoolean(metadata, "bool")).toBe(false);
    expect(getStrings(metadata, "strings")).toEqual(["a"]);
    expect(getNumbers(metadata, "floats")).toEqual(new Float32Array([1]));
  });

  test("find gives undefined and get throws where the key is absent", () => {
    for (const find of [findString, findNumber, findBoolean, findStrings, findNumbers]) {
      expect(find(metadata, "absent")).toBeUndefined();
    }
    for (const get of [getString, getNumber, getBoolean, getStrings, getNumbers]) {
      expect(() => get(metadata, "absent")).toThrow(GgufMissingKeyError);
    }
  });

  test("another type is refused with both types named", () => {
    expect(() => findString(metadata, "uint8")).toThrow(new GgufWrongTypeError("uint8", "a string", "uint8"));
    expect(() => findNumber(metadata, "string")).toThrow(GgufWrongTypeError);
    expect(() => findNumber(metadata, "huge")).toThrow("below 2^53");
    expect(() => findBoolean(metadata, "uint8")).toThrow(GgufWrongTypeError);
    expect(() => findStrings(metadata, "floats")).toThrow("an array of float32");
    expect(() => findNumbers(metadata, "strings")).toThrow(GgufWrongTypeError);
    expect(() => findNumbers(metadata, "longs")).toThrow("an array of int64");
  });
});
