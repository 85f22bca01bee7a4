import type { Exchange } from "./exchange.ts";
import type { ServedModel } from "./served-model.ts";

/** Holds a model for work on this thread: tokenizing and templates. */
export async function withModel<T>(
  { server, notes }: Exchange,
  modelName: string | null | undefined,
  use: (model: ServedModel, modelId: string) => T | Promise<T>,
): Promise<T> {
  notes.model = server.store.find(modelName).id;
  const lease = await server.store.acquire(modelName);
  try {
    return await use(lease.value, notes.model);
  } finally {
    lease.release();
  }
}
