import { describe, expect, test } from "bun:test";
import {
  allChoices,
  chooseFiles,
  NoMatchingQuantError,
  NoModelFilesError,
  type NotFoundError,
  quantTag,
  splitParts,
} from "../src/index.ts";

const split = (stem: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${stem}-0000${i + 1}-of-0000${count}.gguf`);

describe("quantTag", () => {
  test.each([
    ["Model-7B-Q4_K_M.gguf", "Q4_K_M"],
    ["model.q8_0.gguf", "Q8_0"],
    ["model-IQ2_XXS.gguf", "IQ2_XXS"],
    ["model-IQ4_NL.gguf", "IQ4_NL"],
    ["model-Q6_K.gguf", "Q6_K"],
    ["model-Q2_K_L.gguf", "Q2_K_L"],
    ["model-UD-Q4_K_XL.gguf", "UD-Q4_K_XL"],
    ["model-UD-IQ1_S.gguf", "UD-IQ1_S"],
    ["model-TQ1_0.gguf", "TQ1_0"],
    ["gpt-oss-20b-mxfp4.gguf", "MXFP4"],
    ["model-f16.gguf", "F16"],
    ["model_bf16.gguf", "BF16"],
    ["Q8_0/model-Q8_0-00001-of-00002.gguf", "Q8_0"],
    ["BF16/model-00001-of-00002.gguf", "BF16"],
    ["model.gguf", undefined],
  ])("%s", (file, tag) => {
    expect(quantTag(file)).toBe(tag);
  });
});

describe("chooseFiles", () => {
  test("Q4_K_M without a tag, else by preference, else the first by name", () => {
    expect(chooseFiles("r", ["m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-Q2_K.gguf"]).entry).toBe("m-Q4_K_M.gguf");
    expect(chooseFiles("r", ["m-F16.gguf", "m-Q8_0.gguf", "m-Q5_K_M.gguf"]).tag).toBe("Q5_K_M");
    expect(chooseFiles("r", ["b.gguf", "a.gguf"])).toEqual({
      format: "gguf",
      files: ["a.gguf"],
      entry: "a.gguf",
    });
  });

  test("a tag in any case; the exact one before unsloth's; a word of the name", () => {
    const files = ["m-UD-Q4_K_M.gguf", "m-Q4_K_M.gguf", "m-UD-Q4_K_XL.gguf", "m-tuned.v2.gguf"];
    expect(chooseFiles("r", files, { tag: "q4_k_m" }).entry).toBe("m-Q4_K_M.gguf");
    expect(chooseFiles("r", files, { tag: "Q4_K_XL" }).entry).toBe("m-UD-Q4_K_XL.gguf");
    expect(chooseFiles("r", files, { tag: "tuned.v2" }).entry).toBe("m-tuned.v2.gguf");
  });

  test("all parts of a split one, by tag or by any part's name", () => {
    const files = ["x.gguf", ...split("Q8_0/m-Q8_0", 3)].reverse();
    const expected = {
      format: "gguf" as const,
      tag: "Q8_0",
      files: split("Q8_0/m-Q8_0", 3),
      entry: split("Q8_0/m-Q8_0", 3)[0]!,
    };
    expect(chooseFiles("r", files, { tag: "Q8_0" })).toEqual(expected);
    expect(chooseFiles("r", files, { file: "Q8_0/m-Q8_0-00002-of-00003.gguf" })).toEqual(expected);
  });

  test("a split one with a part missing is not chosen, and named when asked for", () => {
    const parts = split("m-Q4_K_M", 3).slice(1);
    expect(chooseFiles("r", ["m-Q8_0.gguf", ...parts]).tag).toBe("Q8_0");
    for (const asked of [{}, { tag: "Q4_K_M" }, { file: parts[0]! }])
      expect(() => chooseFiles("r", parts, asked)).toThrow("1 are missing");
    expect(() => chooseFiles("r", ["m-00001-of-99999.gguf"])).toThrow("99998 are missing");
  });

  test("projectors and importance matrices are no models, but can be named", () => {
    expect(() => chooseFiles("r", ["mmproj-m-F16.gguf", "m.imatrix.gguf"])).toThrow(NoModelFilesError);
    expect(chooseFiles("r", ["mmproj-m-F16.gguf"], { file: "mmproj-m-F16.gguf" }).tag).toBe("F16");
  });

  test("a quantization that is not there lists those that are", () => {
    try {
      chooseFiles("org/m", ["m-Q8_0.gguf", "plain.gguf"], { tag: "Q4_0" });
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(NoMatchingQuantError);
      expect((error as NoMatchingQuantError).available).toEqual(["Q8_0", "plain.gguf"]);
    }
    expect(() => chooseFiles("org/m", ["model.safetensors", "config.json"], { tag: "Q4_0" })).toThrow(
      "leave the tag out",
    );
  });

  test("a safetensors folder: configuration, tokenizer, index, shards; not the makers' copy of the weights", () => {
    const files = [
      "README.md",
      "config.json",
      "tokenizer.json",
      "model.safetensors.index.json",
      "consolidated.safetensors",
    ].concat([
      "model-00001-of-00002.safetensors",
      "model-00002-of-00002.safetensors",
      "adapter_model.safetensors",
      "onnx/model.onnx",
    ]);
    expect(chooseFiles("r", files)).toEqual({
      format: "safetensors",
      files: [
        "config.json",
        "tokenizer.json",
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
      ],
      entry: "",
    });
    expect(chooseFiles("r", ["config.json", "weights.safetensors"]).files).toEqual([
      "config.json",
      "weights.safetensors",
    ]);
  });

  test("one file by name, in any case; others are suggested", () => {
    expect(chooseFiles("r", ["config.json", "a.safetensors"], { file: "A.safetensors" })).toEqual({
      format: "safetensors",
      files: ["config.json", "a.safetensors"],
      entry: "a.safetensors",
    });
    try {
      chooseFiles("r", ["other-F16.gguf", "tiny-Q8_0.gguf", "README.md"], { file: "tiny-q8.gguf" });
      expect.unreachable();
    } catch (error) {
      expect((error as NotFoundError).suggestions).toEqual(["tiny-Q8_0.gguf", "other-F16.gguf"]);
    }
    expect(() => chooseFiles("r", ["README.md"], { file: "README.md" })).toThrow(
      "neither .gguf nor .safetensors",
    );
  });

  test("no model at all", () => {
    expect(() => chooseFiles("r", ["pytorch_model.bin"])).toThrow("look for a conversion");
    expect(() => chooseFiles("r", ["x.safetensors"])).toThrow("no config.json");
  });
});

test("allChoices: every whole model", () => {
  const files = [
    "a-Q4_0.gguf",
    ...split("b-Q8_0", 2),
    "c-F16-00001-of-00002.gguf",
    "config.json",
    "model.safetensors",
  ];
  expect(allChoices(files).map((choice) => choice.entry)).toEqual([
    "a-Q4_0.gguf",
    "b-Q8_0-00001-of-00002.gguf",
    "",
  ]);
});

test("splitParts", () => {
  expect(splitParts("d/m-00002-of-00002.GGUF")).toEqual([
    "d/m-00001-of-00002.GGUF",
    "d/m-00002-of-00002.GGUF",
  ]);
  expect(splitParts("m.gguf")).toEqual(["m.gguf"]);
  expect(splitParts("m-00000-of-00000.gguf")).toEqual(["m-00000-of-00000.gguf"]);
});
