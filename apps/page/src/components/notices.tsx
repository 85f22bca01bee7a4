import { useRef } from "hono/jsx/dom";
import type { Session } from "../session.ts";
import type { State } from "../state.ts";

function KeyForm({ session }: { session: Session }) {
  const ref = useRef<HTMLInputElement>(null);
  const onSubmit = (event: Event) => {
    event.preventDefault();
    void session.setApiKey(ref.current!.value);
  };
  return (
    <form class="key" onSubmit={onSubmit}>
      <label for="api-key">API key of this server, kept until the tab is closed</label>
      <div>
        <input id="api-key" ref={ref} type="password" autocomplete="off" required />
        <button type="submit" class="primary">
          Use key
        </button>
      </div>
    </form>
  );
}

/** What stands between the conversation and the composer. */
export function Notices({ state, session }: { state: State; session: Session }) {
  const { modelsError, needsKey, cleared, turns, model, withoutTemplate } = state;
  return (
    <div class="notices">
      {modelsError !== undefined && !needsKey && (
        <p role="alert">
          {modelsError}{" "}
          <button type="button" class="quiet" onClick={() => session.loadModels()}>
            Try again
          </button>
        </p>
      )}
      {needsKey && <KeyForm session={session} />}
      {withoutTemplate.includes(model) && (
        <p role="status">
          <b>{model}</b> has no chat template, so it continues your text instead of answering it.
        </p>
      )}
      {cleared.length > 0 && turns.length === 0 && (
        <p role="status">
          The conversation is cleared.{" "}
          <button type="button" class="quiet" onClick={() => session.undoClear()}>
            Undo
          </button>
        </p>
      )}
    </div>
  );
}
