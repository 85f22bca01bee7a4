import { useEffect, useRef, useState } from "hono/jsx/dom";
import { Composer } from "./components/composer.tsx";
import { Header } from "./components/header.tsx";
import { Notices } from "./components/notices.tsx";
import { Reader } from "./components/reader.tsx";
import { SettingsDialog } from "./components/settings-dialog.tsx";
import { TokenPopover } from "./components/token-popover.tsx";
import { TurnView } from "./components/turn.tsx";
import { Welcome } from "./components/welcome.tsx";
import { boxOf, type Inspection, markCurrent, pieceAt, placeOf, stepTo } from "./inspector.ts";
import type { Session } from "./session.ts";
import { isBusy } from "./state.ts";

/** CSS pixels from the end within which the page follows a growing answer. */
const NEAR_END = 64;

/** Keeps the window at the end of the page while it grows, until the reader scrolls away. */
function useFollow(): { follow: () => void; isAway: boolean } {
  const isFollowing = useRef(true);
  const [isAway, setIsAway] = useState(false);
  const jump = () => window.scrollTo(0, document.documentElement.scrollHeight);
  useEffect(() => {
    const onScroll = () => {
      const { scrollHeight } = document.documentElement;
      isFollowing.current = window.scrollY + window.innerHeight >= scrollHeight - NEAR_END;
      setIsAway(!isFollowing.current);
    };
    window.addEventListener("scroll", onScroll, { passive: true });
    const observer = new ResizeObserver(() => {
      if (isFollowing.current) jump();
    });
    observer.observe(document.body);
    return () => {
      window.removeEventListener("scroll", onScroll);
      observer.disconnect();
    };
  }, []);
  const follow = () => {
    isFollowing.current = true;
    setIsAway(false);
    jump();
  };
  return { follow, isAway };
}

/** The whole page. */
export function App({ session }: { session: Session }) {
  const [state, setState] = useState(session.store.get());
  const [isSetting, setIsSetting] = useState(false);
  const [inspection, setInspection] = useState<Inspection | undefined>(undefined);
  const { follow, isAway } = useFollow();
  const pointer = useRef<{ readonly x: number; readonly y: number } | null>(null);

  const inspect = (next: Inspection | undefined) => {
    markCurrent(document, next);
    setInspection(next);
  };

  useEffect(() => {
    const unsubscribe = session.store.subscribe(setState);
    const dismiss = () => inspect(undefined);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector("dialog[open]") !== null) return;
      dismiss();
      session.stop();
    };
    // What a click or a key opened stays with its token; what the pointer opened has lost its place.
    const moveAlong = () => {
      const span = document.querySelector("[data-current]");
      setInspection((before) => (before?.isPinned && span ? { ...before, box: boxOf(span) } : undefined));
    };
    // Stopped here, a coming answer is not taken for one whose connection broke.
    const leave = () => {
      session.stop();
      session.save();
    };
    document.addEventListener("keydown", onKeyDown);
    window.addEventListener("resize", dismiss);
    window.addEventListener("scroll", moveAlong, { passive: true });
    window.addEventListener("pagehide", leave);
    setState(session.store.get());
    return () => {
      unsubscribe();
      document.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("resize", dismiss);
      window.removeEventListener("scroll", moveAlong);
      window.removeEventListener("pagehide", leave);
    };
  }, []);

  const inspectAt = (target: EventTarget | null, isPinned: boolean) => {
    const element = target instanceof Element ? target : null;
    const place = placeOf(element);
    const piece = place && pieceAt(state, place);
    if (place === undefined || piece === undefined || piece.tokens.length === 0) inspect(undefined);
    else inspect({ ...place, box: boxOf(element!.closest("[data-piece]")!), isPinned, isByKey: false });
  };
  const onPointerMove = ({ pointerType, clientX, clientY, target }: PointerEvent) => {
    // A text that moves below a resting pointer is not pointed at.
    const isResting = pointer.current?.x === clientX && pointer.current.y === clientY;
    pointer.current = { x: clientX, y: clientY };
    if (isResting || pointerType === "touch" || inspection?.isPinned) return;
    const place = placeOf(target as Element);
    if (
      place?.turn === inspection?.turn &&
      place?.piece === inspection?.piece &&
      place?.channel === inspection?.channel
    )
      return;
    inspectAt(target, false);
  };
  const onClick = (event: MouseEvent) => {
    const place = placeOf(event.target as Element);
    const isSame =
      inspection?.isPinned && place?.turn === inspection.turn && place.piece === inspection.piece;
    const isSelecting = window.getSelection()?.isCollapsed === false;
    if (isSame || isSelecting) inspect(undefined);
    else inspectAt(event.target, true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepTo(event.key, event.target as Element, inspection);
    if (next === undefined) return;
    event.preventDefault();
    inspect(next);
  };
  const onPointerLeave = () => {
    if (inspection !== undefined && !inspection.isPinned) inspect(undefined);
  };

  const { turns, settings } = state;
  const piece = inspection && pieceAt(state, inspection);
  const clear = () => {
    inspect(undefined);
    session.clear();
    document.getElementById("prompt")?.focus();
  };
  return (
    <>
      <Header state={state} session={session} onSettings={() => setIsSetting(true)} onClear={clear} />
      <main
        class={settings.markUncertain ? "mark-uncertain" : ""}
        onPointerMove={onPointerMove}
        onPointerLeave={onPointerLeave}
        onClick={onClick}
        onKeyDown={onKeyDown}
      >
        <p id="token-help" hidden>
          The left and right arrow keys show each token’s alternatives.
        </p>
        {turns.length === 0 && <Welcome state={state} session={session} onSend={follow} />}
        <section aria-label="Conversation" aria-busy={isBusy(state) ? "true" : "false"}>
          {turns.map((turn, at) => (
            <TurnView key={turn.id} turn={turn} isLast={at === turns.length - 1} session={session} />
          ))}
        </section>
      </main>
      <footer>
        {isAway && turns.length > 0 && (
          <button type="button" class="to-end" onClick={follow}>
            To the end
          </button>
        )}
        <Notices state={state} session={session} />
        <Composer state={state} session={session} onSend={follow} />
      </footer>
      <Reader turn={turns.at(-1)} />
      {inspection !== undefined && piece !== undefined && (
        <TokenPopover inspection={inspection} piece={piece} />
      )}
      {isSetting && <SettingsDialog state={state} session={session} onClose={() => setIsSetting(false)} />}
    </>
  );
}
