import { PROGRAM_SLOTS } from "./memory.ts";
import type { Step } from "./step.ts";

/**
 * Recorded steps by shape of batch, one a program slot. The step that was used longest ago makes room, never the last
 * one (memory.ts says why).
 */
export function createStepCache(emit: (key: string, slot: number) => Step): (key: string) => Step {
  const steps = new Map<string, { readonly step: Step; readonly slot: number }>();
  return (key) => {
    let entry = steps.get(key);
    if (entry !== undefined) {
      steps.delete(key);
    } else {
      let slot = steps.size;
      if (slot >= PROGRAM_SLOTS) {
        const [oldest] = steps.keys();
        slot = steps.get(oldest!)!.slot;
        steps.delete(oldest!);
      }
      entry = { step: emit(key, slot), slot };
    }
    steps.set(key, entry);
    return entry.step;
  };
}
