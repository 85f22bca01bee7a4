// Fixtures.
export { batchOf, pageTables, type Span } from "./batches.ts";
export { encode } from "./encode.ts";
export { hfFolder } from "./hf-folder.ts";
export { between, normals, type Random, seeded, seedOf, shuffled } from "./random.ts";
export { TINY_ARCHITECTURES, type TinyOptions, type TinySizes, tinyCheckpoint } from "./tiny-checkpoint.ts";
