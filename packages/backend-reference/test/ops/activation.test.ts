import { expect, test } from "bun:test";
import { activate, erf, gated } from "../../src/ops/activation.ts";
import { pairwise, softcap } from "../../src/ops/elementwise.ts";
import { close, filled } from "../filled.ts";

test("erf has its tabulated values", () => {
  // Abramowitz and Stegun, table 7.1; beyond it erfc(4) = 1.541725790e-8
  expect(erf(0)).toBe(0);
  expect(erf(0.5)).toBeCloseTo(0.5204998778130465, 14);
  expect(erf(1)).toBeCloseTo(0.8427007929497149, 14);
  expect(erf(-2)).toBeCloseTo(-0.9953222650189527, 14);
  expect(1 - erf(4)).toBeCloseTo(1.541725790028e-8, 16);
  expect(erf(9)).toBe(1);
});

test("erf has no step where its forms meet", () => {
  expect(Math.abs(erf(3) - erf(3 - 1e-12))).toBeLessThan(1e-14);
});

test("activations at 1 and -1", () => {
  const x = filled(1, 2, [1, -1]);
  close(activate("silu", x), [1 / (1 + Math.exp(-1)), -1 / (1 + Math.E)]);
  close(activate("gelu", x), [0.8411919906082768, -0.15880800939172324]);
  close(activate("gelu_erf", x), [0.8413447460685429, -0.15865525393145707]);
});

test("gated multiplies by the other half", () => {
  close(gated("silu", filled(1, 1, [1]), filled(1, 1, [-3])), [-3 / (1 + Math.exp(-1))]);
});

test("swiglu_oai bounds the gate above and the other half on both sides", () => {
  const g = (gate: number) => gate / (1 + Math.exp(-1.702 * gate));
  const gate = filled(1, 4, [1, 100, -100, 1]);
  const up = filled(1, 4, [2, 9, 0, -9]);
  close(gated("swiglu_oai", gate, up), [g(1) * 3, g(7) * 8, g(-100), g(1) * -6]);
});

test("softcap bends towards its cap", () => {
  expect(softcap(1e9, 30)).toBe(30);
  expect(softcap(15, 30)).toBeCloseTo(30 * Math.tanh(0.5), 14);
});

test("elementwise verbs refuse two shapes", () => {
  expect(() => pairwise("add", filled(1, 2, [1, 2]), filled(2, 1, [1, 2]), (a) => a)).toThrow("add: [1, 2]");
});
