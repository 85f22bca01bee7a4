import { useEffect, useRef, useState } from "hono/jsx/dom";
import type { Session } from "../session.ts";
import {
  DEFAULT_SETTINGS,
  NUMBER_FIELDS,
  type NumberField,
  parseNumber,
  type Settings,
} from "../settings.ts";
import { type Mode, modeOf, type State } from "../state.ts";

const typedIn = (event: Event): string => (event.target as HTMLInputElement).value;

interface NumberInputProps {
  readonly field: NumberField;
  readonly initial: number | undefined;
  readonly onValue: (value: number | undefined) => void;
}

/** A number with its own words for what is wrong with it; a wrong one changes nothing. */
function NumberInput({ field, initial, onValue }: NumberInputProps) {
  const { key, label, hint, min, max, step, integer, empty } = field;
  const [start] = useState(initial === undefined ? "" : String(initial));
  const [error, setError] = useState("");
  const onInput = (event: Event) => {
    const parsed = parseNumber(field, typedIn(event));
    setError("error" in parsed ? parsed.error : "");
    if ("value" in parsed) onValue(parsed.value);
  };
  return (
    <div class="field">
      <label for={`set-${key}`}>{label}</label>
      <input
        id={`set-${key}`}
        type="number"
        inputmode={integer ? "numeric" : "decimal"}
        min={min}
        max={max}
        step={integer ? step : "any"}
        value={start}
        placeholder={empty}
        aria-describedby={`hint-${key}`}
        aria-invalid={error === "" ? undefined : "true"}
        onInput={onInput}
      />
      <p id={`hint-${key}`} class={error === "" ? "hint" : "hint wrong"} aria-live="polite">
        {error === "" ? hint : error}
      </p>
    </div>
  );
}

interface TextInputProps {
  readonly id: string;
  readonly label: string;
  readonly hint: string;
  readonly initial: string;
  readonly rows: number;
  readonly onValue: (value: string) => void;
}

function TextInput({ id, label, hint, initial, rows, onValue }: TextInputProps) {
  const [start] = useState(initial);
  return (
    <div class="field wide">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        rows={rows}
        value={start}
        aria-describedby={`${id}-hint`}
        onInput={(event) => onValue(typedIn(event))}
      />
      <p id={`${id}-hint`} class="hint">
        {hint}
      </p>
    </div>
  );
}

const MODES: readonly { readonly mode: Mode; readonly label: string; readonly hint: string }[] = [
  { mode: "chat", label: "Chat", hint: "The model answers a conversation." },
  { mode: "completion", label: "Completion", hint: "The model continues your text as it stands." },
];

function ModeChoice({ state, session }: { state: State; session: Session }) {
  const mode = modeOf(state);
  const isForced = state.withoutTemplate.includes(state.model);
  return (
    <fieldset class="modes">
      <legend>Mode</legend>
      {MODES.map(({ mode: one, label, hint }) => (
        <label>
          <input
            type="radio"
            name="mode"
            value={one}
            checked={mode === one}
            disabled={isForced && one === "chat"}
            onInput={() => session.store.dispatch({ type: "modeChosen", mode: one })}
          />
          <span>
            {label}
            <small>{isForced && one === "chat" ? "This model has no chat template." : hint}</small>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function Fields({ state, session }: { state: State; session: Session }) {
  // The newest, which the drawn state may be a frame behind: fields take their first values from it.
  const { settings } = session.store.get();
  const change = (changed: Partial<Settings>) =>
    session.store.dispatch({ type: "settingsChanged", settings: changed });
  return (
    <>
      <ModeChoice state={state} session={session} />
      <TextInput
        id="set-system"
        label="System prompt"
        hint="Comes before the conversation in chat mode."
        rows={3}
        initial={settings.system}
        onValue={(system) => change({ system })}
      />
      <div class="numbers">
        {NUMBER_FIELDS.map((field) => (
          <NumberInput
            field={field}
            initial={settings[field.key]}
            onValue={(value) => change({ [field.key]: value })}
          />
        ))}
      </div>
      <TextInput
        id="set-stop"
        label="Stop texts"
        hint="One a line; each ends an answer. \n stands for a line break."
        rows={2}
        initial={settings.stop}
        onValue={(stop) => change({ stop })}
      />
      <label class="check">
        <input
          type="checkbox"
          checked={settings.markUncertain}
          onInput={(event) => change({ markUncertain: (event.target as HTMLInputElement).checked })}
        />
        Underline tokens that were less than 50 % likely
      </label>
    </>
  );
}

interface SettingsDialogProps {
  readonly state: State;
  readonly session: Session;
  readonly onClose: () => void;
}

/** Everything that shapes the next answer. Changes hold at once. */
export function SettingsDialog({ state, session, onClose }: SettingsDialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const [resets, setResets] = useState(0);
  useEffect(() => ref.current?.showModal(), []);
  const reset = () => {
    session.store.dispatch({ type: "settingsChanged", settings: { ...EMPTY, ...DEFAULT_SETTINGS } });
    setResets(resets + 1);
  };
  const onBackdrop = (event: MouseEvent) => {
    if (event.target === ref.current) ref.current?.close();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the dialog itself closes on Escape
    <dialog ref={ref} aria-labelledby="settings-title" onClose={onClose} onClick={onBackdrop}>
      <form method="dialog" novalidate>
        <div class="title">
          <h2 id="settings-title">Settings</h2>
          <button type="button" class="quiet" onClick={reset}>
            Reset
          </button>
          <button type="submit" class="primary">
            Done
          </button>
        </div>
        <div class="fields" key={resets}>
          <Fields state={state} session={session} />
        </div>
      </form>
    </dialog>
  );
}

const EMPTY: Partial<Settings> = Object.fromEntries(NUMBER_FIELDS.map(({ key }) => [key, undefined]));
