import { backendAgreement, backendConformance } from "@realizar/testing/conformance";
import { wasmBackend } from "../src/index.ts";

const VARIANTS = [
  { name: "relaxed SIMD, one thread", threads: 1, simd: "relaxed", memory: "threads" },
  { name: "plain SIMD, three threads", threads: 3, simd: "simd", memory: "threads" },
  { name: "plain SIMD, a memory of its own", threads: 1, simd: "simd", memory: "single" },
] as const;

/** Activations are rounded to 8 bits, for F16 and BF16 to 16. */
const toleranceOf = (dtype: string) => (dtype === "F16" || dtype === "BF16" ? 2e-4 : 0.02);

for (const { name, threads, simd, memory } of VARIANTS) {
  backendConformance(
    `wasm, ${name}`,
    () => wasmBackend({ threads, variant: { simd, memory }, leastShared: 0 }),
    {
      tolerance: 2e-5,
      dtypeTolerance: Object.fromEntries(
        [...wasmBackend().dtypes]
          .filter((dtype) => dtype !== "F32")
          .map((dtype) => [dtype, toleranceOf(dtype)]),
      ),
    },
  );
}

backendAgreement(
  "wasm, relaxed SIMD with one thread against plain SIMD with two",
  () => wasmBackend({ threads: 1, variant: { simd: "relaxed", memory: "threads" } }),
  () => wasmBackend({ threads: 2, leastShared: 0, variant: { simd: "simd", memory: "threads" } }),
);
