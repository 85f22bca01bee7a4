/** Gives closed models' memory back at once where the runtime can be told to; elsewhere it goes when the runtime sees fit. */
export function collectGarbage(): void {
  if (typeof Bun !== "undefined") Bun.gc(true);
}
