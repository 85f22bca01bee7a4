import { useState } from "hono/jsx/dom";
import { copyText } from "../clipboard.ts";

const LABELS = { idle: "Copy", copied: "Copied", failed: "Not allowed" } as const;
const SHOWN_MS = 2000;

/** Copies a text and says so for a moment. */
export function CopyButton({ text }: { text: () => string }) {
  const [state, setState] = useState<keyof typeof LABELS>("idle");
  const copy = async () => {
    setState((await copyText(text(), document)) ? "copied" : "failed");
    setTimeout(() => setState("idle"), SHOWN_MS);
  };
  return (
    <button type="button" class="quiet" onClick={copy} aria-live="polite">
      {LABELS[state]}
    </button>
  );
}
