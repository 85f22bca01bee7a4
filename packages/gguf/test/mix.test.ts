import { describe, expect, test } from "bun:test";
import {
  fileTypeOf,
  findNumber,
  getString,
  isQuantizable,
  MIX_NAMES,
  type MixName,
  openGguf,
  tensorTypeFor,
} from "../src/index.ts";
import { dataFile, testData } from "./data.ts";

const context = { layers: 32, gqa: 4 };

describe("tensorTypeFor", () => {
  test("vectors, norms and routers stay F32", () => {
    for (const mix of MIX_NAMES) {
      expect(tensorTypeFor(mix, "blk.0.attn_norm.weight", [4096], context)).toBe("F32");
      expect(tensorTypeFor(mix, "blk.0.attn_q.bias", [4096], context)).toBe("F32");
      expect(tensorTypeFor(mix, "blk.0.attn_q_norm.weight", [2, 64], context)).toBe("F32");
      expect(tensorTypeFor(mix, "blk.0.ffn_gate_inp.weight", [8, 4096], context)).toBe("F32");
      expect(tensorTypeFor(mix, "rope_freqs.weight", [1, 1, 64], context)).toBe("F32");
    }
  });

  test("Q4_K_M gives more bits to some layers of attn_v and ffn_down", () => {
    const types = Array.from({ length: 32 }, (_, i) =>
      tensorTypeFor("Q4_K_M", `blk.${i}.ffn_down.weight`, [4096, 11008], context),
    );
    const lifted = types.flatMap((type, i) => (type === "Q6_K" ? [i] : []));
    expect(lifted).toEqual([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
    expect(tensorTypeFor("Q4_K_M", "blk.4.attn_v.weight", [1024, 4096], context)).toBe("Q4_K");
    expect(tensorTypeFor("Q4_K_M", "blk.4.attn_q.weight", [4096, 4096], context)).toBe("Q4_K");
  });

  test("the output, or the embedding that serves as it, is Q6_K", () => {
    const embedding = (mix: MixName, tiedEmbeddings: boolean) =>
      tensorTypeFor(mix, "token_embd.weight", [32000, 4096], { ...context, tiedEmbeddings });
    expect(tensorTypeFor("Q4_0", "output.weight", [32000, 4096], context)).toBe("Q6_K");
    expect(embedding("Q4_0", true)).toBe("Q6_K");
    expect(embedding("Q4_0", false)).toBe("Q4_0");
    expect(embedding("Q8_0", true)).toBe("Q8_0");
    expect(embedding("F16", true)).toBe("F16");
    expect(embedding("TQ1_0", false)).toBe("Q4_K");
  });

  test("rows that are no whole blocks fall back", () => {
    const type = (mix: MixName, row: number, name = "blk.4.ffn_up.weight") =>
      tensorTypeFor(mix, name, [64, row], context);
    expect(type("Q4_K_M", 64)).toBe("Q5_0");
    expect(type("Q5_K_M", 64)).toBe("Q5_1");
    expect(type("Q6_K", 64)).toBe("Q8_0");
    expect(type("Q2_K", 64)).toBe("Q4_0");
    expect(type("IQ4_XS", 64)).toBe("IQ4_NL");
    expect(type("Q4_K_M", 48)).toBe("F16");
    expect(type("Q4_0", 48)).toBe("F16");
    expect(type("Q4_K_M", 64, "output.weight")).toBe("Q8_0");
  });

  test("mixtures of eight experts and models of 80 layers", () => {
    const mixtral = { layers: 32, gqa: 4, expertCount: 8 };
    expect(tensorTypeFor("Q4_K_M", "blk.9.attn_v.weight", [1024, 4096], mixtral)).toBe("Q8_0");
    expect(tensorTypeFor("Q4_K_M", "blk.9.attn_k.weight", [1024, 4096], mixtral)).toBe("Q8_0");
    expect(tensorTypeFor("Q4_K_M", "blk.9.attn_output.weight", [4096, 4096], mixtral)).toBe("Q5_K");
    expect(tensorTypeFor("Q6_K", "blk.9.attn_output.weight", [4096, 4096], mixtral)).toBe("Q6_K");
    expect(tensorTypeFor("Q4_K_M", "blk.8.ffn_down_exps.weight", [8, 4096, 14336], mixtral)).toBe("Q4_K");
    const large = { layers: 80, gqa: 8 };
    expect(tensorTypeFor("Q4_K_S", "blk.20.attn_v.weight", [1024, 8192], large)).toBe("Q5_K");
    expect(tensorTypeFor("IQ4_XS", "blk.20.attn_v.weight", [1024, 8192], large)).toBe("Q5_K");
  });

  test("only types that can be written are chosen", () => {
    const names = [
      "output",
      "token_embd",
      "blk.0.attn_v",
      "blk.9.attn_k",
      "blk.0.ffn_down",
      "blk.9.attn_output",
    ];
    for (const mix of MIX_NAMES) {
      for (const name of names) {
        for (const row of [4096, 64, 48]) {
          for (const gqa of [1, 4]) {
            const type = tensorTypeFor(mix, `${name}.weight`, [32, row], { layers: 32, gqa });
            expect(isQuantizable(type)).toBe(true);
          }
        }
      }
    }
  });

  test("file types are unique", () => {
    expect(new Set(MIX_NAMES.map(fileTypeOf)).size).toBe(MIX_NAMES.length);
    expect(fileTypeOf("Q4_K_M")).toBe(15);
  });
});

describe.skipIf(!testData)("models quantized by llama.cpp (need REALIZAR_TEST_DATA)", () => {
  const quantizations: MixName[] = MIX_NAMES.filter(
    (mix) => mix !== "F32" && mix !== "Q3_K_L" && mix !== "Q5_K_S",
  );
  const cases: [MixName, string][] = [
    ...quantizations.map((mix): [MixName, string] => [mix, `quantizations/${mix.toLowerCase()}.gguf`]),
    ["Q4_K_M", "stories260K/stories260K-q4_k_m.gguf"],
  ];
  test.each(cases)("%s: the types of %s", async (mix, path) => {
    const { metadata, tensors } = await openGguf(await dataFile(path));
    const key = (name: string) =>
      findNumber(metadata, `${getString(metadata, "general.architecture")}.${name}`);
    const model = {
      layers: key("block_count")!,
      expertCount: key("expert_count"),
      gqa: key("attention.head_count")! / key("attention.head_count_kv")!,
      tiedEmbeddings: !tensors.some(({ name }) => name === "output.weight"),
    };
    const chosen = tensors.map(({ name, shape }) => `${name} ${tensorTypeFor(mix, name, shape, model)}`);
    expect(chosen).toEqual(tensors.map(({ name, type }) => `${name} ${type}`));
  });
});
