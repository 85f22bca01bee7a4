import type { Session } from "../session.ts";
import { isBusy, type State } from "../state.ts";

interface HeaderProps {
  readonly state: State;
  readonly session: Session;
  readonly onSettings: () => void;
  readonly onClear: () => void;
}

/** Model choice, a fresh start, settings. */
export function Header({ state, session, onSettings, onClear }: HeaderProps) {
  const { models, model, turns } = state;
  const choose = (event: Event) =>
    session.store.dispatch({ type: "modelChosen", model: (event.target as HTMLSelectElement).value });
  return (
    <header>
      <h1>realizar</h1>
      <div class="model">
        {models.length > 1 ? (
          <select aria-label="Model" value={model} onChange={choose} disabled={isBusy(state)}>
            {models.map((id) => (
              <option value={id} selected={id === model}>
                {id}
              </option>
            ))}
          </select>
        ) : (
          <span class="only">{model}</span>
        )}
      </div>
      <button type="button" class="quiet" onClick={onClear} disabled={turns.length === 0}>
        Clear
      </button>
      <button type="button" class="quiet" onClick={onSettings} aria-haspopup="dialog">
        Settings
      </button>
    </header>
  );
}
