import { describe, expect, test } from "bun:test";
import { MemoryExceededError, type WeightSource } from "@realizar/tensor";
import fc from "fast-check";
import { placeLayers } from "../src/placement.ts";

function weight(name: string, layer: number): WeightSource {
  return { name, layer, dtype: "F32", shape: [1], use: "vector", readInto() {} };
}

function kv(layers: number) {
  return { layers, kvHeads: [], headDim: [], pages: 1, type: "f32" } as const;
}

describe("placeLayers", () => {
  test("layers fill segments in order, and no segment exceeds its limit", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 20 }),
        fc.nat(500),
        (sizes, kvBytes) => {
          const layers = sizes.length;
          const weights = sizes.map((_, i) => weight(`w${i}`, i));
          const bytesOf = (w: WeightSource) => sizes[w.layer]!;
          const overhead = 1000;
          const limit = 6000;
          const placement = placeLayers({ weights, kv: kv(layers) }, bytesOf, () => kvBytes, overhead, limit);
          const used = new Array<number>(placement.segments).fill(overhead);
          let before = 0;
          for (let layer = 0; layer < layers; layer++) {
            const segment = placement.segmentOfLayer.get(layer)!;
            expect(segment === before || segment === before + 1).toBe(true);
            expect(placement.segmentOfWeight.get(`w${layer}`)).toBe(segment);
            used[segment]! += Math.ceil(sizes[layer]! / 256) * 256 + kvBytes;
            before = segment;
          }
          for (const bytes of used) expect(bytes).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });

  test("a layer that fits no segment is refused with the numbers", () => {
    const place = () =>
      placeLayers(
        { weights: [weight("big", 0)], kv: kv(1) },
        () => 9000,
        () => 0,
        1000,
        5000,
      );
    expect(place).toThrow(MemoryExceededError);
    expect(place).toThrow(/layer 0/);
  });
});
