import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { openSafetensors, SafetensorsError } from "../src/index.ts";
import { codeOf, fileOf } from "./build.ts";
import { testData } from "./data.ts";

const A = '"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}';

describe("headers accepted", () => {
  const cases: Record<string, [string, number]> = {
    "one tensor": [`{${A}}`, 16],
    "no tensors": ["{}", 0],
    "space around": [` \n\t\r{${A}}  `, 16],
    "a scalar": ['{"s":{"dtype":"F64","shape":[],"data_offsets":[0,8]}}', 8],
    "unknown fields of any shape": [
      `{"a":{"x":[1,-2.5e3,{"y":[null,true,"\\u00e9"]},[],{}],${A.slice(5)}}`,
      16,
    ],
    "the same entry twice": [`{${A},${A}}`, 16],
    "a name of Object.prototype": [`{${A.replace('"a"', '"__proto__"')}}`, 16],
    "metadata null": [`{"__metadata__":null,${A}}`, 16],
    "metadata with a key twice, alike": [`{"__metadata__":{"k":"v","k":"v"},${A}}`, 16],
    "an empty dimension": ['{"e":{"dtype":"F32","shape":[3,0],"data_offsets":[0,0]}}', 0],
    "F4 in whole bytes": ['{"f":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}', 2],
    "F6 in whole bytes": ['{"f":{"dtype":"F6_E2M3","shape":[4],"data_offsets":[0,3]}}', 3],
    "an escaped name": [`{${A.replace('"a"', '"\\u0061\\n\\ud83d\\ude00"')}}`, 16],
  };
  for (const [why, [header, data]] of Object.entries(cases)) {
    test(why, async () => expect(await codeOf(openSafetensors(fileOf(header, data)))).toBe("accepted"));
  }
});

