import type { Session } from "../session.ts";
import { modeOf, type State } from "../state.ts";

/** What any chat model can answer, however small. */
const SUGGESTIONS = ["Tell me a story about a fox.", "What is 2 + 3?", "Who are you?"];

/** What there is before the first turn. */
export function Welcome({ state, session, onSend }: { state: State; session: Session; onSend: () => void }) {
  const ask = (prompt: string) => {
    onSend();
    void session.send(prompt);
    document.getElementById("prompt")?.focus();
  };
  return (
    <div class="empty">
      <p>What you write goes to this server and nowhere else.</p>
      <p>The conversation stays in this browser until you clear it.</p>
      <p>Point at a word of an answer, or tap it, to see what else the model could have said.</p>
      {modeOf(state) === "chat" && state.model !== "" && (
        <p class="suggestions">
          {SUGGESTIONS.map((prompt) => (
            <button type="button" onClick={() => ask(prompt)}>
              {prompt}
            </button>
          ))}
        </p>
      )}
    </div>
  );
}
