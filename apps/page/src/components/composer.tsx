import { useEffect, useRef } from "hono/jsx/dom";
import { figures } from "../format.ts";
import type { Session } from "../session.ts";
import { isBusy, modeOf, type State } from "../state.ts";

const WORDS = {
  chat: { label: "Message", placeholder: "Write a message", send: "Send" },
  completion: { label: "Text to continue", placeholder: "Write a beginning", send: "Continue" },
} as const;

/** CSS pixels; then the text scrolls. */
const TALLEST = 240;

function fit(area: HTMLTextAreaElement): void {
  area.style.height = "auto";
  area.style.height = `${Math.min(TALLEST, area.scrollHeight)}px`;
}

/** Where the reader writes. Enter sends, Shift+Enter breaks the line. */
export function Composer({ state, session, onSend }: { state: State; session: Session; onSend: () => void }) {
  const ref = useRef<HTMLTextAreaElement>(null);
  const busy = isBusy(state);
  const mode = modeOf(state);
  const words = WORDS[mode];
  const answer = state.turns.at(-1)?.answer;

  useEffect(() => ref.current?.focus(), []);

  const send = () => {
    const area = ref.current!;
    if (area.value.trim() === "" || busy || state.model === "") return;
    const prompt = mode === "chat" ? area.value.trim() : area.value;
    area.value = "";
    fit(area);
    onSend();
    void session.send(prompt);
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (busy) session.stop();
    else send();
    ref.current!.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form class="composer" onSubmit={onSubmit}>
      <label class="offscreen" for="prompt">
        {words.label}
      </label>
      <textarea
        id="prompt"
        ref={ref}
        rows={1}
        placeholder={words.placeholder}
        enterkeyhint="send"
        autocomplete="off"
        aria-describedby="keys"
        onKeyDown={onKeyDown}
        onInput={() => fit(ref.current!)}
      />
      <div class="bar">
        <span class="live">
          {busy && answer !== undefined ? (
            figures(answer).slice(0, 2).join(" · ")
          ) : (
            <span id="keys">
              <kbd>Enter</kbd> sends, <kbd>Shift</kbd> <kbd>Enter</kbd> breaks the line, <kbd>Esc</kbd> stops
            </span>
          )}
        </span>
        <button type="submit" class={busy ? "primary stop" : "primary"} disabled={state.model === ""}>
          {busy ? "Stop" : words.send}
        </button>
      </div>
    </form>
  );
}