describe("headers refused", () => {
  const syntax = "SAFETENSORS_HEADER_SYNTAX";
  const invalid = "SAFETENSORS_TENSOR_INVALID";
  const offsets = "SAFETENSORS_OFFSETS_INVALID";
  const tensor = (fields: string) => `{"a":{${fields}}}`;
  const cases: Record<string, [string, number, string]> = {
    "an empty header": ["", 0, syntax],
    "an array": ["[]", 0, syntax],
    "a BOM": [`\uFEFF{${A}}`, 16, syntax],
    "text after the object": [`{${A}} x`, 16, syntax],
    "a trailing comma": [`{${A},}`, 16, syntax],
    "a missing colon": ['{"a" 1}', 0, syntax],
    "an unclosed string": ['{"a', 0, syntax],
    "a control character in a name": ['{"a\nb":1}', 0, syntax],
    "an unknown escape": ['{"\\q":1}', 0, syntax],
    "a lone surrogate": ['{"\\ud800":1}', 0, syntax],
    "a float dimension": [tensor('"dtype":"F32","shape":[2.0],"data_offsets":[0,8]'), 8, syntax],
    "an exponent": [tensor('"dtype":"F32","shape":[2e0],"data_offsets":[0,8]'), 8, syntax],
    "1e400": [tensor('"dtype":"F32","shape":[2],"data_offsets":[0,1e400]'), 8, syntax],
    "a negative dimension": [tensor('"dtype":"F32","shape":[-2],"data_offsets":[0,8]'), 8, syntax],
    "a leading zero": [tensor('"dtype":"F32","shape":[02],"data_offsets":[0,8]'), 8, syntax],
    "a dimension of 2^53": [
      tensor('"dtype":"F32","shape":[9007199254740992,0],"data_offsets":[0,0]'),
      0,
      syntax,
    ],
    "a string dimension": [tensor('"dtype":"F32","shape":["2"],"data_offsets":[0,8]'), 8, syntax],
    "no dtype": [tensor('"shape":[2],"data_offsets":[0,8]'), 8, syntax],
    "no shape": [tensor('"dtype":"F32","data_offsets":[0,8]'), 8, syntax],
    "no offsets": [tensor('"dtype":"F32","shape":[2]'), 8, syntax],
    "one offset": [tensor('"dtype":"F32","shape":[2],"data_offsets":[0]'), 8, syntax],
    "three offsets": [tensor('"dtype":"F32","shape":[2],"data_offsets":[0,8,8]'), 8, syntax],
    "two dtypes": [tensor('"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]'), 8, syntax],
    "two shapes": [tensor('"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]'), 8, syntax],
    "two data_offsets": [
      tensor('"dtype":"F32","shape":[2],"data_offsets":[0,8],"data_offsets":[0,8]'),
      8,
      syntax,
    ],
    "two __metadata__": ['{"__metadata__":{},"__metadata__":{}}', 0, syntax],
    "a number in the metadata": ['{"__metadata__":{"a":1}}', 0, syntax],
    "a value that is none": [tensor('"x":tru,"dtype":"F32","shape":[2],"data_offsets":[0,8]'), 8, syntax],
    "deep nesting": [tensor(`"x":${"[".repeat(200)}${"]".repeat(200)}`), 0, syntax],
    "a metadata key twice, unlike": ['{"__metadata__":{"k":"v","k":"w"}}', 0, "SAFETENSORS_DUPLICATE_NAME"],
    "a name twice, unlike": [`{${A},${A.replace("[2,2]", "[4]")}}`, 16, "SAFETENSORS_DUPLICATE_NAME"],
    "a dtype in lower case": [
      tensor('"dtype":"f32","shape":[2],"data_offsets":[0,8]'),
      8,
      "SAFETENSORS_UNKNOWN_DTYPE",
    ],
    "a dtype of Object.prototype": [
      tensor('"dtype":"toString","shape":[2],"data_offsets":[0,8]'),
      8,
      "SAFETENSORS_UNKNOWN_DTYPE",
    ],
    "a product that wraps": [
      tensor('"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]'),
      0,
      invalid,
    ],
    "a huge product before a zero": [
      tensor('"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]'),
      0,
      invalid,
    ],
    "offsets unlike the shape": [tensor('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8, invalid],
    "half a byte": [tensor('"dtype":"F4","shape":[3],"data_offsets":[0,2]'), 2, invalid],
    "begin after end": [tensor('"dtype":"F32","shape":[2],"data_offsets":[8,0]'), 8, offsets],
    "past the end": [tensor('"dtype":"F32","shape":[4],"data_offsets":[0,16]'), 8, offsets],
    "a hole before the first": [tensor('"dtype":"F32","shape":[2],"data_offsets":[8,16]'), 16, offsets],
    "an overlap": [`{${A},${A.replace('"a"', '"b"')}}`, 16, offsets],
    "a tail": [`{${A}}`, 17, "SAFETENSORS_NOT_COVERED"],
  };
  for (const [why, [header, data, code]] of Object.entries(cases)) {
    test(why, async () => expect(await codeOf(openSafetensors(fileOf(header, data)))).toBe(code));
  }
  test("bytes that are not UTF-8", async () => {
    expect(await codeOf(openSafetensors(fileOf(new Uint8Array([0x7b, 0xff, 0x7d]))))).toBe(syntax);
  });
  test("a header length past the file, or past any file", async () => {
    const file = fileOf(`{${A}}`, 16);
    new DataView(file.buffer).setBigUint64(0, 1000n, true);
    expect(await codeOf(openSafetensors(file))).toBe("SAFETENSORS_TRUNCATED");
    new DataView(file.buffer).setBigUint64(0, 2n ** 64n - 1n, true);
    expect(await codeOf(openSafetensors(file))).toBe("SAFETENSORS_HEADER_TOO_LARGE");
    expect(await codeOf(openSafetensors(new Uint8Array(7)))).toBe("SAFETENSORS_TRUNCATED");
  });
  test("the error carries the place", async () => {
    const error = await openSafetensors(fileOf("{} x")).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(SafetensorsError);
    expect((error as SafetensorsError).fields).toEqual({ position: 3 });
  });
});

test("a header cut or altered anywhere is read or refused with a SafetensorsError", async () => {
  const good = fileOf(`{"__metadata__":{"format":"pt"},${A}}`, 16);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.integer({ min: 0, max: good.length }),
      async (edits, end) => {
        const bytes = good.slice(0, end);
        for (const [at, value] of edits) if (at < end) bytes[at] = value;
        const outcome = await codeOf(openSafetensors(bytes));
        expect(outcome === "accepted" || outcome.startsWith("SAFETENSORS_")).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

test("every strict prefix of a file is refused", async () => {
  const good = fileOf(`{${A}}`, 16);
  for (let end = 0; end < good.length; end++) {
    expect(await codeOf(openSafetensors(good.slice(0, end)))).toStartWith("SAFETENSORS_");
  }
});

const crafted = testData && join(testData, "bad/safetensors-crafted");
describe.skipIf(!crafted)(`verdicts of safetensors 0.8.0${crafted ? "" : " (no test data)"}`, () => {
  interface Case {
    file: string;
    why: string;
    safetensors_0_8_0: string;
  }
  const cases: Case[] = crafted ? JSON.parse(readFileSync(join(crafted, "cases.json"), "utf8")) : [];
  for (const { file, why, safetensors_0_8_0: verdict } of cases) {
    test(`${file}: ${why}`, async () => {
      const outcome = await codeOf(openSafetensors(new Uint8Array(readFileSync(join(crafted!, file)))));
      expect(outcome === "accepted" ? "accepts" : "rejects").toBe(verdict.split(":")[0]!);
    });
  }
});
