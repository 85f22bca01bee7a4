/** A linear regression out of a safetensors file: two tensors and no model. bun examples/safetensors_loading.ts */
import { openSafetensors, writeSafetensors } from "@realizar/safetensors";

const bytes = writeSafetensors([
  { name: "coefficients", dtype: "F32", shape: [3], data: Float32Array.of(2, 3, 1.5) },
  { name: "intercept", dtype: "F32", shape: [1], data: Float32Array.of(0.5) },
]);

const file = await openSafetensors(bytes);
for (const [name, { dtype, shape, byteLength }] of file.tensors) {
  console.log(`${name}: ${dtype} [${shape.join(", ")}], ${byteLength} bytes`);
}

const coefficients = await file.readFloat32("coefficients");
const [intercept = 0] = await file.readFloat32("intercept");
const features = [1, 2, 3];
const prediction = features.reduce((sum, x, i) => sum + x * coefficients[i]!, intercept);
console.log(`y = 2 * 1 + 3 * 2 + 1.5 * 3 + 0.5 = ${prediction.toFixed(1)}`);
