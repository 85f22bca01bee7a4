/**
 * Groups of rows that one token's products read in turn. Most processors run ahead of what is read in eight places at once; a
 * Zen 3 reads Q8_0 in eight at 0.8 of its speed in four (docs/explanation/kernels.md).
 */
export function defaultStreams(): number {
  const processor = globalThis.process?.getBuiltinModule?.("node:os").cpus()[0]?.model ?? "";
  return /\bAMD\b/.test(processor) ? 4 : 8;
}
