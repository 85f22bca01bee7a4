import { useEffect, useRef, useState } from "hono/jsx/dom";
import { type Announcer, createAnnouncer } from "../announcer.ts";
import { textOf } from "../pieces.ts";
import type { Turn } from "../state.ts";

/** Reads a coming answer to screen readers, some sentences at a time. */
export function Reader({ turn }: { turn: Turn | undefined }) {
  const [said, setSaid] = useState("");
  const current = useRef<{ id: number; announcer: Announcer } | null>(null);
  useEffect(() => {
    if (turn === undefined) return;
    const { status, content } = turn.answer;
    const isRunning = status === "waiting" || status === "streaming";
    if (isRunning && current.current?.id !== turn.id)
      current.current = { id: turn.id, announcer: createAnnouncer() };
    // An answer of an earlier visit is not read.
    if (current.current?.id !== turn.id) return;
    const { announcer } = current.current;
    const text = isRunning ? announcer.push(textOf(content)) : announcer.flush(textOf(content));
    if (text !== "") setSaid(text);
  }, [turn]);
  return (
    <div class="offscreen" role="status" aria-live="polite">
      {said}
    </div>
  );
}
