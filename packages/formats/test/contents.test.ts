import { describe, expect, test } from "bun:test";
import { toFloat32 } from "@realizar/safetensors";
import { openCheckpointFrom } from "../src/index.ts";
import { bytesOf, floatsOf } from "./bytes.ts";
import { fixtureData, fixtureFiles, HF_FIXTURES } from "./hf-models.ts";

const view = (name: string, dtype?: "F32" | "BF16") =>
  openCheckpointFrom(fixtureFiles(HF_FIXTURES[name]!.fixture, dtype));
const original = (name: string, count: number) => [...(fixtureData(name, "F32", count) as Float32Array)];

describe("tensors of a view hold the checkpoint's numbers", () => {
  test("Llama's queries interleave, its values stand", async () => {
    const llama = await view("llama");
    const queries = await floatsOf(llama.tensors.get("blk.1.attn_q.weight"));
    const from = original("model.layers.1.self_attn.q_proj.weight", 128 * 128);
    // Row 2 j + h of a head of 32 rows is its row 16 h + j.
    for (const [row, source] of [
      [0, 0],
      [1, 16],
      [2, 1],
      [31, 31],
      [32 + 5, 32 + 16 + 2],
    ] as const) {
      expect(queries.slice(row * 128, (row + 1) * 128)).toEqual(from.slice(source * 128, (source + 1) * 128));
    }
    const values = await floatsOf(llama.tensors.get("blk.1.attn_v.weight"));
    expect(values).toEqual(original("model.layers.1.self_attn.v_proj.weight", 64 * 128));
  });
  test("Qwen's queries stand", async () => {
    const queries = await floatsOf((await view("qwen2")).tensors.get("blk.0.attn_q.weight"));
    expect(queries).toEqual(original("model.layers.0.self_attn.q_proj.weight", 128 * 128));
  });
  test("Gemma's norms gain one, matrices do not", async () => {
    const gemma = await view("gemma3_text");
    for (const [gguf, hf, count] of [
      ["output_norm.weight", "model.norm.weight", 128],
      ["blk.3.attn_norm.weight", "model.layers.3.input_layernorm.weight", 128],
      ["blk.3.post_attention_norm.weight", "model.layers.3.post_attention_layernorm.weight", 128],
      ["blk.3.ffn_norm.weight", "model.layers.3.pre_feedforward_layernorm.weight", 128],
      ["blk.3.post_ffw_norm.weight", "model.layers.3.post_feedforward_layernorm.weight", 128],
      ["blk.3.attn_k_norm.weight", "model.layers.3.self_attn.k_norm.weight", 64],
    ] as const) {
      const expected = original(hf, count).map((value) => value + 1);
      expect(await floatsOf(gemma.tensors.get(gguf))).toEqual(expected);
    }
    const up = original("model.layers.3.mlp.up_proj.weight", 256 * 128);
    expect(await floatsOf(gemma.tensors.get("blk.3.ffn_up.weight"))).toEqual(up);
  });
  test("experts are w1 gate, w3 up, w2 down", async () => {
    const mixtral = await view("mixtral");
    for (const [gguf, weight] of [
      ["gate", "w1"],
      ["up", "w3"],
      ["down", "w2"],
    ]) {
      const floats = await floatsOf(mixtral.tensors.get(`blk.0.ffn_${gguf}_exps.weight`));
      const size = 256 * 128;
      const second = original(`model.layers.0.block_sparse_moe.experts.2.${weight}.weight`, size);
      expect(floats.slice(2 * size, 3 * size)).toEqual(second);
    }
  });
  test("fused experts give gate, then up", async () => {
    const fused = await view("qwen3_moe, fused");
    const from = original("model.layers.1.mlp.experts.gate_up_proj", 4 * 192 * 128);
    const size = 96 * 128;
    const gate = await floatsOf(fused.tensors.get("blk.1.ffn_gate_exps.weight"));
    const up = await floatsOf(fused.tensors.get("blk.1.ffn_up_exps.weight"));
    expect(gate.slice(size, 2 * size)).toEqual(from.slice(2 * size, 3 * size));
    expect(up.slice(size, 2 * size)).toEqual(from.slice(3 * size, 4 * size));
  });
  test("gpt-oss gives gate and up in turns, input by output", async () => {
    const oss = await view("gpt_oss, BF16", "BF16");
    const [hidden, double] = [128, 512];
    const from = fixtureData(
      "model.layers.1.mlp.experts.gate_up_proj",
      "BF16",
      2 * hidden * double,
    ) as Uint16Array;
    const halves = async (name: string) => new Uint16Array((await bytesOf(oss.tensors.get(name)!)).buffer);
    const [gate, up] = [await halves("blk.1.ffn_gate_exps.weight"), await halves("blk.1.ffn_up_exps.weight")];
    for (const [expert, row, column] of [
      [0, 0, 0],
      [1, 7, 100],
      [1, 255, 127],
    ] as const) {
      const source = (expert * hidden + column) * double + 2 * row;
      const at = (expert * 256 + row) * hidden + column;
      expect(gate[at]).toBe(from[source]!);
      expect(up[at]).toBe(from[source + 1]!);
    }
    const bias = toFloat32(
      "BF16",
      new Uint8Array(
        fixtureData("model.layers.1.mlp.experts.gate_up_proj_bias", "BF16", 2 * 512).buffer as ArrayBuffer,
      ),
    );
    expect(await floatsOf(oss.tensors.get("blk.1.ffn_up_exps.bias"))).toEqual(
      [...bias].filter((_, i) => i % 2 === 1),
    );
  });
  test("gpt-oss's MXFP4 rows are gate and up in turns", async () => {
    const oss = await view("gpt_oss, MXFP4");
    const scales = fixtureData(
      "model.layers.0.mlp.experts.gate_up_proj_scales",
      "U8",
      2 * 512 * 4,
    ) as Uint8Array;
    const up = await bytesOf(oss.tensors.get("blk.0.ffn_up_exps.weight")!);
    // Block `b` of row `r` of the up half of expert `e`: scale of row 2 r + 1.
    const [e, r, b] = [1, 200, 3];
    expect(up[((e * 256 + r) * 4 + b) * 17]).toBe(scales[(e * 512 + 2 * r + 1) * 4 + b]!);
  });
  test("BERT's names", async () => {
    const bert = await view("bert");
    for (const [gguf, hf, count] of [
      ["blk.0.attn_output_norm.bias", "bert.encoder.layer.0.attention.output.LayerNorm.bias", 128],
      ["blk.0.layer_output_norm.weight", "bert.encoder.layer.0.output.LayerNorm.weight", 128],
      ["blk.0.ffn_up.bias", "bert.encoder.layer.0.intermediate.dense.bias", 256],
    ] as const) {
      expect(await floatsOf(bert.tensors.get(gguf))).toEqual(original(hf, count));
    }
  });
});

describe("Llama 3's rope factors", () => {
  test("leave high frequencies, divide low ones, and pass between", async () => {
    const factors = await floatsOf((await view("llama 3")).tensors.get("rope_freqs.weight"));
    const context = 64;
    const expected = Array.from({ length: 16 }, (_, pair) => {
      const wavelength = 2 * Math.PI * 500_000 ** ((2 * pair) / 32);
      if (wavelength < context / 4) return 1;
      if (wavelength > context) return 8;
      const smooth = (context / wavelength - 1) / 3;
      return 1 / ((1 - smooth) / 8 + smooth);
    });
    expect(factors.length).toBe(16);
    for (const [pair, factor] of factors.entries()) {
      expect(Math.abs(factor - expected[pair]!)).toBeLessThan(1e-5 * expected[pair]!);
    }
    expect(new Set(factors.map(Math.fround)).size).toBeGreaterThan(2);
  });
});
