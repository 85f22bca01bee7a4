import { expect, test } from "bun:test";
import fc from "fast-check";
import { openCheckpointFrom } from "../src/index.ts";
import { codeOf } from "./bytes.ts";
import { fixtureFiles, HF_FIXTURES, type HfFixture } from "./hf-models.ts";

/** A fixture without weights: every config must be refused, whatever it says, and soon. */
const bare = (fixture: HfFixture, config: unknown) => ({
  ...fixtureFiles({ config: {}, shapes: { "model.layers.0.mlp.experts.0.gate_proj.weight": [1, 1] } }),
  "config.json": new TextEncoder().encode(JSON.stringify(config ?? fixture.config)),
});

const value = fc.oneof(
  fc.constantFrom(0, -1, 0.5, 2 ** 31, 2 ** 32 - 1, 2 ** 53, 1e300, null, "", "x", [], {}, true),
  fc.jsonValue(),
);

test("any change of a config.json gives a named error", async () => {
  const fixtures = Object.values(HF_FIXTURES).map(({ fixture }) => fixture);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...fixtures), fc.nat(), value, async (fixture, which, changed) => {
      const keys = Object.keys(fixture.config);
      const key = keys[which % keys.length]!;
      const code = await codeOf(openCheckpointFrom(bare(fixture, { ...fixture.config, [key]: changed })));
      expect([key, code]).toEqual([key, expect.stringMatching(/^FORMATS_/)]);
    }),
    { numRuns: 400 },
  );
});

test("any rope scaling gives a view or a named error", async () => {
  const { fixture } = HF_FIXTURES["llama 3"]!;
  const small = { ...fixture, config: { ...fixture.config, num_hidden_layers: 1 } };
  const shapes = Object.fromEntries(
    Object.entries(fixture.shapes).filter(([name]) => !name.includes("layers.1.")),
  );
  const files = fixtureFiles({ ...small, shapes });
  const scaling = fc.record(
    {
      type: fc.constantFrom("llama3", "linear", "yarn", "longrope", "default", "odd"),
      factor: value,
      low_freq_factor: value,
      high_freq_factor: value,
      original_max_position_embeddings: value,
      rope_theta: value,
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(scaling, fc.option(value, { nil: undefined }), async (rope_scaling, head_dim) => {
      const config = { ...small.config, rope_scaling, head_dim };
      const code = await codeOf(
        openCheckpointFrom({ ...files, "config.json": new TextEncoder().encode(JSON.stringify(config)) }),
      );
      expect(code).toMatch(/^(none|FORMATS_.*)$/);
    }),
    { numRuns: 300 },
  );
});

test("any bytes as config.json or weights give a named error", async () => {
  const { fixture } = HF_FIXTURES.llama!;
  const files = fixtureFiles({ ...fixture, shapes: {} });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...Object.keys(files)),
      fc.uint8Array({ maxLength: 64 }),
      async (name, bytes) => {
        expect(await codeOf(openCheckpointFrom({ ...files, [name]: bytes }))).toMatch(
          /^(FORMATS|SAFETENSORS)_/,
        );
      },
    ),
    { numRuns: 300 },
  );
});
